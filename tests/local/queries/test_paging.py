"""Order, limit, offset, cursors, selected columns, totals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from django_appwrite_orm.local import LocalAppwrite
from tests.support.local_client import GUEST, KEY, Client, query

COLUMNS: list[dict[str, Any]] = [
    {"key": "name", "type": "string", "size": 20},
    {"key": "rank", "type": "integer"},
    {"key": "tags", "type": "string", "size": 9, "array": True},
]


@pytest.fixture(scope="module")
def sample() -> Iterator[tuple[Client, str]]:
    """Thirty rows ``r00`` to ``r29``: ranks repeat, names differ in letter case, the last has no rank."""
    app = LocalAppwrite(":memory:")
    client = Client(app)
    rows = client.table(COLUMNS)
    items = [{"$id": f"r{n:02}", "name": f"{'aB'[n % 2]}{n:02}", "rank": n // 3} for n in range(29)]
    client(f"POST {rows}", {"rows": [*items, {"$id": "r29", "name": "z"}]})
    yield client, rows
    app.close()


def ids(sample: tuple[Client, str], *queries: Any) -> list[str]:
    client, rows = sample
    return [row["$id"] for row in client(f"GET {rows}", queries=queries)["rows"]]


def test_a_list_has_25_rows_in_the_order_of_creation(sample: tuple[Client, str]) -> None:
    client, rows = sample
    page = client(f"GET {rows}")
    assert [row["$id"] for row in page["rows"]] == [f"r{n:02}" for n in range(25)]
    assert page["total"] == 30


def test_rows_are_ordered_by_columns_and_ties_by_sequence(sample: tuple[Client, str]) -> None:
    assert ids(sample, query("orderDesc", "name"), query("limit", "", 3)) == ["r29", "r27", "r25"]
    assert ids(sample, query("orderDesc", "rank"), query("limit", "", 4)) == ["r27", "r28", "r24", "r25"]
    both = [query("orderDesc", "rank"), query("orderDesc", "name"), query("limit", "", 3)]
    assert ids(sample, *both) == ["r27", "r28", "r25"]
    assert ids(sample, query("orderAsc", "rank"), query("limit", "", 1)) == ["r29"]  # null comes first
    assert ids(sample, query("orderDesc"), query("limit", "", 1)) == ["r29"]
    assert sorted(ids(sample, query("orderRandom"), query("limit", "", 30))) == [f"r{n:02}" for n in range(30)]


@pytest.mark.parametrize("orders", [[], [query("orderDesc", "rank")], [query("orderAsc", "name"), query("orderDesc")]])
def test_cursors_walk_every_row_once_and_back(sample: tuple[Client, str], orders: list[Any]) -> None:
    ranked = query("isNotNull", "rank")
    expected = ids(sample, ranked, *orders, query("limit", "", 100))
    forth: list[str] = []
    while page := ids(
        sample, ranked, *orders, query("limit", "", 7), *([query("cursorAfter", "", forth[-1])] if forth else [])
    ):
        forth += page
    assert forth == expected
    back = expected[-1:]
    while page := ids(sample, ranked, *orders, query("limit", "", 7), query("cursorBefore", "", back[0])):
        back = page + back
    assert back == expected


def test_invalid_cursors_are_refused(sample: tuple[Client, str]) -> None:
    client, rows = sample
    absent = [query("cursorAfter", "", "nope")]
    assert client.refusal(f"GET {rows}", queries=absent) == (400, "general_cursor_not_found")
    assert client.refusal(f"GET {rows}", queries=[query("cursorAfter", "", "no id!")])[0] == 400
    null = [query("orderAsc", "rank"), query("cursorAfter", "", "r29")]
    assert client.refusal(f"GET {rows}", queries=null) == (400, "database_query_order_null")


def test_limit_and_offset(sample: tuple[Client, str]) -> None:
    assert ids(sample, query("limit", "", 2), query("offset", "", 3)) == ["r03", "r04"]
    assert ids(sample, query("limit", "", "2")) == ["r00", "r01"]
    assert ids(sample, query("offset", "", 30)) == []
    assert ids(sample, query("limit", "", 1), query("limit", "", 5)) == ["r00"]
    client, rows = sample
    for wrong in (query("limit", "", 0), query("limit", "", -1), query("limit"), query("offset", "", -1)):
        assert client.refusal(f"GET {rows}", queries=[wrong]) == (400, "general_query_invalid")


def test_only_selected_columns_are_returned(sample: tuple[Client, str]) -> None:
    client, rows = sample
    one = [query("limit", "", 1)]
    [row] = client(f"GET {rows}", queries=[*one, query("select", "", "name")])["rows"]
    assert row["name"] == "a00"
    assert {"rank", "tags"}.isdisjoint(row)
    assert client(f"GET {rows}/r01", queries=[query("select", "", "rank")])["rank"] == 0
    assert client.refusal(f"GET {rows}", queries=[query("select", "", "nope")]) == (400, "general_query_invalid")


@pytest.mark.parametrize(("given", "total"), [("0", 0), ("1", 30), ("false", 30)])
def test_a_total_is_left_out_for_0_only(sample: tuple[Client, str], given: str, total: int) -> None:
    client, rows = sample
    page = client(f"GET {rows}?total={given}", queries=[query("limit", "", 1)])
    assert page["total"] == total
    assert len(page["rows"]) == 1


def test_counting_stops_at_5000(appwrite: Client) -> None:
    rows = appwrite.table(COLUMNS)
    for start in range(0, 5100, 100):
        appwrite(f"POST {rows}", {"rows": [{"$id": f"n{n}", "rank": n} for n in range(start, start + 100)]})
    assert appwrite(f"GET {rows}", queries=[query("limit", "", 1)])["total"] == 5000
    assert appwrite(f"GET {rows}", queries=[query("lessThan", "rank", 4999)])["total"] == 4999


def test_a_cached_list_has_a_header(appwrite: Client, pass_time: Callable[[float], None]) -> None:
    rows = appwrite.table([{"key": "name", "type": "string", "size": 10}])

    def list_once(queries: Any = ()) -> str | None:
        return appwrite.send(f"GET {rows}?ttl=60", queries=queries).headers.get("x-appwrite-cache")

    assert [list_once(), list_once(), list_once([query("limit", "", 1)])] == ["miss", "hit", "miss"]
    assert "x-appwrite-cache" not in appwrite.send(f"GET {rows}").headers
    pass_time(59)
    assert list_once() == "hit"
    pass_time(2)
    assert [list_once(), list_once()] == ["miss", "hit"]


def test_errors_of_a_list_come_in_the_servers_order(appwrite: Client) -> None:
    """Syntax of the queries, then cursor, caller, and meaning of the queries."""
    rows = appwrite.table([{"key": "n", "type": "integer"}])
    broken, cursor, unknown = "no query", query("cursorAfter", "", "nope"), query("equal", "nope", 1)
    for queries, headers, expected in (
        ([cursor, broken], GUEST, (400, "general_query_invalid")),
        ([unknown, cursor], GUEST, (400, "general_cursor_not_found")),
        ([unknown], GUEST, (401, "user_unauthorized")),
        ([unknown], KEY, (400, "general_query_invalid")),
    ):
        assert appwrite.refusal(f"GET {rows}", queries=queries, headers=headers) == expected
