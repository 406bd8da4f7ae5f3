"""Columns of another kind: filled beside the old one, which they replace."""

from __future__ import annotations

from typing import Any

import pytest

from django_appwrite_orm import Index, UniqueIndex, columns
from django_appwrite_orm.exceptions import SchemaError
from django_appwrite_orm.schema import MigrationOptions
from tests.support.costs import counted
from tests.support.migrations import ask, columns_of, fill, indexes_of, migrated, refused, table, values

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
def test_a_column_of_another_kind_is_filled_and_replaces_the_old_one(
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
    (dropped,) = migrated(new, rules=MigrationOptions(allow_destructive=True))
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
        refused(table(a=columns.Integer(convert=int)), match=r"1 row does not fit \(row .{20}: ValueError: ")

    def test_encrypted_values_are_never_copied_to_an_unencrypted_column(self) -> None:
        migrated(table(b=columns.Boolean()))
        secret = {"key": "a", "size": 200, "required": False, "encrypt": True}
        ask("POST", "/tables/things/columns/string", secret)
        assert migrated(table(a=columns.String(size=200), b=columns.Boolean())) == []
        migrated(table(a=columns.String(size=300), b=columns.Boolean()))
        assert (columns_of()["a"]["encrypt"], columns_of()["a"]["size"]) == (True, 300)
        refused(table(a=columns.Text(), b=columns.Boolean()), match="is encrypted on the server, and as text")

    def test_text_in_the_form_of_an_operator_is_not_copied(self) -> None:
        old = table(a=columns.String(size=99))
        migrated(old)
        fill(old, '{"method":"stringConcat","values":["x"]}')
        refused(table(a=columns.Text()), match="form of an Appwrite operator")

    def test_a_conversion_with_changing_results_is_refused_before_the_renames(self) -> None:
        old = table(a=columns.Integer())
        migrated(old)
        fill(old, 1)
        numbers = iter(range(100))
        with pytest.raises(SchemaError, match="must return the same value every time"):
            migrated(table(a=columns.String(size=9, convert=lambda value: str(next(numbers)))))
        assert values(old) == [1]

    def test_rows_with_the_same_value_share_a_request(self) -> None:
        old = table(a=columns.Boolean())
        migrated(old)
        old.objects.bulk_create([old(a=bool(n % 2)) for n in range(400)])
        with counted() as costs:
            migrated(table(a=columns.Integer(convert=int)))
        rows = [request for request in costs.requests if request.startswith("PATCH") and request.endswith("/rows")]
        assert len(rows) == 6  # 200 rows of each value, 90 ids a request

    def test_indexes_are_rebuilt_over_the_new_column(self) -> None:
        old = table(a=columns.String(size=9), meta={"indexes": [Index("a"), UniqueIndex("a")]})
        migrated(old)
        fill(old, "1", "2")
        new = table(a=columns.Integer(convert=int), meta={"indexes": [Index("a"), UniqueIndex("a")]})
        migrated(new)
        assert {key: index["columns"] for key, index in indexes_of().items()} == {"a_key": ["a"], "a_unique": ["a"]}
        assert columns_of()["a__before"]["status"] == "available"

    def test_a_second_conversion_requires_dropping_the_values_of_the_first(self) -> None:
        first = table(a=columns.String(size=9))
        migrated(first)
        fill(first, "1")
        second = table(a=columns.Integer(convert=int))
        migrated(second)
        third = table(a=columns.Boolean(convert=bool))
        refused(third, match="a__before still keeps the values")
        migrated(third, rules=MigrationOptions(allow_destructive=True))
        assert values(third) == [True]
        assert set(columns_of()) == {"a"}

    @pytest.mark.parametrize("companion", ["a__migrating", "a__before", "A__Before"])
    @pytest.mark.parametrize("rules", [MigrationOptions(), MigrationOptions(allow_destructive=True, prune=True)])
    def test_a_declared_column_is_never_used_as_a_companion(self, companion: str, rules: MigrationOptions) -> None:
        own = columns.String(size=9, column=companion)
        old = table(a=columns.String(size=9), own=own)
        migrated(old)
        old.objects.create(a="1", own="keep")
        new = table(a=columns.Integer(convert=int), own=own)
        refused(new, match=f"{companion.lower()} is declared for something else", rules=rules)
        assert values(old, "own") == ["keep"]

    def test_a_conversion_does_not_replace_a_declared_column(self) -> None:
        """Only what a conversion left behind goes back to where it came from."""
        own = columns.String(size=9, column="a__before")
        old = table(own=own)
        migrated(old)
        old.objects.create(own="keep")
        new = table(own=own, a=columns.String(size=9))
        assert migrated(new) == ["Add column things.a (string(9))"]
        assert (values(new, "own"), values(new, "a")) == (["keep"], [None])

    def test_a_reverted_conversion_leaves_a_column_that_prune_drops(self) -> None:
        old = table(a=columns.String(size=9))
        migrated(old)
        ask("POST", "/tables/things/columns/integer", {"key": "a__migrating", "required": False})
        assert "a__migrating" in migrated(old)[0]
        assert migrated(old, rules=MigrationOptions(prune=True)) == [
            "Drop column things.a__migrating (integer), left over from another migration"
        ]

    def test_long_keys_get_companions_of_their_own(self) -> None:
        from django_appwrite_orm.schema.operations.convert_column import former_key, temporary_key

        keys = ["k" * 36, "k" * 35 + "j"]
        made = {name(key) for name in (former_key, temporary_key) for key in keys}
        assert len(made) == 4
        assert max(map(len, made)) == 36
