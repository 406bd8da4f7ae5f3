"""Tables changed from one declared state to another, without a Table class, as Django's migrations do it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import pytest

from django_appwrite_orm import columns
from django_appwrite_orm.connection import connections
from django_appwrite_orm.exceptions import SchemaError
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import DeclaredTable, migrate_tables, planned_changes
from django_appwrite_orm.schema.descriptions import column_state, index_state
from django_appwrite_orm.schema.state import IndexState, TableState
from tests.support.costs import counted
from tests.support.interruptions import Killed, empty_world, failing
from tests.support.migrations import ask, columns_of, indexes_of, table

Pair = tuple[DeclaredTable | None, DeclaredTable | None]


def declared(
    id: str = "things",
    indexes: Sequence[IndexState] = (),
    former: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    **declared_columns: columns.Column,
) -> DeclaredTable:
    """A table made from columns alone."""
    bound = {key: column.bound(key) for key, column in declared_columns.items()}
    state = TableState(
        id=id,
        columns={key: column_state(column.definition()) for key, column in bound.items()},
        indexes={index.key: index for index in indexes},
        **{"name": id, **(options or {})},
    )
    return DeclaredTable(state, bound, former or {})


def index(*keys: str, type: str = "key") -> IndexState:
    return index_state({"key": f"{'_'.join(keys)}_{type}", "type": type, "columns": list(keys)})


def changed(*pairs: Pair) -> list[str]:
    """Make the changes; the lines reported."""
    lines: list[str] = []
    count = run_sync(migrate_tables(connections["default"], pairs, lines.append))
    assert count == sum(not line.startswith(" ") for line in lines)
    return lines


def insert(**data: Any) -> None:
    ask("POST", "/tables/things/rows", {"rowId": "unique()", "data": data})


def values(key: str) -> list[Any]:
    return [row[key] for row in ask("GET", "/tables/things/rows")["rows"]]


NAMED = declared(name=columns.String(size=20, required=True))


class TestCreating:
    def test_a_table_comes_with_its_columns_and_indexes_in_one_request(self) -> None:
        changed((None, declared("others", a=columns.Boolean())))
        after = declared(indexes=[index("name", type="unique")], name=columns.String(size=20), n=columns.BigInt())
        with counted() as costs:
            lines = changed((None, after))
        assert lines == ["Create table things with 2 columns and 1 index"]
        assert [request for request in costs.requests if not request.startswith("GET")] == [
            "POST /tablesdb/library/tables"
        ]
        assert set(columns_of()) == {"name", "n"}
        assert set(indexes_of()) == {"name_unique"}

    def test_several_tables_are_created_in_one_call(self) -> None:
        changed((None, NAMED), (None, declared("others", a=columns.Boolean())))
        assert {served["$id"] for served in ask("GET", "/tables")["tables"]} == {"things", "others"}

    def test_an_interrupted_creation_goes_on(self) -> None:
        changed((None, NAMED))
        after = declared(name=columns.String(size=20, required=True), secret=columns.String(size=200, encrypt=True))
        assert changed((None, after)) == ["Add column things.secret (string(200), encrypted)"]
        assert changed((None, after)) == []

    def test_a_table_with_other_columns_is_refused(self) -> None:
        changed((None, NAMED))
        with pytest.raises(SchemaError, match="table things exists already, with other columns: name"):
            changed((None, declared(a=columns.Boolean())))


class TestAltering:
    def test_a_column_is_added_and_existing_rows_get_its_default(self) -> None:
        changed((None, NAMED))
        insert(name="a")
        after = declared(name=columns.String(size=20, required=True), n=columns.Integer(required=True, default=7))
        changed((NAMED, after))
        assert values("n") == [7]
        assert columns_of()["n"]["required"]

    def test_a_column_is_renamed_with_its_values_and_indexes(self) -> None:
        before = declared(indexes=[index("name")], name=columns.String(size=20))
        after = declared(indexes=[index("title")], former={"title": "name"}, title=columns.String(size=20))
        changed((None, before))
        insert(name="a")
        assert changed((before, after)) == [
            "Rename column things.name to title",
            "Add index things.title_key (key on title)",
            "Drop index things.name_key (key on title), which is not declared",
        ]
        assert values("title") == ["a"]
        assert changed((before, after)) == []

    def test_a_column_is_dropped_with_the_indexes_over_it(self) -> None:
        before = declared(indexes=[index("a", "b")], a=columns.Integer(), b=columns.Integer())
        after = declared(b=columns.Integer())
        changed((None, before))
        changed((before, after))
        assert set(columns_of()) == {"b"}
        assert indexes_of() == {}

    def test_a_column_of_another_kind_keeps_its_converted_values_and_no_other_column(self) -> None:
        before = declared(a=columns.String(size=9))
        after = declared(a=columns.Integer(convert=int))
        changed((None, before))
        insert(a="5")
        changed((before, after))
        assert values("a") == [5]
        assert {key: column["type"] for key, column in columns_of().items()} == {"a": "integer"}

    @pytest.mark.slow
    @pytest.mark.parametrize("applied", [True, False], ids=["after it was applied", "before it was applied"])
    def test_a_change_that_was_killed_at_any_write_goes_on(self, applied: bool) -> None:
        before = declared(
            indexes=[index("a"), index("b", "gone", type="unique")],
            a=columns.String(size=9),
            b=columns.Integer(),
            gone=columns.Boolean(),
        )
        after = declared(
            indexes=[index("a"), index("d", type="unique")],
            former={"d": "b"},
            options={"enabled": False},
            a=columns.Integer(convert=int),
            d=columns.Float(convert=float, required=True, default=0.5),
            e=columns.Varchar(size=9, required=True, default="e"),
        )
        finished, at = False, 0
        while not finished:
            at += 1
            empty_world()
            changed((None, before))
            insert(a="1", b=10, gone=True)
            insert(a=None)
            with failing(at, Killed, applied=applied), suppress(Killed):
                changed((before, after))
                finished = True
            changed((before, after))
            assert (values("a"), values("d"), values("e")) == ([1, None], [10, 0.5], ["e", "e"])
            assert set(columns_of()) == {"a", "d", "e"}
            assert {key: described["columns"] for key, described in indexes_of().items()} == {
                "a_key": ["a"],
                "d_unique": ["d"],
            }
        assert at > 15

    def test_rows_that_violate_one_part_of_a_change_refuse_all_of_it(self) -> None:
        before = declared(a=columns.String(size=9))
        changed((None, before))
        insert(a="x")
        insert(a="x")
        after = declared(indexes=[index("a", type="unique")], a=columns.String(size=9), b=columns.Boolean())
        with pytest.raises(SchemaError, match="there would be duplicate values"):
            changed((before, after))
        assert set(columns_of()) == {"a"}

    def test_what_both_states_share_stays_as_the_server_has_it(self) -> None:
        changed((None, NAMED))
        ask("PUT", "/tables/things", {"name": "Ours", "permissions": ['read("any")'], "rowSecurity": True})
        ask("PATCH", "/tables/things/columns/string/name", {"required": False, "default": "x", "size": 30})
        ask("POST", "/tables/things/columns/boolean", {"key": "foreign", "required": False})
        ask("POST", "/tables/things/indexes", {"key": "by_hand", "type": "key", "columns": ["name"]})
        after = declared(name=columns.String(size=20, required=True), b=columns.Boolean())
        assert changed((NAMED, after)) == ["Add column things.b (boolean)"]
        assert (columns_of()["name"]["size"], columns_of()["name"]["default"]) == (30, "x")
        assert set(columns_of()) == {"name", "foreign", "b"}
        assert set(indexes_of()) == {"by_hand"}
        served = ask("GET", "/tables/things")
        assert (served["name"], served["$permissions"], served["rowSecurity"]) == ("Ours", ['read("any")'], True)

    def test_a_foreign_index_follows_a_renamed_column_and_goes_with_a_dropped_one(self) -> None:
        before = declared(a=columns.Integer(), b=columns.Integer())
        changed((None, before))
        for key in ("a", "b"):
            ask("POST", "/tables/things/indexes", {"key": f"by_{key}", "type": "key", "columns": [key]})
        changed((before, declared(former={"c": "a"}, c=columns.Integer())))
        assert {key: described["columns"] for key, described in indexes_of().items()} == {"by_a": ["c"]}

    def test_options_of_the_table_change_where_the_states_differ(self) -> None:
        changed((None, NAMED))
        after = declared(options={"row_security": True}, name=columns.String(size=20, required=True))
        assert changed((NAMED, after)) == ["Update table things: row security on"]

    def test_a_missing_table_is_refused(self) -> None:
        changed((None, declared("others", a=columns.Boolean())))
        with pytest.raises(SchemaError, match=r"table things does not exist\. Run the migration that creates it"):
            changed((NAMED, NAMED))

    def test_a_renaming_onto_an_existing_column_is_refused(self) -> None:
        changed((None, declared(a=columns.Integer(), b=columns.Integer())))
        with pytest.raises(SchemaError, match=r"column things.a cannot be renamed to b: the table has both"):
            changed((declared(a=columns.Integer()), declared(former={"b": "a"}, b=columns.Integer())))
        assert set(columns_of()) == {"a", "b"}

    def test_another_id_is_refused(self) -> None:
        with pytest.raises(SchemaError, match="Table things cannot become others"):
            changed((NAMED, declared("others", a=columns.Boolean())))

    def test_two_changes_of_one_table_are_refused(self) -> None:
        with pytest.raises(SchemaError, match="Table things is in two changes of one call"):
            changed((None, NAMED), (NAMED, None))

    def test_a_change_without_both_states_is_refused(self) -> None:
        with pytest.raises(ValueError, match="needs `before`, `after` or both"):
            changed((None, None))


class TestDropping:
    def test_a_table_is_dropped_with_its_rows(self) -> None:
        changed((None, NAMED), (None, declared("others", a=columns.Boolean())))
        assert changed((NAMED, None)) == ["Drop table things with all its rows"]
        assert [served["$id"] for served in ask("GET", "/tables")["tables"]] == ["others"]
        assert changed((NAMED, None)) == []


def test_cached_reads_of_a_changed_table_are_invalidated() -> None:
    things = table(name=columns.String(size=20, required=True))
    changed((None, NAMED))
    insert(name="a")
    assert len(things.objects.all()) == 1
    with counted() as costs:
        assert len(things.objects.all()) == 1
    assert costs.requests == []
    changed((NAMED, declared(name=columns.String(size=20, required=True), b=columns.Boolean())))
    with counted() as costs:
        assert len(things.objects.all()) == 1
    assert len(costs.requests) == 1


def test_the_planned_changes_send_no_request() -> None:
    after = declared(former={"title": "name"}, title=columns.String(size=20, required=True), n=columns.Integer())
    with counted() as costs:
        plan = planned_changes("library", [(NAMED, after), (None, declared("others", a=columns.Boolean()))])
    assert list(map(str, plan.changes)) == [
        "rename column things.name to title",
        "add column things.n (integer)",
        "create table others with 1 column and 0 indexes",
    ]
    assert costs.requests == []
