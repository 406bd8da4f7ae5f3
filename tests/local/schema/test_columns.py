"""Columns of every kind: created, changed, renamed and removed, with rows in the table."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.column_kinds import KIND_SAMPLES
from tests.support.local_client import Client, query

OTHER = {"key": "other", "type": "integer"}


@pytest.mark.parametrize("kind", KIND_SAMPLES)
def test_every_kind_holds_its_values(appwrite: Client, kind: str) -> None:
    sample = KIND_SAMPLES[kind]
    rows = appwrite.table([OTHER])
    column = appwrite(f"POST /d/tables/t/columns/{kind}", {"key": "c", "required": False, **sample.parameters})
    assert column["status"] == "processing"
    assert appwrite("GET /d/tables/t/columns/c")["status"] == "available"
    assert appwrite(f"POST {rows}", {"rowId": "a", "data": {"c": sample.value}})["c"] == sample.value
    assert appwrite(f"POST {rows}", {"rowId": "b", "data": {"other": 1}})["c"] is None
    assert appwrite.refusal(f"PATCH {rows}/a", {"data": {"c": sample.refused}}) == (400, "row_invalid_structure")
    assert appwrite(f"GET {rows}/a")["c"] == sample.value
    appwrite("DELETE /d/tables/t/columns/c")
    assert "c" not in appwrite(f"GET {rows}/a")


def test_a_default_fills_rows_made_without_a_value(appwrite: Client) -> None:
    rows = appwrite.table([OTHER])
    appwrite(f"POST {rows}", {"rowId": "old", "data": {"other": 1}})
    appwrite("POST /d/tables/t/columns/integer", {"key": "n", "required": False, "default": 7})
    assert appwrite(f"POST {rows}", {"rowId": "new", "data": {"other": 1}})["n"] == 7
    assert appwrite(f"POST {rows}", {"rowId": "null", "data": {"n": None}})["n"] == 7


@pytest.mark.parametrize(
    ("columns", "indexes", "refusal"),
    [
        ([{"key": "s", "type": "string", "size": 9, "min": 1}], [], (400, "general_argument_invalid")),
        ([{"key": "b", "type": "boolean", "signed": True}], [], (400, "general_argument_invalid")),
        ([OTHER, OTHER], [], (400, "general_argument_invalid")),
        ([OTHER, {**OTHER, "key": "OTHER"}], [], (409, "table_already_exists")),
        ([OTHER], [{"key": "i", "attributes": ["other"]}] * 2, (400, "general_argument_invalid")),
        ([OTHER], [{"key": key, "attributes": ["other"]} for key in "iI"], (409, "table_already_exists")),
        ([OTHER], [{"key": "i", "attributes": ["$sequence"]}], (400, "general_argument_invalid")),
        ([OTHER], [{"key": "i", "attributes": ["other"], "lengths": [-1]}], (400, "general_argument_invalid")),
        ([OTHER], [{"key": "i", "attributes": ["nope"]}], (400, "column_index_invalid")),
        ([{"key": "s", "type": "string", "size": 16_381}], [], (400, "table_limit_exceeded")),
    ],
)
def test_invalid_inline_columns_and_indexes_are_refused(
    appwrite: Client, columns: list[Any], indexes: list[Any], refusal: tuple[int, str]
) -> None:
    appwrite("POST ", {"databaseId": "d", "name": "d"})
    body = {"tableId": "t", "name": "t", "columns": columns, "indexes": [{"type": "key", **index} for index in indexes]}
    assert appwrite.refusal("POST /d/tables", body) == refusal
    assert appwrite.refusal("GET /d/tables/t") == (404, "table_not_found")


def test_inline_integers_have_32_bits_unless_their_size_is_8(appwrite: Client) -> None:
    wide = {"key": "wide", "type": "integer", "size": 8}
    rows = appwrite.table([OTHER, {"key": "u", "type": "integer", "signed": False}, wide])
    assert appwrite(f"POST {rows}", {"rows": [{"wide": 2**40}]})["total"] == 1
    for value, accepted in ((-(2**31) + 1, True), (-(2**31), False), (2**31 - 1, True), (2**31, False)):
        assert (appwrite.send(f"POST {rows}", {"rows": [{"other": value}]}).status == 201) is accepted
    assert appwrite.refusal(f"POST {rows}", {"rows": [{"u": -1}]}) == (400, "row_invalid_structure")


def test_a_text_of_16382_characters_is_stored_outside_the_row(appwrite: Client) -> None:
    appwrite.table([{"key": "s", "type": "string", "size": 16_382}])
    assert appwrite("GET /d/tables/t")["bytesUsed"] == 1_087


@pytest.mark.parametrize(
    ("kind", "options", "refusal"),
    [
        ("string", {"size": 0}, "general_argument_invalid"),
        ("string", {"size": 5, "default": "x" * 6}, "column_value_invalid"),
        ("string", {"size": 5, "required": True, "default": "x"}, "column_default_unsupported"),
        ("string", {"size": 5, "array": True, "default": "x"}, "column_default_unsupported"),
        ("string", {"size": 5_000}, "column_limit_exceeded"),
        ("string", {"size": 10, "key": "no key"}, "general_argument_invalid"),
        ("integer", {"min": 2, "max": 1}, "column_value_invalid"),
        ("integer", {"min": 2, "default": 1}, "column_value_invalid"),
        ("enum", {"elements": ["a"], "default": "b"}, "column_value_invalid"),
        ("string", {"size": 10, "key": "NAME"}, "column_already_exists"),
    ],
)
def test_invalid_columns_are_refused(appwrite: Client, kind: str, options: dict[str, Any], refusal: str) -> None:
    appwrite.table([{"key": "name", "type": "string", "size": 12_000}])
    body = {"key": "c", "required": False, **options}
    assert appwrite.refusal(f"POST /d/tables/t/columns/{kind}", body)[1] == refusal
    assert appwrite("GET /d/tables/t/columns")["total"] == 1


def test_a_renamed_column_keeps_its_values_and_its_index(appwrite: Client) -> None:
    rows = appwrite.table(
        [{"key": "old", "type": "string", "size": 9}],
        indexes=[{"key": "i", "type": "unique", "attributes": ["old"]}],
    )
    appwrite(f"POST {rows}", {"rowId": "a", "data": {"old": "x"}})
    body = {"required": False, "default": None, "newKey": "new"}
    appwrite("PATCH /d/tables/t/columns/string/old", body)
    assert appwrite(f"GET {rows}", queries=[query("equal", "new", "X")])["rows"][0]["new"] == "x"
    assert appwrite("GET /d/tables/t/indexes/i")["columns"] == ["new"]
    assert appwrite.refusal(f"POST {rows}", {"rowId": "b", "data": {"new": "x"}}) == (409, "row_already_exists")
    assert appwrite.refusal("GET /d/tables/t/columns/old")[0] == 404


def test_a_text_column_shrinks_to_its_longest_value_at_most(appwrite: Client) -> None:
    rows = appwrite.table([])
    appwrite("POST /d/tables/t/columns/string", {"key": "s", "size": 9, "required": False})
    appwrite(f"POST {rows}", {"rowId": "a", "data": {"s": "12345"}})
    body = {"required": False, "default": None}
    change = "PATCH /d/tables/t/columns/string/s"
    assert appwrite.refusal(change, {**body, "size": 4}) == (400, "column_invalid_resize")
    assert appwrite(change, {**body, "size": 5})["size"] == 5
    assert appwrite.refusal(f"PATCH {rows}/a", {"data": {"s": "123456"}})[0] == 400


def test_a_deleted_column_is_removed_from_its_indexes(appwrite: Client) -> None:
    columns = [{"key": key, "type": "integer"} for key in ("a", "b", "c")]
    appwrite.table(
        columns,
        indexes=[
            {"key": "one", "type": "key", "attributes": ["a"]},
            {"key": "two", "type": "key", "attributes": ["a", "b"], "orders": ["ASC", "DESC"]},
            {"key": "both", "type": "unique", "attributes": ["b", "c"]},
        ],
    )
    appwrite("DELETE /d/tables/t/columns/a")
    found = {index["key"]: index["columns"] for index in appwrite("GET /d/tables/t/indexes")["indexes"]}
    assert found == {"two": ["b"], "both": ["b", "c"]}
    appwrite("DELETE /d/tables/t/columns/b")
    assert appwrite("GET /d/tables/t/columns/b")["status"] == "stuck"


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63), 2**53 + 1, 10**30])
def test_whole_numbers_of_any_length_fit_a_float(appwrite: Client, number: int) -> None:
    rows = appwrite.table([{"key": "f", "type": "double"}])
    appwrite(f"POST {rows}", {"rowId": "a", "data": {"f": number}})
    assert appwrite(f"GET {rows}/a")["f"] == pytest.approx(number)


@pytest.mark.parametrize(
    ("column", "kind", "default", "accepted"),
    [
        ({"type": "integer", "min": 0, "max": 9}, "boolean", True, False),
        ({"type": "integer", "min": 0, "max": 9}, "string", "5", True),
        ({"type": "integer", "min": 0, "max": 9}, "string", "10", False),
        ({"type": "integer", "min": 0, "max": 9}, "string", "a", False),
        ({"type": "double", "min": 0, "max": 9}, "boolean", True, True),
        ({"type": "integer"}, "boolean", True, True),
    ],
)
def test_a_default_of_another_kinds_route_must_be_in_the_range(
    appwrite: Client, column: dict[str, Any], kind: str, default: Any, accepted: bool
) -> None:
    appwrite.table([{"key": "c", **column}])
    body = {"required": False, "default": default}
    if accepted:
        assert appwrite(f"PATCH /d/tables/t/columns/{kind}/c", body)["default"] == default
    else:
        refused = appwrite.refusal(f"PATCH /d/tables/t/columns/{kind}/c", body)
        assert refused == (400, "column_value_invalid")
