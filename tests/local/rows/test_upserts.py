"""Upserts: what counts as a change, and what is not written."""

from __future__ import annotations

from typing import Any

import pytest

from django_appwrite_orm.local.emulation.php_comparison import loosely_equal
from tests.support.local_client import Client, stage_operations

COLUMNS: list[dict[str, Any]] = [
    {"key": "n", "type": "integer", "required": True},
    {"key": "d", "type": "integer", "default": 3},
    {"key": "s", "type": "string", "size": 9},
    {"key": "l", "type": "string", "size": 9, "array": True},
]


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        *((None, value, True) for value in (None, 0, 0.0, False, "", [], {})),
        *((None, value, False) for value in (1, "0", " ", True, [None], "a")),
        *((one, other, True) for one, other in (("1", "01"), ("1e1", 10), (True, "a"), ([1, "2"], ["1", 2]))),
        *((one, other, False) for one, other in (("a", 0), ("a", "A"), ([1], [1, 2]), ({"a": 1}, [1]), ("1_0", 10))),
    ],
)
def test_php_comparison_of_values(one: Any, other: Any, equal: bool) -> None:
    assert loosely_equal(one, other) is equal
    assert loosely_equal(other, one) is equal


@pytest.mark.parametrize("data", [{"n": 0}, {"n": None}, {"s": ""}, {"l": []}, {"d": 0}, {"ghost": None, "n": 0}])
def test_an_upsert_of_nothing_creates_nothing(strict: Client, data: dict[str, Any]) -> None:
    rows = strict.table(COLUMNS)
    assert strict(f"PUT {rows}/r", {"data": data}) == {"$databaseId": "d", "$tableId": "t", "$sequence": ""}
    answered = strict(f"PUT {rows}", {"rows": [{"$id": "r", **data}, {"$id": "s", "n": 1}]})
    assert [row["$id"] for row in answered["rows"]] == ["s"]
    transaction = stage_operations(strict, {"action": "upsert", "rowId": "r", "data": {"$id": "r", **data}})
    strict(f"PATCH /transactions/{transaction}", {"commit": True})
    assert strict(f"GET {rows}")["total"] == 1


@pytest.mark.parametrize(
    "body", [{"data": {"n": 0, "s": "0"}}, {"data": {"n": 0}, "permissions": ['read("any")']}, {"data": {"n": 1}}]
)
def test_an_upsert_of_anything_creates_the_row(strict: Client, body: dict[str, Any]) -> None:
    rows = strict.table(COLUMNS)
    assert strict(f"PUT {rows}/r", body)["$id"] == "r"
    assert strict(f"GET {rows}/r")["n"] == body["data"]["n"]


def test_an_upsert_of_nothing_creates_the_row_where_the_server_is_not_strict(appwrite: Client) -> None:
    rows = appwrite.table(COLUMNS)
    assert appwrite(f"PUT {rows}/r", {"data": {"n": 0}})["$id"] == "r"
    assert appwrite(f"PUT {rows}", {"rows": [{"$id": "s", "n": 0}]})["total"] == 1
    assert appwrite(f"GET {rows}")["total"] == 2


def test_an_upsert_by_an_id_in_another_case(strict: Client, appwrite: Client) -> None:
    for client, id, s in ((strict, "abc", None), (appwrite, "ABC", "kept")):
        rows = client.table(COLUMNS)
        client(f"POST {rows}", {"rowId": "abc", "data": {"n": 1, "s": "kept"}, "permissions": ['read("any")']})
        assert client(f"PUT {rows}/ABC", {"data": {"n": 2}})["$id"] == "ABC"
        [row] = client(f"GET {rows}")["rows"]
        assert (row["$id"], row["n"], row["s"], row["$permissions"]) == (id, 2, s, ['read("any")'])


@pytest.mark.parametrize("name", ["$createdAt", "$updatedAt"])
def test_an_empty_date_of_a_row_is_refused(appwrite: Client, name: str) -> None:
    rows = appwrite.table(COLUMNS)
    assert appwrite.refusal(f"POST {rows}", {"rowId": "r", "data": {"n": 1, name: ""}})[0] == 400


@pytest.mark.parametrize(
    ("start", "step", "answered", "stored"),
    [
        (0, 2**53 + 1, 2**53 + 1, 2**53),
        (2**63 - 2, 1, 2**63 - 1, 2**63 - 1),
        (2**63 - 1, 1, float(2**63), 2**63 - 1),
        (2**62, 2**63 - 1, None, 2**62),
    ],
)
def test_increments_are_computed_with_doubles(
    appwrite: Client, start: int, step: int, answered: float | None, stored: int
) -> None:
    rows = appwrite.table([{"key": "n", "type": "bigint"}])
    appwrite(f"POST {rows}", {"rowId": "r", "data": {"n": start}})
    if answered is None:
        assert appwrite.refusal(f"PATCH {rows}/r/n/increment", {"value": step}) == (400, "column_limit_exceeded")
    else:
        assert appwrite(f"PATCH {rows}/r/n/increment", {"value": step})["n"] == answered
    assert appwrite(f"GET {rows}/r")["n"] == stored
