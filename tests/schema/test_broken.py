"""Parts that Appwrite could not build or delete, leftovers, and tables with relationships, where bulk is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from django_appwrite_orm import Index, UniqueIndex, columns
from django_appwrite_orm.schema import MigrationOptions
from tests.support.costs import counted
from tests.support.migrations import answering, ask, columns_of, fill, indexes_of, migrated, refused, table, values


def failed_until_dropped(part: str, key: str) -> Any:
    """The server's list shows a part as failed until it has been deleted."""
    seen = {"dropped": False}

    def change(request: Any, reply: Any) -> Any:
        seen["dropped"] |= request.method == "DELETE" and request.path.endswith(f"/{part}/{key}")
        if request.method != "GET" or "tables" not in (data := json.loads(reply.text)) or seen["dropped"]:
            return reply
        for one in (one for found in data["tables"] for one in found[part] if one["key"] == key):
            one.update(status="failed", error="no room")
        return reply._replace(text=json.dumps(data))

    return answering(change)


def never(lines: Sequence[str]) -> bool:
    raise AssertionError(f"asked about {lines}")


class TestFailed:
    def test_a_failed_column_is_dropped_and_added_again(self) -> None:
        one = table(a=columns.Boolean(), b=columns.Varchar(size=9))
        migrated(one)
        with failed_until_dropped("columns", "b"):
            assert migrated(one, confirm=never) == [
                "Drop column things.b (varchar(9)), which Appwrite failed to build (no room)",
                "Add column things.b (varchar(9))",
            ]
        assert migrated(one) == []

    def test_a_failed_index_is_dropped_and_added_again(self) -> None:
        one = table(a=columns.Boolean(), meta={"indexes": [Index("a")]})
        migrated(one)
        with failed_until_dropped("indexes", "a_key"):
            assert migrated(one) == [
                "Drop index things.a_key (key on a), because it is failed: no room",
                "Add index things.a_key (key on a)",
            ]
        assert indexes_of().keys() == {"a_key"}


def test_a_stuck_column_is_reported_with_advice() -> None:
    one = table(a=columns.Integer(), b=columns.Integer(), meta={"indexes": [UniqueIndex("a", "b")]})
    migrated(one)
    ask("DELETE", "/tables/things/columns/b", {})  # as another program would, which leaves it stuck
    assert columns_of()["b"]["status"] == "stuck"
    refused(one, match=r"column things\.b is stuck: .* Delete the indexes it is in, then the column")


def test_pruning_drops_a_composite_unique_index_before_its_column() -> None:
    migrated(table(a=columns.Integer(), b=columns.Integer(), meta={"indexes": [UniqueIndex("a", "b")]}))
    migrated(table(a=columns.Integer()), rules=MigrationOptions(prune=True, allow_destructive=True))
    assert columns_of().keys() == {"a"}


def test_a_temporary_column_of_another_conversion_is_replaced() -> None:
    old = table(a=columns.String(size=9))
    migrated(old)
    fill(old, "5")
    ask("POST", "/tables/things/columns/boolean", {"key": "a__migrating", "required": False})
    new = table(a=columns.Integer(convert=int))
    assert migrated(new, confirm=never)[:2] == [
        "Drop column things.a__migrating (boolean), left over from another migration",
        "Add column things.a__migrating (integer)",
    ]
    assert values(new) == [5]


class TestRelationships:
    @pytest.fixture(autouse=True)
    def related(self) -> None:
        """A table with a relationship to another one, and two rows."""
        old = table(a=columns.String(size=9))
        migrated(old, table("others", a=columns.Boolean()))
        fill(old, "1", "1")
        body = {"relatedTableId": "others", "type": "manyToOne", "key": "parent", "onDelete": "restrict"}
        ask("POST", "/tables/things/columns/relationship", body)

    def test_values_are_copied_row_by_row_where_bulk_is_refused(self) -> None:
        new = table(a=columns.Integer(convert=int))
        with counted() as costs:
            migrated(new)
        assert values(new) == [1, 1]
        assert sum("/rows/" in request for request in costs.requests) == 2
        assert columns_of()["parent"]["type"] == "relationship"

    def test_a_relationship_is_not_converted(self) -> None:
        refused(table(p=columns.String(size=36, renamed_from="parent")), match="Appwrite cannot change type of it")
        refused(table(parent=columns.String(size=36, convert=str)), match="Appwrite cannot change type of it")

    def test_a_required_column_is_filled_row_by_row_too(self) -> None:
        new = table(a=columns.String(size=9), b=columns.Integer(required=True, default=5))
        with counted() as costs:
            migrated(new)
        assert values(new, "b") == [5, 5]
        assert sum("PATCH" in request and "/rows/" in request for request in costs.requests) == 2
