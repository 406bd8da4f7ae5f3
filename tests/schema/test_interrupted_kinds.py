"""Relationships, encrypted text and places in a migration that is killed at any request: the next run finishes it."""

from __future__ import annotations

from unittest import mock

import pytest

from django_appwrite_orm import Index, SpatialIndex, Table, columns
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import MigrationOptions, plan
from django_appwrite_orm.transport.retry import Attempt
from tests.support.interruptions import FAILURES, Killed, empty_world, failing, interleaved
from tests.support.migrations import ask, columns_of, migrated, table

pytestmark = pytest.mark.slow


def old_tables() -> list[type[Table]]:
    others = table("others", name=columns.String(size=9))
    things = table(
        a=columns.String(size=200),
        b=columns.Integer(),
        p=columns.Point(),
        link=columns.Relationship(others, "manyToOne", two_way_key="back"),
        gone=columns.Relationship(others, "oneToOne", two_way_key="gone_too"),
    )
    return [others, things]


def new_tables() -> list[type[Table]]:
    """Both keys of a relationship change and what deletion does; others come and go; values are copied by row."""
    plain = table("others", name=columns.String(size=9))
    things = table(
        a=columns.String(size=200, encrypt=True, required=True, default="none"),
        b=columns.String(size=9, convert=str),
        p=columns.Point(required=True, default=(1, 2)),
        q=columns.Polygon(),
        owner=columns.Relationship(plain, "manyToOne", two_way_key="owned", on_delete="setNull", renamed_from="link"),
        parts=columns.Relationship(plain, "oneToMany"),
        tags=columns.Relationship(plain, "manyToMany", two_way_key="tagged"),
        meta={"indexes": [Index("b"), SpatialIndex("p")]},
    )
    others = table(
        "others",
        name=columns.String(size=9),
        owned=columns.Relationship(things, "oneToMany", two_way_key="owner", on_delete="setNull"),
        secret=columns.Text(encrypt=True),
    )
    return [things, others]


def prepared() -> None:
    empty_world()
    migrated(*old_tables())
    ask("POST", "/tables/others/rows", {"rowId": "o", "data": {"name": "O"}})
    for id, data in (("r0", {"a": "x", "b": 1, "p": [3, 4], "link": "o"}), ("r1", {"b": None, "link": "o"})):
        ask("POST", "/tables/things/rows", {"rowId": id, "data": data})


def check(rules: MigrationOptions = MigrationOptions()) -> None:  # noqa: B008 -- it is frozen
    migrated(*new_tables(), rules=rules)
    rows = {row["$id"]: row for row in ask("GET", "/tables/things/rows")["rows"]}
    found = [tuple(rows[id][key] for key in ("a", "b", "p", "owner")) for id in ("r0", "r1")]
    assert found == [("x", "1", [3, 4], "o"), ("none", None, [1, 2], "o")]
    assert columns_of()["a"]["encrypt"]
    owner = columns_of()["owner"]
    assert (owner["onDelete"], owner["twoWayKey"]) == ("setNull", "owned")
    assert {"owned", "tagged", "secret"} <= set(columns_of("others"))
    assert run_sync(plan(new_tables())).is_empty


def writes(rules: MigrationOptions) -> int:
    prepared()
    with mock.patch.object(Attempt, "perform", autospec=True, side_effect=Attempt.perform) as performed:
        check(rules)
    return sum(not call.args[0].request.is_read for call in performed.call_args_list)


@pytest.mark.parametrize("rules", [MigrationOptions(), MigrationOptions(prune=True, allow_destructive=True)])
@pytest.mark.parametrize(("failure", "applied"), [("killed", False), ("killed", True), ("connection lost", True)])
def test_the_next_run_finishes_a_run_that_was_killed_at_any_write(
    failure: str, applied: bool, rules: MigrationOptions
) -> None:
    total = writes(rules)
    assert total > 15
    for at in range(1, total + 1):
        prepared()
        with failing(at, FAILURES[failure], applied=applied), pytest.raises(BaseException) as raised:  # noqa: PT011
            migrated(*new_tables(), rules=rules)
        assert isinstance(raised.value, Killed) == (failure == "killed"), at
        check(rules)


def test_a_run_during_another_run_leads_to_the_same_schema() -> None:
    total = writes(MigrationOptions())
    for at in range(1, total + 1):
        prepared()
        interleaved(at, lambda: migrated(*new_tables()))
        check()
