"""Changing what is there: renames, changes in place, narrowing, other kinds by copy, pruning."""

from __future__ import annotations

from typing import Any

import pytest

from django_appwrite_orm import Index, UniqueIndex, columns
from django_appwrite_orm.exceptions import ConfigurationError, SchemaError
from django_appwrite_orm.schema import Rules, plan
from django_appwrite_orm.steps import run
from tests.counting import counted

from .making import ask, columns_of, migrated, table


def values(table: Any, name: str = "a") -> list[Any]:
    return [getattr(row, name) for row in table.objects.uncached()]


def indexes_of(id: str = "things") -> dict[str, dict[str, Any]]:
    return {index["key"]: index for index in ask("GET", f"/tables/{id}")["indexes"]}


def fill(table: Any, *given: Any) -> None:
    for value in given:
        table.objects.create(a=value)


def refused(*tables: Any, match: str, **options: Any) -> None:
    """The migration is refused, and the server's schema is what it was."""
    before = ask("GET", "/tables")
    with pytest.raises(SchemaError, match=match):
        migrated(*tables, **options)
    assert ask("GET", "/tables") == before


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

    def test_rows_cached_under_the_old_name_are_read_anew(self) -> None:
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

    def test_it_does_nothing_once_the_new_column_is_there(self) -> None:
        migrated(table(a=columns.Boolean(), b=columns.Boolean()))
        lines = migrated(table(b=columns.Boolean(renamed_from="a")))
        assert lines == ["Not declared, left alone: column things.a (boolean)"]

    def test_a_rename_from_a_declared_column_is_an_error(self) -> None:
        with pytest.raises(ConfigurationError, match="renamed_from='b' is a column of the table still"):
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
def test_a_wider_column_is_one_request_and_asks_no_rows(before: Any, after: Any) -> None:
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
def test_a_narrower_column_is_made_when_the_rows_allow_it(before: Any, after: Any, good: Any, bad: Any) -> None:
    old, new = table(a=before), table(a=after)
    migrated(old)
    fill(old, *good, *bad)
    refused(new, match=r"column things\.a: 1 row stands against it \(row .{20}: ")
    old.objects.filter(pk=list(old.objects.all())[-1].id).delete()
    assert len(migrated(new)) == 1
    assert values(new) == good
    assert migrated(new) == []


def test_a_refusal_names_three_rows_and_counts_the_others() -> None:
    old = table(a=columns.Integer())
    migrated(old)
    fill(old, *range(10))
    refused(table(a=columns.Integer(max=1)), match=r"8 rows stand against it \(row .*; row .*; row .* and 5 more\)")


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

    def test_a_new_required_column_on_an_empty_table_needs_none(self) -> None:
        migrated(table(a=columns.Integer()))
        new = table(a=columns.Integer(), b=columns.String(size=9, required=True))
        migrated(new)
        assert columns_of()["b"]["required"]
        assert migrated(new) == []

    def test_a_default_that_is_no_value_of_the_column_is_an_error_before_any_request(self) -> None:
        with counted() as costs, pytest.raises(ConfigurationError, match=r"Things\.a: its default is no value of it"):
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


REBUILT = [
    (columns.String(size=9), columns.Integer(convert=int), ["5", None], [5, None]),
    (columns.Integer(), columns.String(size=9, convert=str), [5, None], ["5", None]),
    (columns.String(size=9), columns.String(size=9, array=True, convert=str.split), ["a b", None], [["a", "b"], []]),
    (columns.Integer(array=True), columns.Integer(convert=sum), [[1, 2], []], [3, 0]),
    (columns.Float(), columns.Boolean(convert=bool, required=True, default=False), [0.5, None], [True, False]),
    (columns.String(size=9), columns.Text(), ["a", None, "a"], ["a", None, "a"]),
    (columns.Text(), columns.Varchar(size=3), ["abc"], ["abc"]),
    (columns.String(size=9), columns.Enum(["a", "b"]), ["a"], ["a"]),
    (columns.Email(), columns.String(size=99), ["a@example.org"], ["a@example.org"]),
    (columns.Integer(), columns.BigInt(), [2**60], [2**60]),
    (columns.Integer(min=0, max=9), columns.Integer(), [3], [3]),
    (columns.Varchar(size=9), columns.String(size=20000), ["a"], ["a"]),
    (columns.String(size=30), columns.Datetime(convert=str), ["2026-01-02T03:04:05Z"], None),
    (columns.Integer(), columns.Float(convert=lambda old: old / 3), [1, 2, 10**12 + 1], None),
]


