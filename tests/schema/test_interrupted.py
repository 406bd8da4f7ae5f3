"""A migration killed at any request, before or after Appwrite has applied it, is finished by the next run."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest

from django_appwrite_orm import Index, Table, UniqueIndex, columns
from django_appwrite_orm.schema import MigrationOptions
from django_appwrite_orm.transport.retry import Attempt
from tests.support.interruptions import FAILURES, Killed, empty_world, failing, interleaved
from tests.support.migrations import ask, columns_of, migrated, table

pytestmark = pytest.mark.slow


def old_table() -> type[Table]:
    return table(
        a=columns.String(size=9),
        b=columns.Integer(),
        c=columns.String(size=9),
        gone=columns.Boolean(),
        meta={"indexes": [Index("a"), UniqueIndex("b", "gone", key="u")]},
    )


def new_table() -> type[Table]:
    return table(
        a=columns.Integer(convert=int),
        d=columns.Float(renamed_from="b", convert=float, required=True, default=0.5),
        c=columns.String(size=90, required=True, default="c"),
        e=columns.Varchar(size=9, required=True, default="e"),
        meta={"indexes": [Index("a"), UniqueIndex("d", key="u")], "enabled": False, "name": "renamed", "id": "things"},
    )


ROWS = [("1", 10, None), (None, None, "x"), ("3", 30, "y"), ("1", 40, None)]
EXPECTED = [(1, 10.0, "c", "e"), (None, 0.5, "x", "e"), (3, 30.0, "y", "e"), (1, 40.0, "c", "e")]


def prepared() -> None:
    empty_world()
    old = old_table()
    migrated(old)
    for number, (a, b, c) in enumerate(ROWS):
        old.objects.create(id=f"r{number}", a=a, b=b, c=c, gone=bool(number))


def writes_of_a_whole_run() -> int:
    prepared()
    with mock.patch.object(Attempt, "perform", autospec=True, side_effect=Attempt.perform) as performed:
        migrated(new_table())
    return sum(not call.args[0].request.is_read for call in performed.call_args_list)


@pytest.mark.parametrize(
    ("failure", "applied"), [("killed", False), ("killed", True), ("connection lost", True), ("timeout", False)]
)
def test_the_next_run_finishes_a_run_that_was_killed_at_any_write(failure: str, applied: bool) -> None:
    total = writes_of_a_whole_run()
    assert total > 15
    for at in range(1, total + 1):
        prepared()
        with failing(at, FAILURES[failure], applied=applied), pytest.raises(BaseException) as raised:  # noqa: PT011
            migrated(new_table())
        assert isinstance(raised.value, Killed) == (failure == "killed")
        new = new_table()
        migrated(new)
        found = [(row.a, row.d, row.c, row.e) for row in new.objects.uncached().order_by("id")]
        assert found == EXPECTED, (at, found)
        assert set(columns_of()) == {"a", "a__before", "c", "d", "d__before", "e", "gone"}
        assert all("Not declared" in line for line in migrated(new)), at


@pytest.mark.parametrize("applied", [False, True])
def test_the_next_run_finishes_interrupted_pruning(applied: bool) -> None:
    allowed = MigrationOptions(prune=True, allow_destructive=True)
    for at in range(1, 30):
        prepared()
        with failing(at, Killed, applied=applied):
            try:
                migrated(new_table(), rules=allowed)
            except Killed:
                pass
            else:
                break
        migrated(new_table(), rules=allowed)
        assert set(columns_of()) == {"a", "c", "d", "e"}
    assert at > 20


def test_the_next_run_finishes_interrupted_creation() -> None:
    for applied in (False, True):
        for at in range(1, 5):
            empty_world()
            with failing(at, Killed, applied=applied), pytest.raises(Killed):
                migrated(new_table())
            migrated(new_table())
            assert migrated(new_table()) == []


@pytest.mark.parametrize("rules", [MigrationOptions(), MigrationOptions(allow_destructive=True)])
def test_a_run_during_another_run_leads_to_the_same_schema(rules: MigrationOptions) -> None:
    """The second run starts and ends between two requests of the first, wherever that is."""
    total = writes_of_a_whole_run()
    for at in range(1, total + 1):
        prepared()
        interleaved(at, lambda: migrated(new_table(), rules=rules))
        new = new_table()
        migrated(new, rules=rules)
        assert [(row.a, row.d, row.c, row.e) for row in new.objects.uncached().order_by("id")] == EXPECTED, at
        assert ask("GET", "/tables/things")["name"] == "renamed"


def test_rows_written_while_values_are_copied_are_copied_as_well() -> None:
    old = table(a=columns.String(size=9))
    migrated(old)
    old.objects.bulk_create([old(id=f"r{number}", a="1") for number in range(5)])
    perform, seen = Attempt.perform, {"copies": 0}

    def performed(self: Attempt) -> Any:
        reply = perform(self)
        if self.request.method == "PATCH" and self.request.path.endswith("/rows"):
            seen["copies"] += 1
            if seen["copies"] == 1:  # an application knows nothing of the migration
                ask("PATCH", "/tables/things/rows/r0", {"data": {"a": "7"}})
                ask("POST", "/tables/things/rows", {"rowId": "r9", "data": {"a": "8"}})
        return reply

    new = table(a=columns.Integer(convert=int))
    with mock.patch.object(Attempt, "perform", performed):
        migrated(new)
    assert seen["copies"] > 1
    assert {row.id: row.a for row in new.objects.all()} == {"r0": 7, "r1": 1, "r2": 1, "r3": 1, "r4": 1, "r9": 8}


def test_a_row_written_right_before_the_rename_is_copied_as_well() -> None:
    old = table(a=columns.String(size=9))
    migrated(old)
    old.objects.create(id="r0", a="1")
    perform = Attempt.perform

    def performed(self: Attempt) -> Any:
        if self.request.body and self.request.body.get("newKey") == "a__before":
            ask("PATCH", "/tables/things/rows/r0", {"data": {"a": "7"}})
        return perform(self)

    new = table(a=columns.Integer(convert=int))
    with mock.patch.object(Attempt, "perform", performed):
        migrated(new)
    assert [row.a for row in new.objects.all()] == [7]
