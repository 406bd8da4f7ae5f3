"""Lists by an indexed column use the index, by SQLite's own query plan of 100,000 rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from django_appwrite_orm.local import LocalAppwrite
from django_appwrite_orm.local.storage.session import Session
from tests.support.local_client import Client, query

ROWS = 100_000
COLUMNS: list[dict[str, Any]] = [
    {"key": "name", "type": "string", "size": 64},
    {"key": "stock", "type": "integer"},
    {"key": "price", "type": "double"},
    {"key": "added", "type": "datetime"},
    {"key": "other", "type": "integer"},
]
INDEXES = [
    {"key": "by_name", "type": "key", "attributes": ["name"]},
    {"key": "by_stock", "type": "key", "attributes": ["stock"]},
    {"key": "by_both", "type": "key", "attributes": ["price", "added"], "orders": ["ASC", "DESC"]},
    {"key": "words", "type": "fulltext", "attributes": ["name"]},
]


@pytest.fixture(scope="module")
def big() -> Iterator[LocalAppwrite]:
    app = LocalAppwrite(":memory:")
    Client(app).table(COLUMNS, indexes=INDEXES)
    with app.store.session(writing=True) as session:
        table = app._schema_cache.table(session, "d", "t")
        c = {column.key: column.number for column in table.columns}
        session.run(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) "
            f"INSERT INTO {table.rows_name} (id, id_f, created, updated, permissions, c{c['name']}, f{c['name']}, "
            f"c{c['stock']}, c{c['price']}, c{c['added']}, c{c['other']}) "
            "SELECT 'r' || i, 'R' || i, '2026-' || i, '2026-' || i, '[]', 'name ' || i, 'NAME ' || i, i % 1000, "
            "i / 7.0, '2026', i FROM n"
        )
    yield app
    app.close()


@pytest.mark.parametrize(
    "queries",
    [
        [query("equal", "stock", 7)],
        [query("equal", "stock", 7, 8, 9)],
        [query("between", "stock", 10, 12)],
        [query("equal", "name", "Name 77")],
        [query("startsWith", "name", "NAME 99")],
        [query("orderAsc", "name"), query("limit", "", 10)],
        [query("orderDesc", "stock"), query("limit", "", 10)],
        [query("equal", "price", 3.0), query("orderDesc", "added")],
        [query("equal", "$id", "r99")],
        [query("greaterThan", "$createdAt", "2027-01-01")],
        [query("greaterThan", "stock", 990)],
        [query("lessThanEqual", "name", "name 11")],
        [query("search", "name", "nothing")],
        [query("greaterThan", "$sequence", "99000"), query("limit", "", 100)],
        [query("limit", "", 25)],
    ],
    ids=lambda queries: "+".join(f"{one['method']} {one.get('attribute', '')}".strip() for one in queries),
)
def test_an_indexed_list_does_not_scan(big: LocalAppwrite, monkeypatch: pytest.MonkeyPatch, queries: Any) -> None:
    plans: list[str] = []
    original = Session.all

    def explained(self: Session, sql: str, values: Any = ()) -> list[tuple[Any, ...]]:
        if sql.startswith("SELECT seq"):
            plans.extend(row[3] for row in original(self, "EXPLAIN QUERY PLAN " + sql, values))
        return original(self, sql, values)

    monkeypatch.setattr(Session, "all", explained)
    Client(big)("GET /d/tables/t/rows?total=0", queries=queries)
    assert plans
    scans = [plan for plan in plans if plan.startswith("SCAN") and "USING" not in plan and "VIRTUAL" not in plan]
    if queries == [query("limit", "", 25)]:  # the order of the table itself, cut off after 25 rows
        assert len(scans) == len(plans) == 1
    else:
        assert not scans, plans


def test_a_list_by_a_column_without_index_scans(big: LocalAppwrite, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan that the test above would see in case of a failure."""
    with big.store.session(writing=False) as session:
        table = big._schema_cache.table(session, "d", "t")
        other = table.by_key["other"].stored
        plan = session.all(f"EXPLAIN QUERY PLAN SELECT seq FROM {table.rows_name} WHERE {other} = 5")
    assert plan[0][3].startswith("SCAN")
