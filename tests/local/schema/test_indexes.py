"""Indexes: columns that may be indexed, uniqueness, limits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.local_client import Client

COLUMNS: list[dict[str, Any]] = [
    {"key": "s", "type": "string", "size": 200},
    {"key": "long", "type": "string", "size": 2_000},
    {"key": "i", "type": "integer"},
    {"key": "l", "type": "integer", "array": True},
    {"key": "p", "type": "point"},
    {"key": "q", "type": "point", "required": True},
]


@pytest.mark.parametrize(
    ("type", "columns", "more", "refusal"),
    [
        ("key", ["s", "i"], {"orders": ["ASC", "DESC"]}, None),
        ("key", ["long"], {"lengths": [100]}, None),
        ("key", ["$createdAt"], {}, None),
        ("fulltext", ["s", "long"], {}, None),
        ("spatial", ["q"], {}, None),
        ("key", ["nope"], {}, "column_unknown"),
        ("key", ["l"], {}, "index_invalid"),
        ("key", ["long"], {}, "column_index_invalid"),
        ("key", ["s"], {"lengths": [201]}, "column_index_invalid"),
        ("key", ["i"], {"lengths": [1]}, "column_index_invalid"),
        ("key", ["s", "S"], {}, "column_unknown"),
        ("key", ["s", "s"], {}, "column_index_invalid"),
        ("key", ["p"], {}, "column_index_invalid"),
        ("fulltext", ["i"], {}, "column_index_invalid"),
        ("spatial", ["p"], {}, "column_index_invalid"),
        ("spatial", ["i"], {}, "column_index_invalid"),
        ("btree", ["i"], {}, "general_argument_invalid"),
        ("key", [], {}, "column_index_invalid"),
        # These follow the server's source.
        ("key", ["l", "nope"], {}, "index_invalid"),  # the first that cannot be indexed decides
        ("key", ["nope", "l"], {}, "column_unknown"),
        ("key", ["$createdAt"], {"lengths": [5]}, "column_index_invalid"),
        ("key", ["$id", "long"], {"lengths": [0, 513]}, None),
        ("key", ["$id", "long"], {"lengths": [0, 514]}, "column_index_invalid"),  # an id counts as 255
        ("key", ["$sequence"], {}, "general_argument_invalid"),
    ],
)
def test_an_index_is_accepted_or_refused_by_its_columns(
    appwrite: Client, type: str, columns: list[str], more: dict[str, Any], refusal: str | None
) -> None:
    appwrite.table(COLUMNS)
    request = ("POST /d/tables/t/indexes", {"key": "x", "type": type, "columns": columns, **more})
    if refusal:
        assert appwrite.refusal(*request)[1] == refusal
        assert appwrite("GET /d/tables/t/indexes")["total"] == 0
    else:
        assert appwrite(*request)["status"] == "processing"
        index = appwrite("GET /d/tables/t/indexes/x")
        assert (index["status"], index["columns"]) == ("available", columns)
        appwrite("DELETE /d/tables/t/indexes/x")
        assert appwrite("GET /d/tables/t/indexes")["total"] == 0


def test_an_index_key_is_refused_in_another_letter_case(appwrite: Client) -> None:
    appwrite.table(COLUMNS)
    appwrite("POST /d/tables/t/indexes", {"key": "x", "type": "key", "columns": ["s"]})
    again = {"key": "X", "type": "key", "columns": ["i"]}
    assert appwrite.refusal("POST /d/tables/t/indexes", again) == (409, "column_index_already_exists")


def test_a_unique_index_compares_as_the_database_does(appwrite: Client) -> None:
    unique = [{"key": "u", "type": "unique", "attributes": ["s", "i"]}]
    rows = appwrite.table(COLUMNS[:3], indexes=unique)
    appwrite(f"POST {rows}", {"rowId": "a", "data": {"s": "Straße", "i": 1}})
    conflict = (409, "row_already_exists")
    for same in ("straße", "STRÄSE", "Straße  "):  # this collation takes ß for one s
        assert appwrite.refusal(f"POST {rows}", {"rowId": "b", "data": {"s": same, "i": 1}}) == conflict
    appwrite(f"POST {rows}", {"rowId": "two", "data": {"s": "Strasse", "i": 1}})
    appwrite(f"POST {rows}", {"rowId": "c", "data": {"s": "Straße", "i": 2}})
    assert appwrite.refusal(f"PATCH {rows}/c", {"data": {"i": 1}}) == conflict
    for name in ("null1", "null2"):
        appwrite(f"POST {rows}", {"rowId": name, "data": {"s": "Straße"}})  # null is equal to nothing


def test_an_inline_index_needs_columns_of_its_table(appwrite: Client) -> None:
    appwrite("POST ", {"databaseId": "d", "name": "d"})
    body = {"tableId": "t", "name": "t", "columns": COLUMNS}
    index = {"key": "x", "type": "key", "attributes": ["nope"]}
    assert appwrite.refusal("POST /d/tables", {**body, "indexes": [index]})[0] == 400
    assert appwrite.refusal("GET /d/tables/t")[0] == 404
