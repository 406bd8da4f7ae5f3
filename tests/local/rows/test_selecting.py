"""Selected columns, and cached lists."""

from __future__ import annotations

from tests.support.local_client import Client, query


def test_columns_selected_with_a_dot_are_shown_as_stored(appwrite: Client) -> None:
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
        for response in (
            appwrite(f"GET {rows}/r", queries=[query("select", "", select)]),
            appwrite(f"GET {rows}", queries=[query("select", "", select)])["rows"][0],
        ):
            assert {key: value for key, value in response.items() if not key.startswith("$")} == expected


def test_a_cached_list_is_dropped_with_a_schema_change(appwrite: Client) -> None:
    rows = appwrite.table([{"key": "n", "type": "integer"}])
    headers = f"GET {rows}?ttl=300"
    assert appwrite(headers)["total"] == 0
    appwrite(f"POST {rows}", {"rowId": "r", "data": {"n": 1}})
    assert appwrite(headers)["total"] == 0
    appwrite("POST /d/tables/t/columns/boolean", {"key": "b", "required": False})
    assert appwrite(headers)["total"] == 1
    appwrite(f"DELETE {rows}/r")
    appwrite("POST /d/tables/t/indexes", {"key": "i", "type": "key", "columns": ["n"]})
    assert appwrite(headers)["total"] == 0


def test_a_total_compares_fractions_with_14_digits(appwrite: Client) -> None:
    rows = appwrite.table([{"key": "f", "type": "double"}])
    appwrite(f"POST {rows}", {"rowId": "r", "data": {"f": 0.1 + 0.2}})
    response = appwrite(f"GET {rows}", queries=[query("equal", "f", 0.1 + 0.2)])
    assert (response["total"], response["rows"]) == (1, [])
