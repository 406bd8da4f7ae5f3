"""Every kind of column is one row of ``local/columns/kinds.py``, and nothing else knows kinds by name."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

import django_appwrite_orm.local
from django_appwrite_orm.local.columns import operators
from django_appwrite_orm.local.columns.kinds import KINDS, RELATIONSHIP, ColumnKind, kind_of
from django_appwrite_orm.local.routes import ROUTES
from tests.support.column_kinds import KIND_SAMPLES
from tests.support.local_client import Client, query

PACKAGE = Path(django_appwrite_orm.local.__file__).parent
DEFINITIONS = PACKAGE / "columns" / "kinds.py"
# Names that mean something else in other places too, such as the URL of a webhook.
AMBIGUOUS = {"email", "enum", "ip", "line", "point", "relationship", "string", "text", "url"}

each_kind = pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])


def test_every_kind_has_sample_values() -> None:
    assert {kind.name for kind in KINDS} == KIND_SAMPLES.keys()


def test_names_and_types_of_kinds_are_unique() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert [kind_of(kind.type, kind.format) for kind in (*KINDS, RELATIONSHIP)] == [*KINDS, RELATIONSHIP]


def test_no_other_file_names_a_kind() -> None:
    names = {name for kind in KINDS for name in (kind.name, kind.type)} - AMBIGUOUS
    users = {
        f"{path.relative_to(PACKAGE).as_posix()}:{node.lineno} {node.value}"
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if path != DEFINITIONS and isinstance(node, ast.Constant) and node.value in names
    }
    assert users == set()


@each_kind
def test_a_column_shows_the_fields_of_its_kind(appwrite: Client, kind: ColumnKind) -> None:
    appwrite.table([])
    parameters = KIND_SAMPLES[kind.name].parameters
    column = appwrite(f"POST /d/tables/t/columns/{kind.name}", {"key": "c", "required": False, **parameters})
    common = {"key", "type", "status", "error", "required", "array", "$createdAt", "$updatedAt", "default"}
    assert column.keys() == common | set(kind.fields)
    assert (column["type"], column.get("format", "")) == (kind.type, kind.format)
    assert (
        appwrite("GET /d/tables/t")["bytesUsed"]
        > appwrite("POST /d/tables", {"tableId": "e", "name": "e"})["bytesUsed"]
    )


@each_kind
def test_a_new_table_takes_a_column_of_an_inline_kind(appwrite: Client, kind: ColumnKind) -> None:
    sample = KIND_SAMPLES[kind.name]
    size = {"size": 30} if kind.is_text else {}
    column = {"key": "c", "type": kind.type, "format": kind.format, **size, **sample.parameters}
    appwrite("POST ", {"databaseId": "d", "name": "d"})
    table = {"tableId": "t", "name": "t", "columns": [column]}
    if not kind.inline:
        assert appwrite.refusal("POST /d/tables", table) == (400, "general_argument_invalid")
        return
    appwrite("POST /d/tables", table)
    assert appwrite("POST /d/tables/t/rows", {"rowId": "a", "data": {"c": sample.value}})["c"] == sample.value


@each_kind
def test_rows_are_found_by_a_value_of_every_kind(appwrite: Client, kind: ColumnKind) -> None:
    rows, sample = _table_with(appwrite, kind), KIND_SAMPLES[kind.name]
    for method in ("equal", "isNotNull"):
        values = [sample.value] if method == "equal" else []
        assert [row["$id"] for row in appwrite(f"GET {rows}", queries=[query(method, "c", *values)])["rows"]] == ["a"]


@each_kind
def test_a_list_column_holds_values_of_its_kind(appwrite: Client, kind: ColumnKind) -> None:
    sample, path = KIND_SAMPLES[kind.name], f"POST /d/tables/t/columns/{kind.name}"
    if not kind.may_be_list:
        assert not _has_parameter(kind, "array")
        return
    rows = appwrite.table([])
    appwrite(path, {"key": "c", "required": False, "array": True, **sample.parameters})
    assert appwrite(f"POST {rows}", {"rowId": "a", "data": {"c": [sample.value, None]}})["c"] == [sample.value, None]
    found = appwrite(f"GET {rows}", queries=[query("containsAny", "c", sample.value)])
    assert found["rows"][0]["c"][0] == sample.value


@each_kind
def test_a_kind_takes_its_own_operators_only(appwrite: Client, kind: ColumnKind) -> None:
    sample = KIND_SAMPLES[kind.name]
    assert sample.operators.keys() == set(kind.operators)
    rows = _table_with(appwrite, kind)
    for method in sorted(operators.METHODS):
        change = {"data": {"c": json.dumps(query(method, "", *sample.operators.get(method, [1, "a"])))}}
        if method in kind.operators:
            appwrite(f"PATCH {rows}/a", change)
        else:
            assert appwrite.refusal(f"PATCH {rows}/a", change) == (400, "row_invalid_structure")


def _has_parameter(kind: ColumnKind, name: str) -> bool:
    route = next(
        route for route in ROUTES if route.method == "POST" and route.template.endswith(f"/columns/{kind.name}")
    )
    return any(param.name == name for param in route.params)


def _table_with(appwrite: Client, kind: ColumnKind) -> str:
    """Create a table whose row ``a`` has a value of the kind and whose row ``b`` has none."""
    sample: Any = KIND_SAMPLES[kind.name]
    rows = appwrite.table([])
    appwrite(f"POST /d/tables/t/columns/{kind.name}", {"key": "c", "required": False, **sample.parameters})
    appwrite(f"POST {rows}", {"rowId": "a", "data": {"c": sample.value}})
    appwrite(f"POST {rows}", {"rowId": "b", "data": {"c": None}})
    return rows
