"""Indexes with another declaration, and parts that are not declared any more."""

from __future__ import annotations

from typing import Any

from django_appwrite_orm import Index, UniqueIndex, columns
from django_appwrite_orm.schema import MigrationOptions
from tests.support.migrations import columns_of, indexes_of, migrated, refused, table


class TestIndexes:
    def test_an_index_with_another_declaration_is_rebuilt(self) -> None:
        migrated(table(a=columns.Integer(), b=columns.Integer(), meta={"indexes": [Index("a", key="k")]}))
        new = table(a=columns.Integer(), b=columns.Integer(), meta={"indexes": [Index("a", "-b", key="k")]})
        assert migrated(new) == [
            "Drop index things.k (key on a), because its declaration differs",
            "Add index things.k (key on a, -b)",
        ]
        assert migrated(new) == []


class TestPruning:
    def test_columns_and_tables_are_dropped_only_if_losing_values_is_allowed(self) -> None:
        migrated(table(a=columns.Boolean(), b=columns.Boolean(), meta={"indexes": [UniqueIndex("a", "b"), Index("b")]}))
        new = table(a=columns.Boolean())
        refused(
            new, match=r"column things\.b \(boolean\) is not declared; dropping", rules=MigrationOptions(prune=True)
        )
        lines = migrated(new, rules=MigrationOptions(prune=True, allow_destructive=True))
        assert [line.split(",")[0] for line in lines] == [
            "Drop index things.a_b_unique (unique on a",
            "Drop index things.b_key (key on b)",
            "Drop column things.b (boolean)",
        ]
        assert (set(columns_of()), indexes_of()) == ({"a"}, {})

    def test_prune_alone_drops_indexes(self) -> None:
        migrated(table(a=columns.Boolean(), meta={"indexes": [Index("a")]}))
        assert migrated(table(a=columns.Boolean()), rules=MigrationOptions(prune=True)) == [
            "Drop index things.a_key (key on a), which is not declared"
        ]

    def test_an_undeclared_table_is_dropped_with_both_options(self) -> None:
        from tests.support.library.tables import Book, Everything, Reader

        migrated(Book, Reader, Everything, table(a=columns.Boolean()))
        assert "Not declared, left alone: table things" in migrated(Book, Reader, Everything)
        refused(Book, Reader, Everything, match="table things is not declared", rules=MigrationOptions(prune=True))
        allowed = MigrationOptions(prune=True, allow_destructive=True)
        assert migrated(Book, rules=allowed) == []  # who names one table says nothing about the others
        assert migrated(Book, Reader, Everything, rules=allowed) == ["Drop table things with all its rows"]

    def test_it_asks_once_before_values_are_lost_and_a_refusal_changes_nothing(self) -> None:
        migrated(table(a=columns.Boolean(), b=columns.Boolean()))
        asked: list[Any] = []

        def confirm(lines: Any) -> bool:
            asked.append(lines)
            return len(asked) > 1

        options = {"rules": MigrationOptions(prune=True, allow_destructive=True), "confirm": confirm}
        refused(table(a=columns.Boolean()), match="Nothing was changed", **options)
        migrated(table(a=columns.Boolean()), **options)
        assert asked == [["drop column things.b (boolean), which is not declared"]] * 2
