"""Selecting columns, and lists that are remembered."""

from __future__ import annotations

from tests.support.local_client import Client, query


def test_names_with_a_dot_give_what_the_database_has(appwrite: Client) -> None:
    kinds = {"b.x": "boolean", "i.x": "integer", "n": "integer"}
    columns = [{"key": key, "type": type} for key, type in kinds.items()]
    rows = appwrite.table([*columns, {"key": "l", "type": "integer", "array": True}])
    appwrite(f"POST {rows}", {"rowId": "r", "data": {"b.x": False, "i.x": 5, "n": 7, "l": [1]}})
    for select, expected in (
        ("b.x", {"b.x": "0", "l": []}),
        ("i.x", {"i.x": "5", "l": []}),
        ("n.*", {"n": "7", "l": []}),
        ("n", {"n": 7}),
        ("*", {"b.x": False, "i.x": 5, "n": 7, "l": [1]}),
    ):
        for answer in (
            appwrite(f"GET {rows}/r", queries=[query("select", "", select)]),
            appwrite(f"GET {rows}", queries=[query("select", "", select)])["rows"][0],
        ):
            assert {key: value for key, value in answer.items() if not key.startswith("$")} == expected


def test_a_remembered_list_is_forgotten_with_the_schema_it_was_read_under(appwrite: Client) -> None:
    rows = appwrite.table([{"key": "n", "type": "integer"}])
    asked = f"GET {rows}?ttl=300"
    assert appwrite(asked)["total"] == 0
    appwrite(f"POST {rows}", {"rowId": "r", "data": {"n": 1}})
    assert appwrite(asked)["total"] == 0
    appwrite("POST /d/tables/t/columns/boolean", {"key": "b", "required": False})
    assert appwrite(asked)["total"] == 1
    appwrite(f"DELETE {rows}/r")
    appwrite("POST /d/tables/t/indexes", {"key": "i", "type": "key", "columns": ["n"]})
    assert appwrite(asked)["total"] == 0


def test_a_total_compares_fractions_with_14_digits(appwrite: Client) -> None:
    rows = appwrite.table([{"key": "f", "type": "double"}])
    appwrite(f"POST {rows}", {"rowId": "r", "data": {"f": 0.1 + 0.2}})
    answer = appwrite(f"GET {rows}", queries=[query("equal", "f", 0.1 + 0.2)])
    assert (answer["total"], answer["rows"]) == (1, [])