@pytest.mark.parametrize(("before", "after", "old_values", "new_values"), REBUILT, ids=repr)
def test_another_kind_is_filled_beside_the_old_column_and_takes_its_place(
    before: Any, after: Any, old_values: list[Any], new_values: list[Any] | None
) -> None:
    old, new = table(a=before), table(a=after)
    migrated(old)
    fill(old, *old_values)
    lines = migrated(new)
    assert "Copy values of things.a to a__migrating, and check them" in lines
    if new_values is not None:
        assert values(new) == new_values
    assert set(columns_of()) == {"a", "a__before"}
    kept = table(a=type(before)(**_arguments(before), column="a__before"))
    assert values(kept) == [[] if before.array and value is None else value for value in old_values]

    (left,) = migrated(new)
    assert left.endswith("values from before a conversion; --allow-destructive drops it")
    (dropped,) = migrated(new, rules=Rules(allow_destructive=True))
    assert dropped.startswith("Drop column things.a__before")
    assert migrated(new) == []


def _arguments(column: Any) -> dict[str, Any]:
    found = {name: getattr(column, name) for name in ("size", "min", "max", "elements") if hasattr(column, name)}
    fixed = getattr(type(column), "size", None) is not None
    return {**{k: v for k, v in found.items() if not (fixed and k == "size")}, "array": column.array}


class TestOtherKinds:
    def test_without_a_conversion_it_is_refused_with_the_steps(self) -> None:
        migrated(table(a=columns.String(size=9)))
        refused(
            table(a=columns.Integer(), b=columns.Boolean()),
            match=r"cannot change type in place. To keep the values, give the column a convert=.* a__before",
        )

    def test_a_value_that_cannot_be_converted_refuses_it_before_anything_is_changed(self) -> None:
        old = table(a=columns.String(size=9))
        migrated(old)
        fill(old, "5", "five")
        refused(table(a=columns.Integer(convert=int)), match=r"1 row stands against it \(row .{20}: ValueError: ")

    def test_text_that_appwrite_would_run_as_an_operator_is_not_copied(self) -> None:
        old = table(a=columns.String(size=99))
        migrated(old)
        fill(old, '{"method":"stringConcat","values":["x"]}')
        refused(table(a=columns.Text()), match="form of an Appwrite operator")

    def test_a_conversion_that_gives_another_value_every_time_is_found_out_before_the_swap(self) -> None:
        old = table(a=columns.Integer())
        migrated(old)
        fill(old, 1)
        numbers = iter(range(100))
        with pytest.raises(SchemaError, match="must give the same value every time"):
            migrated(table(a=columns.String(size=9, convert=lambda value: str(next(numbers)))))
        assert values(old) == [1]

    def test_rows_with_one_value_share_a_request(self) -> None:
        old = table(a=columns.Boolean())
        migrated(old)
        old.objects.bulk_create([old(a=bool(n % 2)) for n in range(400)])
        with counted() as costs:
            migrated(table(a=columns.Integer(convert=int)))
        rows = [request for request in costs.requests if request.startswith("PATCH") and request.endswith("/rows")]
        assert len(rows) == 6  # 200 rows of each value, 90 ids a request

    def test_indexes_are_built_anew_over_the_new_column(self) -> None:
        old = table(a=columns.String(size=9), meta={"indexes": [Index("a"), UniqueIndex("a")]})
        migrated(old)
        fill(old, "1", "2")
        new = table(a=columns.Integer(convert=int), meta={"indexes": [Index("a"), UniqueIndex("a")]})
        migrated(new)
        assert {key: index["columns"] for key, index in indexes_of().items()} == {"a_key": ["a"], "a_unique": ["a"]}
        assert columns_of()["a__before"]["status"] == "available"

    def test_a_second_conversion_wants_the_first_ones_values_dropped(self) -> None:
        first = table(a=columns.String(size=9))
        migrated(first)
        fill(first, "1")
        second = table(a=columns.Integer(convert=int))
        migrated(second)
        third = table(a=columns.Boolean(convert=bool))
        refused(third, match="a__before still keeps the values")
        migrated(third, rules=Rules(allow_destructive=True))
        assert values(third) == [True]
        assert set(columns_of()) == {"a"}

    def test_a_conversion_that_is_taken_back_leaves_a_column_that_prune_drops(self) -> None:
        old = table(a=columns.String(size=9))
        migrated(old)
        ask("POST", "/tables/things/columns/integer", {"key": "a__migrating", "required": False})
        assert "a__migrating" in migrated(old)[0]
        assert migrated(old, rules=Rules(prune=True)) == [
            "Drop column things.a__migrating (integer), left over from another migration"
        ]

    def test_long_keys_get_companions_of_their_own(self) -> None:
        from django_appwrite_orm.schema.copying import former_key, temporary_key

        keys = ["k" * 36, "k" * 35 + "j"]
        made = {name(key) for name in (former_key, temporary_key) for key in keys}
        assert len(made) == 4
        assert max(map(len, made)) == 36


