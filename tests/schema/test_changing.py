"""Changing what is there: renames, changes in place, narrowing, what it says beforehand."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import Any
from unittest import mock

import pytest

from django_appwrite_orm import Index, columns
from django_appwrite_orm.exceptions import ConfigurationError, SchemaError
from django_appwrite_orm.plans import Request
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import plan
from django_appwrite_orm.schema.executor import MAX_OPERATIONS
from django_appwrite_orm.transport.retry import Attempt
from tests.support.costs import counted
from tests.support.migrations import answering, ask, columns_of, fill, indexes_of, migrated, refused, table, values


class TestRenames:
    def test_a_declared_rename_keeps_values_and_takes_indexes_along(self) -> None:
        old = table(a=columns.String(size=9), meta={"indexes": [Index("a", key="by_a")]})
        migrated(old)
        fill(old, "x", "y")
        new = table(b=columns.String(size=9, renamed_from="a"), meta={"indexes": [Index("b", key="by_a")]})
        assert migrated(new) == ["Rename column things.a to b"]
        assert values(new, "b") == ["x", "y"]
        assert indexes_of()["by_a"]["columns"] == ["b"]
        assert migrated(new) == []

    def test_rows_cached_under_the_old_name_are_read_again(self) -> None:
        old = table(a=columns.Integer())
        migrated(old)
        fill(old, 7)
        assert [row.a for row in old.objects.all()] == [7]
        new = table(b=columns.Integer(renamed_from="a"))
        migrated(new)
        assert [row.b for row in new.objects.all()] == [7]

    def test_a_rename_may_come_with_another_size_and_another_kind(self) -> None:
        old = table(a=columns.String(size=9), b=columns.Integer(min=0, max=9))
        migrated(old)
        old.objects.create(a="5", b=3)
        new = table(
            c=columns.String(size=90, renamed_from="a"), d=columns.Float(renamed_from="b", convert=lambda old: old / 2)
        )
        migrated(new)
        assert (values(new, "c"), values(new, "d")) == (["5"], [1.5])
        assert all("Not declared" in line for line in migrated(new))

    def test_a_column_is_renamed_by_the_case_of_its_letters(self) -> None:
        old = table(name=columns.String(size=9), meta={"indexes": [Index("name", key="by_name")]})
        migrated(old)
        old.objects.create(name="x")
        new = table(
            name=columns.String(size=9, column="Name", renamed_from="name"),
            meta={"indexes": [Index("name", key="by_name")]},
        )
        assert migrated(new) == ["Rename column things.name to Name"]
        assert values(new, "name") == ["x"]
        assert list(columns_of()) == ["Name"]
        assert migrated(new) == []

    def test_a_rename_does_nothing_when_the_new_column_exists(self) -> None:
        migrated(table(a=columns.Boolean(), b=columns.Boolean()))
        lines = migrated(table(b=columns.Boolean(renamed_from="a")))
        assert lines == ["Not declared, left alone: column things.a (boolean)"]

    def test_a_rename_from_a_declared_column_is_an_error(self) -> None:
        with pytest.raises(ConfigurationError, match="renamed_from='b' is still a column of the table"):
            migrated(table(a=columns.Boolean(renamed_from="b"), b=columns.Boolean()))


WIDER = [
    (columns.String(size=5), columns.String(size=500)),
    (columns.String(size=5), columns.String(size=20000)),
    (columns.Varchar(size=5), columns.String(size=50)),
    (columns.Integer(min=0, max=9), columns.Integer(min=-5, max=99)),
    (columns.Integer(min=0), columns.Integer()),
    (columns.Float(min=0, max=1), columns.Float(min=-1.5, max=2.5e10)),
    (columns.BigInt(max=9), columns.BigInt()),
    (columns.Enum(["a"]), columns.Enum(["a", "b"])),
    (columns.Boolean(required=True), columns.Boolean()),
    (columns.Boolean(), columns.Boolean(db_default=True)),
    (columns.Datetime(), columns.Datetime(db_default="2026-01-02T03:04:05+02:00")),
    (columns.Email(db_default="a@example.org"), columns.Email()),
    (columns.String(size=5, array=True), columns.String(size=9, array=True)),
]


@pytest.mark.parametrize(("before", "after"), WIDER, ids=repr)
def test_a_wider_column_takes_one_request_and_reads_no_rows(before: Any, after: Any) -> None:
    migrated(table(a=before))
    with counted() as costs:
        lines = migrated(table(a=after))
    assert lines[0].startswith("Change column things.a: ")
    assert [request.split()[0] for request in costs.requests] == ["GET", "PATCH", "GET"]
    assert migrated(table(a=after)) == []


NARROWER = [
    (columns.String(size=9), columns.String(size=3), ["abc", None], ["abcd"]),
    (columns.String(size=9, array=True), columns.String(size=3, array=True), [["abc"], []], [["a", "abcd"]]),
    (columns.Integer(), columns.Integer(min=0, max=5), [0, 5, None], [6]),
    (columns.Integer(array=True), columns.Integer(array=True, min=0), [[0], []], [[1, -1]]),
    (columns.Float(), columns.Float(min=0.5), [0.5, None], [0.4]),
    (columns.Enum(["a", "b"]), columns.Enum(["b"]), ["b", None], ["a"]),
    (columns.Boolean(), columns.Boolean(required=True), [True, False], [None]),
]


@pytest.mark.parametrize(("before", "after", "good", "bad"), NARROWER, ids=repr)
def test_a_column_is_narrowed_when_the_rows_allow_it(before: Any, after: Any, good: Any, bad: Any) -> None:
    old, new = table(a=before), table(a=after)
    migrated(old)
    fill(old, *good, *bad)
    refused(new, match=r"column things\.a: 1 row does not fit \(row .{20}: ")
    old.objects.filter(pk=list(old.objects.all())[-1].id).delete()
    assert len(migrated(new)) == 1
    assert values(new) == good
    assert migrated(new) == []


def test_a_refusal_names_three_rows_and_counts_the_others() -> None:
    old = table(a=columns.Integer())
    migrated(old)
    fill(old, *range(10))
    refused(table(a=columns.Integer(max=1)), match=r"8 rows do not fit \(row .*; row .*; row .* and 5 more\)")


class TestRequired:
    def test_rows_without_a_value_get_the_default(self) -> None:
        old = table(a=columns.Integer())
        migrated(old)
        fill(old, 1, None, 3)
        new = table(a=columns.Integer(required=True, default=2))
        assert migrated(new) == ["Change column things.a: integer → integer, required, and 2 for rows without a value"]
        assert values(new) == [1, 2, 3]
        assert columns_of()["a"]["required"]

    def test_a_new_required_column_needs_a_default_where_there_are_rows(self) -> None:
        old = table(a=columns.Integer())
        migrated(old)
        plain = table(a=columns.Integer(), b=columns.String(size=9, required=True))
        fill(old, 1)
        refused(plain, match=r"column things\.b: it is required, and there are rows\. Give it a default=")
        new = table(a=columns.Integer(), b=columns.String(size=9, required=True, default="x"))
        migrated(new)
        assert values(new, "b") == ["x"]
        assert migrated(new) == []

    def test_a_new_required_column_on_an_empty_table_needs_no_default(self) -> None:
        migrated(table(a=columns.Integer()))
        new = table(a=columns.Integer(), b=columns.String(size=9, required=True))
        migrated(new)
        assert columns_of()["b"]["required"]
        assert migrated(new) == []

    def test_an_invalid_default_is_an_error_before_any_request(self) -> None:
        with (
            counted() as costs,
            pytest.raises(ConfigurationError, match=r"Things\.a: its default is not valid"),
        ):
            migrated(table(a=columns.Enum(["a"], required=True, default="b")))
        assert costs.requests == []

    def test_an_unset_array_becomes_an_empty_one(self) -> None:
        old = table(a=columns.Integer(array=True))
        migrated(old)
        fill(old, None, [1])
        new = table(a=columns.Integer(array=True, required=True))
        migrated(new)
        row = next(iter(new.objects.all()))
        row.a = [5]
        row.save()
        assert values(new) == [[5], [1]]


def test_a_plan_lists_all_differences_and_changes_nothing() -> None:
    old = table(a=columns.Integer())
    migrated(old)
    fill(old, 9)
    before = ask("GET", "/tables")
    found = run_sync(plan([table(a=columns.Integer(max=5), b=columns.Boolean())]))
    assert [str(change) for change in found.changes] == [
        f"change column things.a: integer → integer, {-(2**63)} to 5",
        "add column things.b (boolean)",
    ]
    assert "At most 5, not 9." in found.obstacles[0]
    assert ask("GET", "/tables") == before


class TestIgnoredChanges:
    """A server that accepts a change and does not make it."""

    def test_an_ignored_change_is_an_error_that_names_the_column(self) -> None:
        migrated(table(a=columns.String(size=5)))
        read_column = Request("GET", "/tablesdb/library/tables/things/columns/a")
        perform = Attempt.perform

        def performed(self: Attempt) -> Any:
            return perform(self if self.request.is_read else replace(self, request=read_column))

        with (
            mock.patch.object(Attempt, "perform", performed),
            pytest.raises(SchemaError, match=r"change column things\.a, but it still differs from its declaration"),
        ):
            migrated(table(a=columns.String(size=9)))

    def test_a_column_that_differs_in_another_way_after_every_change_is_an_error(self) -> None:
        migrated(table(a=columns.String(size=5)))
        sizes = itertools.count(10)

        def grown(request: Request, reply: Any) -> Any:
            if request.method != "GET":
                return reply
            size = next(sizes)
            return reply._replace(text=re.sub(r'"size": ?\d+', f'"size": {size}', reply.text))

        with (
            counted() as costs,
            answering(grown),
            pytest.raises(SchemaError, match=r"change column things\.a, but it still differs from its declaration"),
        ):
            migrated(table(a=columns.String(size=9)))
        assert sum(request.startswith("PATCH") for request in costs.requests) == MAX_OPERATIONS
