"""Writing rows: checks, merges, refusals, and all-or-nothing bulk calls."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.local_client import Client, query

COLUMNS: list[dict[str, Any]] = [
    {"key": "name", "type": "string", "size": 10, "required": True},
    {"key": "stock", "type": "integer", "min": 0, "max": 100, "default": 5},
    {"key": "price", "type": "double"},
    {"key": "tags", "type": "string", "size": 5, "array": True},
    {"key": "mail", "type": "string", "size": 254, "format": "email"},
]
UNIQUE = [{"key": "u", "type": "unique", "attributes": ["name"]}]


@pytest.fixture
def rows(appwrite: Client) -> str:
    return appwrite.table(COLUMNS, indexes=UNIQUE)


@pytest.mark.parametrize(
    "data",
    [
        {"stock": 1},
        {"name": None},
        {"name": "eleven chars"},
        {"name": "a", "stock": "1"},
        {"name": "a", "stock": True},
        {"name": "a", "stock": 101},
        {"name": "a", "price": "1"},
        {"name": "a", "tags": "x"},
        {"name": "a", "tags": ["too long"]},
        {"name": "a", "mail": "nobody"},
        {"name": "a", "nope": 1},
        {"name": "a", "$nope": 1},
        {"name": "a", "$createdAt": "never"},
    ],
)
def test_row_data_that_does_not_fit_is_refused(appwrite: Client, rows: str, data: Any) -> None:
    assert appwrite.refusal(f"POST {rows}", {"rowId": "r", "data": data}) == (400, "row_invalid_structure")
    assert appwrite(f"GET {rows}")["total"] == 0


def test_null_takes_the_default_and_an_unset_list_is_empty(appwrite: Client, rows: str) -> None:
    row = appwrite(f"POST {rows}", {"rowId": "r", "data": {"name": "a", "stock": None}})
    assert (row["stock"], row["tags"], row["price"]) == (5, [], None)
    assert appwrite(f"PATCH {rows}/r", {"data": {"stock": 7}})["stock"] == 7
    assert appwrite(f"PATCH {rows}/r", {"data": {"stock": None}})["stock"] == 5


def test_fractions_have_fourteen_digits_once_stored(appwrite: Client, rows: str) -> None:
    made = appwrite(f"POST {rows}", {"rowId": "r", "data": {"name": "a", "price": 3.14159265358979}})
    assert made["price"] == 3.14159265358979
    assert appwrite(f"GET {rows}/r")["price"] == 3.1415926535898


def test_an_id_in_another_case_finds_and_renames_a_row(appwrite: Client, rows: str) -> None:
    appwrite(f"POST {rows}", {"rowId": "Row", "data": {"name": "a"}})
    assert appwrite(f"GET {rows}/ROW")["$id"] == "Row"
    assert appwrite.refusal(f"POST {rows}", {"rowId": "ROW", "data": {"name": "b"}}) == (409, "row_already_exists")
    assert appwrite(f"PATCH {rows}/rOW", {"data": {"stock": 1}})["$id"] == "rOW"


def test_updated_at_moves_with_every_change_and_only_then(appwrite: Client, rows: str) -> None:
    seen = [appwrite(f"POST {rows}", {"rowId": "r", "data": {"name": "a"}})["$updatedAt"]]
    for number in range(10):
        seen.append(appwrite(f"PATCH {rows}/r", {"data": {"stock": number}})["$updatedAt"])
    assert sorted(set(seen)) == seen
    assert appwrite(f"PATCH {rows}/r", {"data": {"stock": 9}})["$updatedAt"] == seen[-1]


def test_a_row_changed_after_the_clients_timestamp_is_not_changed(appwrite: Client, rows: str) -> None:
    from tests.support.local_client import KEY

    row = appwrite(f"POST {rows}", {"rowId": "r", "data": {"name": "a"}})
    old = {**KEY, "x-appwrite-timestamp": "2020-01-01T00:00:00.000+00:00"}
    conflict = (409, "row_update_conflict")
    assert appwrite.refusal(f"PATCH {rows}/r", {"data": {"stock": 1}}, headers=old) == conflict
    assert appwrite.refusal(f"DELETE {rows}/r", headers=old) == conflict
    appwrite(f"PATCH {rows}/r", {"data": {"stock": 1}}, headers={**KEY, "x-appwrite-timestamp": row["$updatedAt"]})


@pytest.mark.parametrize(
    "bad", [{"$id": "x"}, {"$id": "x", "name": "new1"}, {"$id": "_x", "name": "y"}, {"name": "b", "nope": 1}]
)
def test_a_refused_batch_writes_nothing(appwrite: Client, rows: str, bad: dict[str, Any]) -> None:
    appwrite(f"POST {rows}", {"rowId": "old", "data": {"name": "old"}})
    response = appwrite.send(f"POST {rows}", {"rows": [{"$id": "a", "name": "new1"}, bad]})
    assert response.status in (400, 409)
    assert [row["$id"] for row in appwrite(f"GET {rows}")["rows"]] == ["old"]


def test_a_refused_bulk_change_changes_nothing(appwrite: Client, rows: str) -> None:
    appwrite(f"POST {rows}", {"rows": [{"$id": f"r{i}", "name": f"n{i}"} for i in range(5)]})
    assert appwrite.refusal(f"PATCH {rows}", {"data": {"name": "same"}})[0] == 409
    assert [row["name"] for row in appwrite(f"GET {rows}")["rows"]] == [f"n{i}" for i in range(5)]
    upsert = {"rows": [{"$id": "r0", "name": "changed"}, {"$id": "new", "name": "n1"}]}
    assert appwrite.refusal(f"PUT {rows}", upsert)[0] == 409
    assert appwrite(f"GET {rows}/r0")["name"] == "n0"


def test_bulk_responses_count_all_rows_and_show_100(appwrite: Client, rows: str) -> None:
    for part in range(2):
        appwrite(f"POST {rows}", {"rows": [{"name": f"{part}-{i}"} for i in range(75)]})
    changed = appwrite(f"PATCH {rows}", {"data": {"stock": 1}})
    assert (changed["total"], len(changed["rows"])) == (150, 100)
    assert appwrite.refusal(f"POST {rows}", {"rows": [{"name": str(i)} for i in range(101)]})[0] == 400
    gone = appwrite(f"DELETE {rows}", {"queries": []})
    assert (gone["total"], appwrite(f"GET {rows}")["total"]) == (150, 0)


def test_increment_and_decrement(appwrite: Client, rows: str) -> None:
    appwrite(f"POST {rows}", {"rowId": "r", "data": {"name": "a", "stock": 99}})
    assert appwrite(f"PATCH {rows}/r/stock/increment", {"value": 5})["stock"] == 104  # its own range does not count
    assert appwrite.refusal(f"PATCH {rows}/r/stock/increment", {"max": 104}) == (400, "column_limit_exceeded")
    assert appwrite.refusal(f"PATCH {rows}/r/name/increment") == (400, "attribute_type_invalid")
    assert appwrite.refusal(f"PATCH {rows}/none/stock/increment") == (404, "column_not_found")
    # What has left its range stands in the way of other changes until it is set.
    assert appwrite.refusal(f"PATCH {rows}/r", {"data": {"price": 1}}) == (400, "row_invalid_structure")
    appwrite(f"PATCH {rows}/r", {"data": {"price": 1, "stock": 3}})


def test_an_upsert_of_the_stored_values_does_nothing(appwrite: Client) -> None:
    """One that leaves a column out is a change: the row gets a new date (the database library)."""
    rows = appwrite.table([{"key": "n", "type": "integer"}, {"key": "s", "type": "string", "size": 5}])
    dated = {"$updatedAt": "2020-01-01T00:00:00.000+00:00"}
    appwrite(f"POST {rows}", {"rowId": "r", "data": {"n": 1, "s": "x", **dated}})
    whole = {"$id": "r", "n": 1, "s": "x"}
    assert appwrite(f"PUT {rows}", {"rows": [whole, {"$id": "new", "n": 2}]})["total"] == 1
    assert appwrite(f"PUT {rows}/r", {"data": {"n": 1, "s": "x"}})["$updatedAt"] == dated["$updatedAt"]
    assert appwrite(f"PUT {rows}/r", {"data": {"n": 1}})["$updatedAt"] > dated["$updatedAt"]
    assert appwrite(f"PUT {rows}", {"rows": [{**whole, "$permissions": ['read("any")']}]})["total"] == 1


def test_a_list_is_not_accepted_as_data_of_an_upsert(appwrite: Client) -> None:
    rows = appwrite.table([{"key": "n", "type": "integer"}])
    assert appwrite.refusal(f"PUT {rows}/r", {"data": [{"n": 1}, {"n": 2}]}) == (400, "row_missing_payload")


def test_a_bulk_update_returns_the_columns_it_read(appwrite: Client) -> None:
    """A column that ``select`` leaves out is null, one with a default never is; stored values stay."""
    columns: list[dict[str, Any]] = [
        {"key": "n", "type": "integer", "default": 5},
        {"key": "s", "type": "string", "size": 9},
        {"key": "l", "type": "string", "size": 9, "array": True},
    ]
    rows = appwrite.table(columns)
    appwrite(f"POST {rows}", {"rowId": "r", "data": {"n": 1, "s": "x", "l": ["y"]}})
    [row] = appwrite(f"PATCH {rows}", {"data": {"s": "z"}, "queries": [json.dumps(query("select", "", "s"))]})["rows"]
    assert (row["n"], row["s"], row["l"]) == (5, "z", [])
    [row] = appwrite(f"PATCH {rows}", {"data": {"n": None}})["rows"]
    assert (row["n"], row["s"], row["l"]) == (5, "z", ["y"])
    assert appwrite(f"GET {rows}/r")["n"] is None
