"""The catalogues are complete, compiled, and have the texts of the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog, Message

from .catalogues import KEYWORDS, LANGUAGES, PACKAGE, is_translated, messages, po_file, read, read_compiled, template

_PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[a-z]|\{\w*\}")
UPDATE = "run `python -m tests.translations`"

in_each_language = pytest.mark.parametrize("language", LANGUAGES)


def texts_by_key(catalog: Catalog) -> dict[object, object]:
    return {(message.context, forms(message.id)): forms(message.string) for message in messages(catalog)}


def forms(text: object) -> tuple[str, ...]:
    return tuple(map(str, text)) if isinstance(text, (list, tuple)) else (str(text),)


@in_each_language
def test_a_catalogue_has_the_texts_of_the_code(language: str) -> None:
    found, needed = texts_by_key(read(language)).keys(), texts_by_key(template()).keys()
    assert (found - needed, needed - found) == (set(), set()), UPDATE


def test_texts_of_django_are_left_to_django() -> None:
    of_django = texts_by_key(template(with_django=True)).keys() - texts_by_key(template()).keys()
    assert {(None, ("Save",)), (None, ("Remove",))} <= of_django


@in_each_language
def test_every_text_is_translated(language: str) -> None:
    catalog = read(language)
    assert len(catalog) > 150
    assert [message.id for message in messages(catalog) if not is_translated(message) or message.fuzzy] == []
    assert list(catalog.obsolete) == []
    plural = [message for message in messages(catalog) if message.pluralizable]
    assert {len(message.string) for message in plural} == {catalog.num_plurals}


@in_each_language
def test_the_compiled_catalogue_is_that_of_the_texts(language: str) -> None:
    catalog, compiled = read(language), read_compiled(language)
    assert texts_by_key(compiled) == texts_by_key(catalog), UPDATE
    assert (compiled.num_plurals, compiled.plural_expr) == (catalog.num_plurals, catalog.plural_expr), UPDATE


@in_each_language
def test_placeholders_are_those_of_the_text(language: str) -> None:
    def is_same(message: Message) -> bool:
        needed = {frozenset(_PLACEHOLDER.findall(form)) for form in forms(message.id)}
        return {frozenset(_PLACEHOLDER.findall(form)) for form in forms(message.string)} == needed

    assert [message.id for message in messages(read(language)) if not is_same(message)] == []


@in_each_language
def test_spaces_around_a_text_and_its_full_stop_are_kept(language: str) -> None:
    def shape(text: str) -> tuple[bool, bool]:
        return text.endswith(" "), text.rstrip().endswith((".", ":"))

    assert [
        message.id
        for message in messages(read(language))
        if {shape(form) for form in forms(message.id)} != {shape(form) for form in forms(message.string)}
    ] == []


@in_each_language
def test_a_text_of_one_word_has_a_context(language: str) -> None:
    """It would replace the translation that the site, or an app after this one, has of the same word."""
    assert [
        message.id
        for message in messages(read(language))
        if message.context is None and re.fullmatch(r"\w+:?", forms(message.id)[0])
    ] == []


def test_no_text_is_put_together_before_it_is_translated() -> None:
    wrong = [
        f"{path.name}:{call.lineno}"
        for path in PACKAGE.rglob("*.py")
        if "django.utils.translation" in (source := path.read_text(encoding="utf-8"))
        for call in _gettext_calls(ast.parse(source))
        if any(isinstance(argument, (ast.BinOp, ast.JoinedStr)) for argument in call.args)
    ]
    assert wrong == []


def _gettext_calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS:
            yield node


@in_each_language
def test_the_files_are_those_of_a_language(language: str) -> None:
    header = po_file(language).read_text(encoding="utf-8").partition("\n\n")[0]
    assert f'"Language: {language}\\n"' in header
    assert read(language).charset == "utf-8"
