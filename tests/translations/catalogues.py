"""The catalogues of the package: what they have to translate, and their files.

Babel reads and writes them, so that neither a test nor a contributor needs the programs of GNU gettext. Texts that
Django translates itself, such as "Remove", are left out: the catalogue of an app takes precedence over Django's, and
over those of other apps.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

import django_appwrite_orm

PACKAGE = Path(django_appwrite_orm.__file__).parent
LOCALE = PACKAGE / "locale"
LANGUAGES = ("de", "fr")
# The functions whose first arguments are texts, as for makemessages. "c": a context.
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), None),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}


@cache
def template(*, with_django: bool = False) -> Catalog:
    """Return the texts of the code and the templates, without translations; `with_django`: also those of Django's."""
    catalog = Catalog(fuzzy=False)
    for path in sorted(PACKAGE.rglob("*")):
        source = _python_of(path)
        if source is None:
            continue
        name = path.relative_to(PACKAGE.parent).as_posix()
        found = extract("python", io.BytesIO(source.encode()), KEYWORDS, ("Translators:",), {"encoding": "utf-8"})
        for _line, texts, comments, context in found:
            if with_django or not _is_of_django(texts, context):
                catalog.add(texts, locations=[(name, None)], auto_comments=comments, context=context)
    return catalog


def _python_of(path: Path) -> str | None:
    """Return the source that has the texts of a file as calls of gettext; None for a file without any."""
    if path.suffix == ".py":
        source = path.read_text(encoding="utf-8")
        return source if "django.utils.translation" in source else None
    if path.suffix not in (".html", ".txt"):
        return None
    # Django replaces all but the tags by letters; the indentation of lines has no meaning there.
    return "\n".join(
        line.strip() for line in templatize(path.read_text(encoding="utf-8"), origin=path.name).splitlines()
    )


@cache
def _django_texts(language: str) -> frozenset[object]:
    """Return the keys of the texts that Django has in a language."""
    folder = Path(django.__file__).parent
    keys: set[object] = set()
    for app in ("conf", "contrib/admin"):
        with (folder / app / "locale" / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
            keys |= gettext.GNUTranslations(file)._catalog.keys()  # type: ignore[attr-defined]
    return frozenset(keys)


def _is_of_django(texts: str | tuple[str, ...], context: str | None) -> bool:
    singular = texts if isinstance(texts, str) else texts[0]
    key = singular if context is None else f"{context}\x04{singular}"
    return all(key in _django_texts(language) or (key, 0) in _django_texts(language) for language in LANGUAGES)


def messages(catalog: Catalog) -> Iterator[Message]:
    """Yield the messages of a catalogue without its header."""
    return (message for message in catalog if message.id)


def po_file(language: str) -> Path:
    """Return the file that is edited."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    """Return the catalogue of a language."""
    with po_file(language).open("rb") as file:
        return read_po(file, locale=language, domain="django", abort_invalid=True)


def read_compiled(language: str) -> Catalog:
    """Return the catalogue that Django reads."""
    with po_file(language).with_suffix(".mo").open("rb") as file:
        return read_mo(file)


def update(language: str) -> list[str]:
    """Bring the files of a language up to date; translations are kept. Return the texts that have none."""
    path = po_file(language)
    catalog = read(language)
    texts = template()
    texts.creation_date = catalog.creation_date  # it would be another one at each run
    catalog.update(texts, no_fuzzy_matching=True, update_header_comment=False)
    catalog.obsolete.clear()
    with path.open("wb") as file:
        write_po(file, catalog, width=120, sort_by_file=True, include_lineno=False)
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalog)
    return [str(message.id) for message in messages(catalog) if not is_translated(message)]


def is_translated(message: Message) -> bool:
    """Whether a message has all of its forms."""
    return all(message.string) if isinstance(message.string, tuple) else bool(message.string)
