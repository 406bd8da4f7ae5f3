"""Every text of a description of tables, one after the other, replaced by hostile ones: what is printed stays what it
is, and nothing of it is run, whether the description comes from a file or from a server."""

from __future__ import annotations

import copy
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from typing import Any
from unittest import mock

import pytest
from django.core.management import CommandError, call_command

from django_appwrite_orm import Table
from django_appwrite_orm.exceptions import SchemaError
from django_appwrite_orm.interchange.appwrite_config import config_of, tables_of
from django_appwrite_orm.interchange.codegen import source
from django_appwrite_orm.interchange.exporters import firebase, sql, text
from django_appwrite_orm.interchange.generated_source import checked
from django_appwrite_orm.plans import Request
from django_appwrite_orm.schema.printable import json_text
from django_appwrite_orm.schema.state import TableState
from tests.support.library.tables import Book
from tests.support.migrations import answering, migrated

LINE_ENDS = ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\x00", "\x1b[2J"]
QUOTES = ["'", '"', "'''", '"""', "\\", "\\'", '\\"', "\\\\'", ")", "])", "}", "\u202e", "\ud800"]
PYTHON = "pwned.append(1)"
SQL = "CREATE TABLE pwned (a TEXT); --"
OTHERS = ["__import__('os')", "None", "nan", "inf", "", " ", "*/", "--", "# -*- coding: utf-7 -*-"]


def hostile_texts(code: str) -> list[str]:
    return [
        *(f"a{end}{code}{end}" for end in LINE_ENDS), *(f"a{quote}; {code} #{quote}" for quote in QUOTES), code, *OTHERS
    ]  # fmt: skip


def described(kind: str, key: str, **more: Any) -> dict[str, Any]:
    given = {"key": key, "type": kind, "status": "available", "error": "", "required": False, "array": False}
    return {**given, "default": None, **more}


def tables() -> list[dict[str, Any]]:
    """Two tables as a server describes them, with every kind of text that there is in a description."""
    link = {
        "relatedTable": "u",
        "relationType": "manyToOne",
        "twoWay": True,
        "twoWayKey": "back",
        "onDelete": "setNull",
    }
    first = [
        described("string", "s", size=20, default="x", format=""),
        described("string", "e", format="enum", elements=["x", "y"], default="y"),
        described("datetime", "d", default="2026-01-01T00:00:00.000+00:00"),
        described("integer", "n", min=0, max=5, default=3),
        described("double", "f", min=0.5, max=2),
        described("relationship", "link", **link, side="parent"),
        described("string", "gone", size=5, status="failed", error="no room"),
    ]
    indexes = [
        {
            "key": key,
            "type": type,
            "columns": ["s"],
            "orders": ["ASC"],
            "lengths": [],
            "status": "available",
            "error": "",
        }
        for key, type in (("i", "key"), ("ft", "fulltext"), ("odd", "hnsw"))
    ]
    back = link | {"relatedTable": "t", "relationType": "oneToMany", "twoWayKey": "link"}
    common = {"databaseId": "library", "enabled": True, "rowSecurity": False, "$permissions": ['read("user:ada")']}
    return [
        {"$id": "t", "name": "T", **common, "columns": first, "indexes": indexes},
        {"$id": "u", "name": "U", **common, "columns": [described("relationship", "back", **back)], "indexes": []},
    ]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every leaf that is a text or nothing, or a number, in whose place a text may stand."""
    if isinstance(value, (dict, list)):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(part, (*path, key))
    elif not isinstance(value, bool):
        yield path


def variants(value: Any, code: str) -> Iterator[Any]:
    for path in places(value):
        for hostile in hostile_texts(code):
            changed = copy.deepcopy(value)
            *steps, last = path
            inner = changed
            for step in steps:
                inner = inner[step]
            inner[last] = hostile
            yield changed


def is_clean(printed: str) -> bool:
    return all(line.isprintable() for line in printed.split("\n"))


def run_source(printed: str) -> None:
    """Execute a generated module where a call of the payload would be seen."""
    assert is_clean(printed), printed
    pwned: list[int] = []
    exec(compile(printed, "tables.py", "exec"), {"__name__": "inspected", "pwned": pwned})
    assert not pwned, printed


def run_sql(states: list[TableState]) -> None:
    script = sql(states)
    with closing(sqlite3.connect(":memory:")) as database:
        try:
            database.executescript(script)
        except sqlite3.OperationalError as error:  # the two sides of a relationship no longer fit each other
            if "duplicate column name" not in str(error):
                raise
        made = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert made <= {state.id for state in states}
    comments = [line for line in script.split("\n") if line.startswith("--")]
    assert all(comment.isprintable() for comment in comments)


@pytest.mark.slow
def test_no_text_of_a_file_is_executed_as_code() -> None:
    looked_at, refusals = 0, []
    for variant in variants(tables(), PYTHON):
        try:
            states = tables_of(json.dumps({"tables": variant}), "library")
            run_source(source(states, Table))
        except SchemaError as error:
            refusals.append(str(error))
        looked_at += 1
    assert looked_at > 1_500
    assert len(refusals) < looked_at / 3
    assert all(map(is_clean, refusals))


@pytest.mark.slow
def test_no_text_of_a_server_is_executed_as_code(capsys: pytest.CaptureFixture[str]) -> None:
    migrated(Book)
    refusals = []
    for variant in islice(variants(tables(), PYTHON), 0, None, 7):  # each takes a request

        def hostile(request: Request, reply: Any, variant: Any = variant) -> Any:
            return reply._replace(text=json.dumps({"total": 2, "tables": variant}))

        with answering(hostile):
            try:
                call_command("inspect_appwrite")
            except CommandError as error:
                refusals.append(str(error))
        if printed := capsys.readouterr().out:
            run_source(printed)
    assert refusals
    assert all(map(is_clean, refusals))


@pytest.mark.slow
def test_exports_hold_texts_as_texts() -> None:
    seen: set[str] = set()
    refusals = []
    for variant in variants(tables(), SQL):
        try:
            states = tables_of(json.dumps({"tables": variant}), "library")
        except SchemaError:
            continue
        for format, export in (("sql", run_sql), ("firebase", _firebase), ("text", _text), ("json", _json)):
            try:
                export(states)
                seen.add(format)
            except SchemaError as error:
                refusals.append(str(error))
    assert seen == {"sql", "firebase", "text", "json"}
    assert refusals
    assert all(map(is_clean, refusals))


def _firebase(states: list[TableState]) -> None:
    printed = firebase(states)
    assert is_clean(printed)
    assert set(json.loads(printed)["rules"]) == {state.id for state in states}
    # The payload is only in text literals of the rules: outside of them there are only keywords of the rules.
    outside = _without_texts(printed.replace("\\\\", "\\").replace('\\"', '"'))
    assert "pwned" not in outside


def _without_texts(rules: str) -> str:
    """Rules without what stands between apostrophes."""
    kept, inside, skip = [], False, False
    for character in rules:
        if skip:
            skip = False
        elif inside and character == "\\":
            skip = True
        elif character == "'":
            inside = not inside
        elif not inside:
            kept.append(character)
    return "".join(kept)


def _text(states: list[TableState]) -> None:
    printed = text(states)
    assert is_clean(printed)
    parts = sum(len(state.parts) + len(state.permissions) for state in states)
    assert printed.count("\n") <= parts + 6 * len(states)


def _json(states: list[TableState]) -> None:
    config = config_of(states, "library", "shop", "local:x")
    printed = json_text(config, indent=2)
    assert is_clean(printed)
    assert json.loads(printed) == json.loads(json.dumps(config))


def test_the_command_prints_nothing_when_the_source_is_more_than_declarations() -> None:
    with (
        mock.patch("django_appwrite_orm.interchange.codegen.comment", lambda text: f"# {text}\n        import os"),
        pytest.raises(SchemaError, match="is not a declaration"),
    ):
        source(tables_of(json.dumps({"tables": tables()}), "library"), Table)


DECLARATION = "class T(Table):\n    a = columns.Integer()\n\n    class Meta:\n        name = 'T'\n"
IMPORT = "from django_appwrite_orm import Table, columns\n\n\n"


def test_a_declaration_passes_the_check() -> None:
    assert checked(IMPORT + DECLARATION) == IMPORT + DECLARATION


@pytest.mark.parametrize(
    "text",
    [
        "import os\n",
        "from os import system\n",
        "from django_appwrite_orm import Table as columns\n",
        "from django_appwrite_orm import *\n",
        "from .django_appwrite_orm import Table\n",
        IMPORT + "print()\n",
        IMPORT + DECLARATION + "print()\n",
        IMPORT + DECLARATION.replace("columns.Integer()", "columns.Integer(print())"),
        IMPORT + DECLARATION.replace("columns.Integer()", "columns.Integer(default=print)"),
        IMPORT + DECLARATION.replace("columns.Integer()", "columns.Integer(*[1])"),
        IMPORT + DECLARATION.replace("columns.Integer()", "columns.Integer(**{})"),
        IMPORT + DECLARATION.replace("columns.Integer()", "columns.Integer(nan)"),
        IMPORT + DECLARATION.replace("columns.Integer()", "columns.Integer([x for x in 'a'])"),
        IMPORT + DECLARATION.replace("columns.Integer()", "columns.Integer(f'{print()}')"),
        IMPORT + DECLARATION.replace("columns.Integer()", "columns.__builtins__()"),
        IMPORT + DECLARATION.replace("columns.Integer()", "columns.Integer().x()"),
        IMPORT + DECLARATION.replace("a = ", "columns = "),
        IMPORT + DECLARATION.replace("a = ", "a: print() = "),
        IMPORT + DECLARATION.replace("a = ", "a = b = "),
        IMPORT + DECLARATION.replace("(Table)", "(print)"),
        IMPORT + DECLARATION.replace("(Table)", "(Table, metaclass=print)"),
        IMPORT + "@print\n" + DECLARATION,
        IMPORT + DECLARATION.replace("class Meta:", "class Meta(print):"),
        IMPORT + DECLARATION.replace("name = 'T'", "name = 'T' + print()"),
        IMPORT + DECLARATION.replace("name = 'T'", "indexes = [print()]"),
        IMPORT + DECLARATION.replace("name = 'T'", "other = 1"),
        IMPORT + "class T(Table):\n    a = columns.Integer()\n",
        IMPORT + "class T(Table):\n",
        IMPORT + "class T(Table):\n    a = '\0'\n",
    ],
)
def test_source_with_anything_but_declarations_does_not_pass_the_check(text: str) -> None:
    with pytest.raises(SchemaError):
        checked(text)
