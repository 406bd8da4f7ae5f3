"""The rows that each filter matches, and the filters that are refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from django_appwrite_orm.local import LocalAppwrite
from tests.support.local_client import Client, query

COLUMNS: list[dict[str, Any]] = [
    {"key": "s", "type": "string", "size": 40},
    {"key": "i", "type": "integer"},
    {"key": "f", "type": "double"},
    {"key": "b", "type": "boolean"},
    {"key": "at", "type": "datetime"},
    {"key": "l", "type": "string", "size": 20, "array": True},
    {"key": "n", "type": "integer", "array": True},
    {"key": "big", "type": "bigint"},
    {"key": "point", "type": "point"},
]
ROWS = [
    {"$id": "a", "s": "Apple", "i": 1, "f": 1.5, "b": True, "at": "2024-01-01T00:00:00.000+00:00", "l": ["x", "y"]},
    {"$id": "b", "s": "äpple", "i": 2, "f": 2, "b": False, "at": "2024-06-01T00:00:00.000+00:00", "l": ["Y"], "n": [1]},
    {"$id": "c", "s": "50% off_", "i": -3, "f": -0.5, "l": [], "n": [1, 2], "big": 2**62},
    {"$id": "d", "s": "tail ", "i": 0, "point": [1, 2]},
    {"$id": "e"},
]


@pytest.fixture(scope="module")
def sample() -> Iterator[tuple[Client, str]]:
    app = LocalAppwrite(":memory:")
    client = Client(app)
    rows = client.table(COLUMNS, indexes=[{"key": "words", "type": "fulltext", "attributes": ["s"]}])
    client(f"POST {rows}", {"rows": ROWS})
    yield client, rows
    app.close()


MATCHES: list[tuple[Any, str]] = [
    (query("equal", "s", "apple"), "ab"),
    (query("equal", "s", "tail"), "d"),
    (query("equal", "i", 1, 2), "ab"),
    (query("equal", "b", False), "b"),
    (query("equal", "f", 2), "b"),
    (query("equal", "at", "2024-01-01T01:00:00.000+01:00"), "a"),
    (query("equal", "big", str(2**62)), "c"),
    (query("equal", "$id", "C"), "c"),
    (query("notEqual", "i", 1), "bcd"),
    (query("lessThan", "i", 1), "cd"),
    (query("lessThanEqual", "f", 1.5), "ac"),
    (query("greaterThan", "s", "apple"), "d"),
    (query("greaterThanEqual", "at", "2024-06-01T00:00:00.000+00:00"), "b"),
    (query("between", "i", 0, 1), "ad"),
    (query("notBetween", "i", 0, 1), "bc"),
    (query("isNull", "s"), "e"),
    (query("isNotNull", "point"), "d"),
    (query("startsWith", "s", "APP"), "ab"),
    (query("notStartsWith", "s", "app"), "cd"),
    (query("endsWith", "s", "l "), "d"),
    (query("notEndsWith", "s", "e"), "cd"),
    (query("startsWith", "s", "50%"), "c"),
    (query("endsWith", "s", "_"), "c"),
    (query("contains", "s", "%"), "c"),
    (query("contains", "s", "PL", "tai"), "abd"),
    (query("notContains", "s", "pl", "tai"), "c"),
    (query("containsAll", "s", "App"), ""),
    (query("contains", "l", "y"), "a"),
    (query("contains", "l", "y", "Y"), "ab"),
    (query("containsAny", "n", 2, 7), "c"),
    (query("containsAll", "n", 1, 2), "c"),
    (query("containsAll", "n", 1, 1), "bc"),
    (query("notContains", "n", 2), "b"),
    (query("search", "s", "apple"), "ab"),
    (query("notSearch", "s", "apple"), "cde"),
    ({"method": "or", "values": [query("equal", "i", 1), query("isNull", "s")]}, "ae"),
    ({"method": "and", "values": [query("greaterThan", "i", 0), query("equal", "b", True)]}, "a"),
    (
        {"method": "or", "values": [query("startsWith", "s", "tail"), {"method": "and", "values": [
            query("equal", "i", 2), query("isNotNull", "f")]}]},
        "bd",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "expected"), MATCHES, ids=lambda value: str(value)[:60])
def test_filters_match_rows(sample: tuple[Client, str], condition: dict[str, Any], expected: str) -> None:
    client, rows = sample
    page = client(f"GET {rows}", queries=[condition])
    assert "".join(row["$id"] for row in page["rows"]) == expected
    assert page["total"] == len(expected)


def test_two_queries_are_combined_with_and(sample: tuple[Client, str]) -> None:
    client, rows = sample
    page = client(f"GET {rows}", queries=[query("equal", "s", "apple"), query("equal", "i", 2)])
    assert [row["$id"] for row in page["rows"]] == ["b"]


REFUSED: list[Any] = [
    "nope",
    "[]",
    {"method": "drop", "attribute": "s"},
    query("equal", "nope", 1),
    query("equal", "s"),
    query("equal", "s", 1),
    query("equal", "i", "1"),
    query("equal", "i", True),
    query("equal", "i", 2**31),
    query("equal", "f", "1.5"),
    query("equal", "b", 1),
    query("equal", "at", "soon"),
    query("equal", "big", "1.5"),
    query("equal", "l", "x"),
    query("lessThan", "i", 1, 2),
    query("between", "i", 1),
    query("contains", "i", 1),
    query("search", "l", "x"),
    query("exists", "s"),
    query("elemMatch", "l", "x"),
    query("crosses", "point", [[1, 2]]),
    query("equal", "i", *range(501)),
    {"method": "or", "values": [query("equal", "i", 1)]},
    {"method": "and", "values": [query("equal", "i", 1), query("limit", "", 1)]},
    {"method": "or", "values": "nope"},
    {"method": "equal", "attribute": ["s"], "values": ["a"]},
    '{"method":"contains","attribute":"n","values":[1e400]}',
]


@pytest.mark.parametrize("condition", REFUSED, ids=lambda value: str(value)[:60])
def test_invalid_queries_are_refused(sample: tuple[Client, str], condition: Any) -> None:
    client, rows = sample
    assert client.refusal(f"GET {rows}", queries=[condition]) == (400, "general_query_invalid")


def test_search_needs_its_index(appwrite: Client) -> None:
    rows = appwrite.table(COLUMNS)
    assert appwrite.refusal(f"GET {rows}", queries=[query("search", "s", "a")]) == (400, "general_query_invalid")


def test_the_number_of_queries_and_values_is_limited(sample: tuple[Client, str]) -> None:
    """A hundred queries of 500 values each are more than common builds of SQLite bind."""
    client, rows = sample
    many = [query("equal", "i", *[1] * 500)]
    assert client(f"GET {rows}", queries=many * 50)["total"] == 1
    assert client.refusal(f"GET {rows}", queries=many * 100) == (400, "general_query_invalid")
    assert client(f"GET {rows}", queries=[query("contains", "s", *["p"] * 400)] * 100)["total"] == 2
    assert client.refusal(f"GET {rows}", queries=[query("isNull", "s")] * 101)[0] == 400


@pytest.mark.parametrize("method", ["equal", "greaterThan", "lessThanEqual"])
def test_sequences_are_compared_with_numbers_or_digits_from_1(appwrite: Client, method: str) -> None:
    """0, also in digits, and everything but a whole number are refused (recorded)."""
    rows = appwrite.table([{"key": "s", "type": "string", "size": 5}])
    appwrite(f"POST {rows}", {"rowId": "r", "data": {"s": "x"}})
    for good in (1, "1"):
        page = appwrite(f"GET {rows}", queries=[query(method, "$sequence", good)])
        assert page["total"] == (0 if method == "greaterThan" else 1)
    for bad in (0, "0", -1, "-1", 1.0, "1.5", "", "x", True, None):
        refused = appwrite.refusal(f"GET {rows}", queries=[query(method, "$sequence", bad)])
        assert refused == (400, "general_query_invalid")


def test_a_part_of_a_long_text_is_looked_for_once() -> None:
    """A search that tries each place of the text, letter by letter, takes a minute here."""
    with closing(LocalAppwrite(":memory:")) as app:
        client = Client(app)
        rows = client.table([{"key": "t", "type": "string", "size": 1_000_000}])
        text = "a" * 200_000
        client(f"POST {rows}", {"rows": [{"$id": "a", "t": text}, {"$id": "b", "t": f"{text}b"}]})
        for method in ("contains", "endsWith"):
            assert client(f"GET {rows}", queries=[query(method, "t", "a" * 1900 + "b")] * 10)["total"] == 1
            assert client(f"GET {rows}", queries=[query(method, "t", "a" * 1900 + "c")] * 10)["total"] == 0


def test_a_backslash_escapes_what_follows_it() -> None:
    """Also the one by which the server escapes a wildcard, which is one then."""
    values = ["\\", "\\\\", "\\%", "\\_", "\\_3", "\\x", "x\\", "\\\\2"]
    with closing(LocalAppwrite(":memory:")) as app:
        client = Client(app)
        rows = client.table([{"key": "t", "type": "string", "size": 20}])
        client(f"POST {rows}", {"rows": [{"$id": "a", "t": "1\\23"}, {"$id": "b", "t": "xy"}]})
        for method, matches in [
            ("contains", ["", "a", "a", "a", "a", "b", "", "a"]),
            ("endsWith", ["", "", "a", "", "a", "", "", ""]),
            ("notContains", ["ab", "b", "b", "b", "b", "a", "ab", "b"]),
            ("notEndsWith", ["ab", "ab", "b", "ab", "b", "ab", "ab", "ab"]),
        ]:
            answers = (client(f"GET {rows}", queries=[query(method, "t", value)])["rows"] for value in values)
            assert ["".join(row["$id"] for row in answer) for answer in answers] == matches, method
