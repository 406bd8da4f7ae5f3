"""Operators: their results for values and for null, and what they refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.local_client import Client, query

COLUMNS: list[dict[str, Any]] = [
    {"key": "i", "type": "integer"},
    {"key": "f", "type": "double"},
    {"key": "s", "type": "string", "size": 10},
    {"key": "b", "type": "boolean"},
    {"key": "at", "type": "datetime"},
    {"key": "l", "type": "integer", "array": True},
    {"key": "big", "type": "bigint"},
]
DATA = {"i": 10, "f": 1.5, "s": "abc", "b": False, "at": "2024-02-28T12:00:00.000+00:00", "l": [1, 2, 2], "big": 1}


@pytest.fixture
def rows(appwrite: Client) -> str:
    rows = appwrite.table(COLUMNS)
    appwrite(f"POST {rows}", {"rows": [{"$id": "full", **DATA}, {"$id": "empty"}]})
    return rows


@pytest.mark.parametrize(
    ("column", "method", "values", "full", "empty"),
    [
        ("i", "increment", [5], 15, 5),
        ("i", "increment", [5, 12], 12, 5),
        ("i", "increment", [1, 3], 3, 1),
        ("i", "decrement", [20, 3], 3, 3),
        ("i", "multiply", [3], 30, 0),
        ("i", "divide", [4], 3, 0),
        ("i", "modulo", [4], 2, 0),
        ("i", "power", [2], 100, 0),
        ("i", "increment", ["2"], 12, 2),
        ("f", "multiply", [-2], -3, 0),
        ("f", "modulo", [1], 0.5, 0),
        ("s", "stringConcat", ["!"], "abc!", "!"),
        ("s", "stringConcat", ["!", 5], "abc!", "!"),
        ("s", "stringReplace", ["b", "--"], "a--c", None),
        ("b", "toggle", [], True, True),
        ("at", "dateAddDays", [2], "2024-03-01T12:00:00.000+00:00", None),
        ("at", "dateSubDays", [28], "2024-01-31T12:00:00.000+00:00", None),
        ("l", "arrayAppend", [3], [1, 2, 2, 3], [3]),
        ("l", "arrayPrepend", [0], [0, 1, 2, 2], [0]),
        ("l", "arrayRemove", [2], [1], []),
        ("l", "arrayUnique", [], [1, 2], []),
        ("l", "arrayIntersect", [2, 9, 1], [2, 2, 1], []),
        ("l", "arrayDiff", [2], [1], []),
        ("l", "arrayFilter", ["greaterThan", 1], [2, 2], []),
        ("l", "arrayFilter", ["isNotNull"], [1, 2, 2], []),
    ],
)
def test_operator_results(
    appwrite: Client, rows: str, column: str, method: str, values: list[Any], full: Any, empty: Any
) -> None:
    for written in (json.dumps({"method": method, "values": values}), {"method": method, "values": values}):
        with appwrite.app.snapshot() as before:
            assert appwrite(f"PATCH {rows}/full", {"data": {column: written}})[column] == full
            assert appwrite(f"PATCH {rows}/empty", {"data": {column: written}})[column] == empty
            assert appwrite(f"GET {rows}/full")[column] == full
            appwrite.app.restore(before)


@pytest.mark.parametrize(
    ("column", "method", "values"),
    [
        ("s", "increment", [1]),
        ("big", "increment", [1]),
        ("l", "increment", [1]),
        ("i", "increment", []),
        ("i", "increment", ["two"]),
        ("i", "increment", [2_147_483_647]),
        ("i", "divide", [0]),
        ("i", "power", [10**6]),
        ("s", "stringConcat", ["too long to fit"]),
        ("s", "stringConcat", [5]),
        ("i", "toggle", []),
        ("at", "dateAddDays", [1.5]),
        ("at", "dateAddDays", [10**12]),
        ("l", "arrayInsert", [9, 1]),
        ("l", "arrayInsert", [-1, 1]),
        ("l", "arrayFilter", ["contains", 1]),
        ("s", "arrayAppend", [1]),
        # These follow the database library's own checks.
        ("s", "stringReplace", ["a", "b", "c"]),
        ("l", "arrayFilter", ["equal", 1, 2]),
        ("l", "arrayInsert", [0, 2**31]),
        ("l", "arrayPrepend", [-(2**31) - 0.5]),
        ("l", "arrayAppend", [1, "99999999999"]),
    ],
)
def test_invalid_operators_are_refused(
    appwrite: Client, rows: str, column: str, method: str, values: list[Any]
) -> None:
    data = {column: json.dumps({"method": method, "values": values})}
    assert appwrite.refusal(f"PATCH {rows}/full", {"data": data}) == (400, "row_invalid_structure")
    assert appwrite(f"GET {rows}/full")[column] == DATA[column]


@pytest.mark.parametrize(
    ("type", "before", "method", "values", "after"),
    [
        ("string", ["b", "É", "a", "e", "B "], "arrayUnique", [], ["a", "b", "É"]),  # sorted, by the collation
        ("integer", [9, 10, 9, 1], "arrayUnique", [], [1, 10, 9]),  # sorted as texts
        ("string", ["b", None, "a"], "arrayUnique", [], [None, "a", "b"]),
        ("string", ["Dune", "dune", None], "arrayRemove", ["DUNE"], []),  # null is lost
        ("double", [1.5, 2, 3], "arrayRemove", [2.0], [1.5, 3]),
        ("boolean", [True, False], "arrayRemove", [True], [True, True]),  # "false" is a text, which is true
        ("datetime", ["2024-01-02T00:00:00.000+00:00"], "arrayRemove", ["2024-01-02T00:00:00.000+00:00"], "as before"),
        ("datetime", ["2024-01-02T00:00:00.000+00:00"], "arrayRemove", ["2024-01-02 00:00:00.000"], []),
        ("string", ["a", "b"], "arrayDiff", [None], []),
        ("string", ["a", None], "arrayFilter", ["notEqual", "b"], ["a"]),
    ],
)
def test_list_operators_convert_elements_to_texts(
    appwrite: Client, type: str, before: list[Any], method: str, values: list[Any], after: Any
) -> None:
    size = {"size": 9} if type == "string" else {}
    rows = appwrite.table([{"key": "l", "type": type, "array": True, **size}])
    appwrite(f"POST {rows}", {"rowId": "r", "data": {"l": before}})
    changed = appwrite(f"PATCH {rows}/r", {"data": {"l": {"method": method, "values": values}}})
    assert changed["l"] == (before if after == "as before" else after)
    assert appwrite(f"GET {rows}/r")["l"] == changed["l"]


def test_numbers_converted_by_a_list_operator_are_no_longer_matched(appwrite: Client, rows: str) -> None:
    assert appwrite(f"GET {rows}", queries=[query("contains", "l", 1)])["total"] == 1
    appwrite(f"PATCH {rows}/full", {"data": {"l": {"method": "arrayUnique", "values": []}}})
    assert appwrite(f"GET {rows}", queries=[query("contains", "l", 1)])["total"] == 0


def test_texts_are_not_compared_as_numbers(appwrite: Client) -> None:
    rows = appwrite.table([{"key": "l", "type": "string", "size": 9, "array": True}])
    appwrite(f"POST {rows}", {"rowId": "r", "data": {"l": ["a"]}})
    data = {"l": {"method": "arrayFilter", "values": ["greaterThan", "A"]}}
    assert appwrite.refusal(f"PATCH {rows}/r", {"data": data}) == (500, "general_unknown")
    assert appwrite(f"GET {rows}/r")["l"] == ["a"]


@pytest.mark.parametrize(
    ("method", "values", "result"),
    [("increment", [1], None), ("decrement", [1], None), ("divide", [2], 1_500_000_000), ("increment", [1, 2**40], 1)],
)
def test_results_without_a_bound_stay_within_32_bits(
    appwrite: Client, method: str, values: list[int], result: int | None
) -> None:
    """Of every integer column, except in bulk updates, where the server does not read the rows."""
    rows = appwrite.table([])
    appwrite("POST /d/tables/t/columns/integer", {"key": "n", "required": False})
    appwrite(f"POST {rows}", {"rowId": "r", "data": {"n": 3_000_000_000}})
    data = {"n": {"method": method, "values": values}}
    appwrite("POST /d/tables/t/columns/integer", {"key": "l", "required": False, "array": True})
    added = {"l": {"method": "arrayAppend", "values": [2**31]}}
    assert appwrite.refusal(f"PATCH {rows}/r", {"data": added}) == (400, "row_invalid_structure")
    for method_, path, body in (("PATCH", "/r", {"data": data}), ("PUT", "/r", {"data": data})):
        with appwrite.app.snapshot() as before:
            if result is None:
                assert appwrite.refusal(f"{method_} {rows}{path}", body) == (400, "row_invalid_structure")
            else:
                expected = 3_000_000_001 if result == 1 else result
                assert appwrite(f"{method_} {rows}{path}", body)["n"] == expected
            appwrite.app.restore(before)
    assert appwrite(f"PATCH {rows}", {"data": data})["total"] == 1


def test_blanks_around_an_operator_are_ignored(appwrite: Client, rows: str) -> None:
    text = ' \n{"values":["!"],"method":"stringConcat","more":1}\t'
    assert appwrite(f"PATCH {rows}/full", {"data": {"s": text}})["s"] == "abc!"


def test_an_upsert_checks_the_whole_row(appwrite: Client) -> None:
    """A value that an operator left out of range blocks every other change of the row."""
    rows = appwrite.table([{"key": "n", "type": "integer", "max": 10}, {"key": "s", "type": "string", "size": 9}])
    appwrite(f"POST {rows}", {"rowId": "r", "data": {"n": 9}})
    appwrite(f"PATCH {rows}/r", {"data": {"n": {"method": "increment", "values": [5]}}})
    assert appwrite.refusal(f"PUT {rows}/r", {"data": {"s": "x"}}) == (400, "row_invalid_structure")
    assert appwrite.refusal(f"PUT {rows}", {"rows": [{"$id": "r", "s": "x"}]}) == (400, "row_invalid_structure")
    assert appwrite(f"PUT {rows}/r", {"data": {"s": "x", "n": 1}})["n"] == 1


def test_operators_in_a_create_and_unknown_methods_are_plain_text(appwrite: Client) -> None:
    rows = appwrite.table([{"key": "s", "type": "string", "size": 80}])
    text = '{"method":"stringConcat","values":["x"]}'
    assert appwrite(f"POST {rows}", {"rowId": "r", "data": {"s": text}})["s"] == text
    other = '{"method":"squareRoot","values":[1]}'
    assert appwrite(f"PATCH {rows}/r", {"data": {"s": other}})["s"] == other


def test_an_operator_of_a_bulk_update_applies_to_every_row(appwrite: Client, rows: str) -> None:
    changed = appwrite(f"PATCH {rows}", {"data": {"i": {"method": "increment", "values": [1]}}})
    assert [row["i"] for row in changed["rows"]] == [11, 1]


def test_a_number_beyond_doubles_does_not_break_its_list(appwrite: Client) -> None:
    """Operators store any value in a list; responses show it as far as JSON can."""
    rows = appwrite.table([{"key": "l", "type": "double", "array": True}])
    appwrite(f"POST {rows}", {"rowId": "r", "data": {"l": [1]}})
    added = {"method": "arrayAppend", "values": ["1e400", "2.5"]}
    appwrite(f"PATCH {rows}/r", {"data": {"l": json.dumps(added)}})
    assert appwrite(f"GET {rows}/r")["l"] == [1, 0, 2.5]