class TestIndexes:
    def test_one_that_is_declared_otherwise_is_built_anew(self) -> None:
        migrated(table(a=columns.Integer(), b=columns.Integer(), meta={"indexes": [Index("a", key="k")]}))
        new = table(a=columns.Integer(), b=columns.Integer(), meta={"indexes": [Index("a", "-b", key="k")]})
        assert migrated(new) == [
            "Drop index things.k (key on a), for it is declared otherwise",
            "Add index things.k (key on a, -b)",
        ]
        assert migrated(new) == []


class TestPruning:
    def test_columns_and_tables_go_only_where_losing_them_is_allowed(self) -> None:
        migrated(table(a=columns.Boolean(), b=columns.Boolean(), meta={"indexes": [UniqueIndex("a", "b"), Index("b")]}))
        new = table(a=columns.Boolean())
        refused(new, match=r"column things\.b \(boolean\) is not declared; dropping", rules=Rules(prune=True))
        lines = migrated(new, rules=Rules(prune=True, allow_destructive=True))
        assert [line.split(",")[0] for line in lines] == [
            "Drop index things.a_b_unique (unique on a",
            "Drop index things.b_key (key on b)",
            "Drop column things.b (boolean)",
        ]
        assert (set(columns_of()), indexes_of()) == ({"a"}, {})

    def test_indexes_hold_no_values_and_go_with_prune_alone(self) -> None:
        migrated(table(a=columns.Boolean(), meta={"indexes": [Index("a")]}))
        assert migrated(table(a=columns.Boolean()), rules=Rules(prune=True)) == [
            "Drop index things.a_key (key on a), which nobody declares"
        ]

    def test_a_table_that_nobody_declares_goes_with_both(self) -> None:
        from tests.library.tables import Book, Everything, Reader

        migrated(Book, Reader, Everything, table(a=columns.Boolean()))
        assert "Not declared, left alone: table things" in migrated(Book, Reader, Everything)
        refused(Book, Reader, Everything, match="table things is not declared", rules=Rules(prune=True))
        allowed = Rules(prune=True, allow_destructive=True)
        assert migrated(Book, rules=allowed) == []  # who names one table says nothing about the others
        assert migrated(Book, Reader, Everything, rules=allowed) == ["Drop table things with all its rows"]

    def test_it_asks_once_before_values_are_lost_and_no_changes_nothing(self) -> None:
        migrated(table(a=columns.Boolean(), b=columns.Boolean()))
        asked: list[Any] = []

        def confirm(lines: Any) -> bool:
            asked.append(lines)
            return len(asked) > 1

        options = {"rules": Rules(prune=True, allow_destructive=True), "confirm": confirm}
        refused(table(a=columns.Boolean()), match="Nothing was changed", **options)
        migrated(table(a=columns.Boolean()), **options)
        assert asked == [["drop column things.b (boolean), which nobody declares"]] * 2


def test_a_plan_says_everything_and_changes_nothing() -> None:
    old = table(a=columns.Integer())
    migrated(old)
    fill(old, 9)
    before = ask("GET", "/tables")
    found = run(plan([table(a=columns.Integer(max=5), b=columns.Boolean())]))
    assert [str(change) for change in found.changes] == [
        f"change column things.a: integer → integer, {-(2**63)} to 5",
        "add column things.b (boolean)",
    ]
    assert "At most 5, not 9." in found.obstacles[0]
    assert ask("GET", "/tables") == before
