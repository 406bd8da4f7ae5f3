"""What there is to use is documented: every setting once, every signal, command, column and public name somewhere."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from django.dispatch import Signal

import django_appwrite_orm
from django_appwrite_orm import columns, exceptions, signals
from django_appwrite_orm.conf.connection_settings import CACHE_OPTIONS, OPTIONS
from django_appwrite_orm.facade.table_api import TableAPI
from tests.support.pages import DOCS, ROOT

PAGES = {
    page.relative_to(DOCS).as_posix(): page.read_text()
    for page in sorted(DOCS.rglob("*.md"))
    if "internals" not in page.parts
}
README = (ROOT / "README.md").read_text()
ALL = "\n".join([README, *PAGES.values()])
COMMANDS = (Path(django_appwrite_orm.__file__).parent / "management" / "commands").glob("*_appwrite.py")


def in_code(name: str) -> bool:
    """Whether a page shows this name as code."""
    code = re.findall(r"```.*?```|`[^`\n]+`", ALL, re.DOTALL)
    return any(re.search(rf"(?<![A-Za-z_]){name}(?![A-Za-z_])", piece) for piece in code)


def test_every_setting_has_one_line() -> None:
    lines = Counter(re.findall(r"^\| `([A-Z_]+)` \|", PAGES["reference/settings.md"], re.MULTILINE))
    assert lines == Counter([*OPTIONS, *CACHE_OPTIONS])
    assert "APPWRITE_ORM_ROUTER" in PAGES["reference/settings.md"]


@pytest.mark.parametrize("name", [name for name, value in vars(signals).items() if isinstance(value, Signal)])
def test_every_signal_has_a_line(name: str) -> None:
    assert re.search(rf"^\|.*`{name}`", PAGES["reference/signals.md"], re.MULTILINE)


@pytest.mark.parametrize("name", sorted(path.stem for path in COMMANDS))
def test_every_command_is_shown(name: str) -> None:
    assert in_code(name)


@pytest.mark.parametrize("name", django_appwrite_orm.__all__)
def test_every_public_name_is_shown(name: str) -> None:
    assert in_code(name)


ERRORS = [name for name, value in vars(exceptions).items() if isinstance(value, type) and issubclass(value, Exception)]
# Seen as a table's DoesNotExist and MultipleObjectsReturned; Django's own.
BEHIND = ("RowDoesNotExist", "MultipleRowsReturned", "ObjectDoesNotExist")


@pytest.mark.parametrize("name", [name for name in ERRORS if name not in BEHIND])
def test_every_error_is_shown(name: str) -> None:
    assert in_code(name)


VERBS = {name for name in vars(TableAPI) if not name.startswith("_")}


@pytest.mark.parametrize("name", sorted(name for name in VERBS if not (name[0] == "a" and name[1:] in VERBS)))
def test_every_verb_is_shown(name: str) -> None:
    assert re.search(rf"`[^`]*\b{name}\(", PAGES["reference/appwrite-orm.md"])


@pytest.mark.parametrize("name", columns.__all__)
def test_every_column_is_in_the_table_of_columns(name: str) -> None:
    assert name == "Column" or re.search(rf"^\|.*`{name}\(", PAGES["reference/tables.md"], re.MULTILINE)
