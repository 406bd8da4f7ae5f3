"""The operations of Django's migrations, forwards and backwards, on tables with rows."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, NotSupportedError, ProgrammingError, connection, models
from django.db.migrations import operations

from tests.backend.histories import History
from tests.support.costs import counted
from tests.support.interruptions import FAILURES, failing
from tests.support.migrations import ask, columns_of, indexes_of

TABLE = "things_thing"


def key() -> tuple[str, Any]:
    return "id", models.BigAutoField(primary_key=True)


def relation(to: str = "things.Thing", **options: Any) -> Any:
    return models.ForeignKey(to, models.CASCADE, **options)


def tables() -> set[str]:
    return {table["$id"] for table in ask("GET", "/tables")["tables"]}


@pytest.fixture
def history(django_db_blocker: Any) -> Iterator[History]:
    """The table of one model, with three rows."""
    with django_db_blocker.unblock():
        made = History()
        name, number = models.CharField(max_length=20), models.IntegerField(null=True)
        made.apply(operations.CreateModel("Thing", [key(), ("name", name), ("number", number)]))
        thing = made.model("Thing")
        thing.objects.bulk_create([thing(name=f"t{number}", number=number or None) for number in range(3)])
        yield made
        connection.close()


# Tables


def test_a_model_is_created_and_deleted(history: History) -> None:
    history.apply(operations.CreateModel("Part", [key(), ("thing", relation())]))
    thing = history.model("Thing").objects.get(name="t1")
    assert history.model("Part").objects.create(thing=thing).thing_id == thing.pk
    history.unapply()
    assert tables() == {TABLE}
    history.apply(operations.DeleteModel("Thing"))
    assert tables() == set()
    history.unapply()
    assert history.rows("Thing", "name") == []


def test_two_models_that_lead_to_each_other(history: History) -> None:
    history.apply(
        operations.CreateModel("Left", [key()]),
        operations.CreateModel("Right", [key(), ("left", relation("things.Left"))]),
        operations.AddField("left", "right", relation("things.Right", null=True)),
    )
    right = history.model("Right").objects.create(left=history.model("Left").objects.create())
    history.model("Left").objects.update(right=right.pk)
    assert history.rows("Left", "right__left__right") == [right.pk]


def test_a_renamed_model_keeps_its_rows_and_what_leads_to_them(history: History) -> None:
    fields = [key(), ("thing", relation()), ("others", models.ManyToManyField("things.Thing", related_name="users"))]
    history.apply(operations.CreateModel("Part", fields))
    thing = history.model("Thing").objects.get(name="t1")
    history.model("Part").objects.create(thing=thing).others.add(thing)
    permissions = ['read("user:ada")']
    row = ask("GET", f"/tables/{TABLE}/rows")["rows"][0]
    ask("PATCH", f"/tables/{TABLE}/rows/{row['$id']}", {"permissions": permissions})

    history.apply(operations.RenameModel("Thing", "Item"))
    assert tables() == {"things_item", "things_part", "things_part_others"}
    assert history.rows("Item", "name") == ["t0", "t1", "t2"]
    assert ask("GET", f"/tables/things_item/rows/{row['$id']}")["$permissions"] == permissions
    assert (
        history.model("Part").objects.get().thing.name == history.model("Part").objects.get().others.get().name == "t1"
    )

    history.apply(operations.RenameModel("Part", "Piece"))
    assert tables() == {"things_item", "things_piece", "things_piece_others"}
    assert set(columns_of("things_piece_others")) == {"piece_id", "item_id"}
    assert history.model("Piece").objects.get().others.get().name == "t1"
    kinds = sorted((index["type"], *index["columns"]) for index in indexes_of("things_piece_others").values())
    assert kinds == [("key", "item_id"), ("key", "piece_id"), ("unique", "piece_id", "item_id")]

    history.unapply()
    history.unapply()
    assert tables() == {TABLE, "things_part", "things_part_others"}
    assert history.model("Part").objects.get().others.get().name == "t1"


def test_another_table_of_a_model_has_the_rows(history: History) -> None:
    thing = history.model("Thing")
    thing.objects.bulk_create([thing(name=f"n{number}") for number in range(200)])
    history.apply(operations.AddIndex("thing", models.Index(fields=["name"], name="by_name")))
    history.apply(operations.AlterModelTable("thing", "stock"))
    assert tables() == {"stock"}
    assert history.model("Thing").objects.count() == 203
    assert set(indexes_of("stock")) == {"by_name"}
    assert history.model("Thing").objects.order_by("pk").last().name == "n199"
    history.unapply()
    assert history.model("Thing").objects.filter(name="n7").count() == 1


def test_what_appwrite_does_not_have_is_state_alone(history: History) -> None:
    with counted() as costs:
        history.apply(
            operations.AlterModelOptions("thing", {"ordering": ["number"]}),
            operations.AlterModelManagers("thing", []),
            operations.AlterModelTableComment("thing", "kept nowhere"),
            operations.AddConstraint(
                "thing", models.CheckConstraint(condition=models.Q(number__gt=-5), name="not_below")
            ),
            operations.AddIndex("thing", models.Index(models.F("number") + 1, name="next_number")),
            operations.AddIndex("thing", models.Index(fields=["name"], name="few", condition=models.Q(number=1))),
            operations.RemoveIndex("thing", "few"),
            operations.RemoveConstraint("thing", "not_below"),
        )
    assert costs.requests == []


def test_sql_is_refused_and_says_what_to_write(history: History) -> None:
    with pytest.raises(NotSupportedError, match="RunPython operation that uses the ORM in place of RunSQL"):
        history.apply(operations.RunSQL("DELETE FROM things_thing"))
    with pytest.raises(NotSupportedError, match="Appwrite has no SQL"), connection.schema_editor() as editor:
        editor.deferred_sql.append("DELETE FROM things_thing")


# Fields


def test_a_new_field_gives_its_default_to_the_rows(history: History) -> None:
    fields = {
        "whole": (models.IntegerField(default=5), 5),
        "optional": (models.IntegerField(default=6, null=True), 6),
        "constant": (models.BooleanField(db_default=True), True),
        "text": (models.CharField(max_length=5, default=""), ""),
        "data": (models.JSONField(default=dict), {}),
        "raw": (models.BinaryField(default=b"x"), b"x"),
        "wide": (models.DecimalField(max_digits=30, decimal_places=2, default=1), 1),
        "nothing": (models.UUIDField(null=True, unique=True), None),
    }
    history.apply(*(operations.AddField("thing", name, field) for name, (field, _) in fields.items()))
    assert history.rows("Thing", *fields) == [tuple(value for _, value in fields.values())] * 3
    history.unapply()
    assert set(columns_of(TABLE)) == {"name", "number"}


def test_a_required_field_without_a_default_is_refused_where_there_are_rows(history: History) -> None:
    with pytest.raises(ProgrammingError, match="it is required, and there are rows"):
        history.apply(operations.AddField("thing", "code", models.IntegerField()))
    assert set(columns_of(TABLE)) == {"name", "number"}


def test_a_unique_field_with_a_default_is_refused_where_there_are_rows(history: History) -> None:
    with pytest.raises(IntegrityError, match="there would be duplicate values"):
        history.apply(operations.AddField("thing", "code", models.IntegerField(default=1, unique=True)))
    assert set(columns_of(TABLE)) == {"name", "number"}


def test_a_field_is_removed_with_its_indexes(history: History) -> None:
    history.apply(operations.AlterUniqueTogether("thing", {("name", "number")}))
    history.apply(operations.AlterUniqueTogether("thing", set()), operations.RemoveField("thing", "number"))
    assert set(columns_of(TABLE)) == {"name"}
    assert indexes_of(TABLE) == {}
    history.unapply()
    assert history.rows("Thing", "number") == [None] * 3
    assert [index["columns"] for index in indexes_of(TABLE).values()] == [["name", "number"]]


def test_a_renamed_field_keeps_its_values_and_indexes(history: History) -> None:
    history.apply(operations.AlterUniqueTogether("thing", {("name", "number")}))
    history.apply(operations.RenameField("thing", "name", "title"))
    assert history.rows("Thing", "title") == ["t0", "t1", "t2"]
    assert [index["columns"] for index in indexes_of(TABLE).values()] == [["title", "number"]]
    history.apply(operations.AlterUniqueTogether("thing", set()))
    assert indexes_of(TABLE) == {}
    history.unapply()
    history.unapply()
    assert history.rows("Thing", "name") == ["t0", "t1", "t2"]


def test_a_field_is_made_wider_and_narrower_again(history: History) -> None:
    history.apply(operations.AddIndex("thing", models.Index(fields=["name"], name="by_name")))
    history.apply(operations.AlterField("thing", "name", models.CharField(max_length=200)))
    assert columns_of(TABLE)["name"]["size"] == 200
    assert set(indexes_of(TABLE)) == {"by_name"}
    history.unapply()
    assert columns_of(TABLE)["name"]["size"] == 20
    assert set(indexes_of(TABLE)) == {"by_name"}


def test_rows_that_do_not_fit_a_narrower_field_are_named_before_anything_changes(history: History) -> None:
    with pytest.raises(ProgrammingError, match=r"nothing else was changed:\n- column things_thing.name: 3 rows do not"):
        history.apply(operations.AlterField("thing", "name", models.CharField(max_length=1, db_index=True)))
    assert columns_of(TABLE)["name"]["size"] == 20
    assert indexes_of(TABLE) == {}


def test_null_is_filled_before_it_is_no_longer_allowed(history: History) -> None:
    with pytest.raises(ProgrammingError, match=r"column things_thing.number: 1 row"):
        history.apply(operations.AlterField("thing", "number", models.IntegerField()))
    history.apply(operations.AlterField("thing", "number", models.IntegerField(default=9), preserve_default=False))
    assert history.rows("Thing", "number") == [9, 1, 2]
    assert columns_of(TABLE)["number"]["required"]
    history.unapply()
    assert not columns_of(TABLE)["number"]["required"]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        (models.CharField(max_length=10, null=True), [None, "1", "2"]),
        (models.TextField(default=""), ["", "1", "2"]),
        (models.DecimalField(max_digits=8, decimal_places=2, null=True), [None, Decimal(1), Decimal(2)]),
        (models.DecimalField(max_digits=20, decimal_places=2, null=True), [None, Decimal(1), Decimal(2)]),
        (models.FloatField(null=True), [None, 1.0, 2.0]),
        (models.JSONField(null=True), [None, 1, 2]),
        (models.BigIntegerField(null=True), [None, 1, 2]),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, models.Field) else "",
)
def test_values_are_copied_into_a_column_of_another_kind_and_back(
    history: History, field: Any, values: list[Any]
) -> None:
    history.apply(operations.AlterField("thing", "number", field))
    assert history.rows("Thing", "number") == values
    assert set(columns_of(TABLE)) == {"name", "number"}
    if values[0] is None:
        history.unapply()
        assert history.rows("Thing", "number") == [None, 1, 2]


def test_a_value_that_is_none_of_the_other_kind_is_named_before_anything_changes(history: History) -> None:
    with pytest.raises(ProgrammingError, match=r"row \d{19}: “t0” value must be an integer"):
        history.apply(operations.AlterField("thing", "name", models.IntegerField()))
    history.apply(operations.AddField("thing", "weight", models.FloatField(default=1.5)))
    with pytest.raises(ProgrammingError, match=r"row \d{19}: 1.5 is not a whole number"):
        history.apply(operations.AlterField("thing", "weight", models.IntegerField()))
    assert history.rows("Thing", "name", "weight") == [("t0", 1.5), ("t1", 1.5), ("t2", 1.5)]


def test_a_relation_becomes_one_to_one_and_leads_elsewhere(history: History) -> None:
    history.apply(
        operations.CreateModel("Other", [("id", models.UUIDField(primary_key=True))]),
        operations.AddField("thing", "parent", relation("self", null=True)),
    )
    history.apply(operations.AlterField("thing", "parent", models.OneToOneField("self", models.CASCADE, null=True)))
    assert [index["type"] for index in indexes_of(TABLE).values()] == ["unique"]
    history.apply(operations.AlterField("thing", "parent", relation("things.Other", null=True)))
    assert [index["type"] for index in indexes_of(TABLE).values()] == ["key"]
    history.apply(operations.AlterField("thing", "parent", relation("things.Other", null=True, db_index=False)))
    assert indexes_of(TABLE) == {}
    history.apply(operations.AlterOrderWithRespectTo("thing", "parent"))
    assert history.rows("Thing", "_order") == [0, 0, 0]


def test_many_to_many_fields_are_added_renamed_and_removed(history: History) -> None:
    history.apply(
        operations.CreateModel("Tag", [("slug", models.SlugField(primary_key=True))]),
        operations.AddField("thing", "tags", models.ManyToManyField("things.Tag")),
    )
    history.model("Thing").objects.get(name="t1").tags.create(slug="new")
    history.apply(operations.RenameField("thing", "tags", "labels"))
    assert history.model("Thing").objects.get(name="t1").labels.get().slug == "new"
    history.apply(operations.RemoveField("thing", "labels"))
    assert tables() == {TABLE, "things_tag"}


def test_columns_that_hold_the_values_of_a_key_change_with_it(history: History) -> None:
    history.apply(
        operations.CreateModel("Tag", [("slug", models.SlugField(primary_key=True))]),
        operations.AddField("thing", "tags", models.ManyToManyField("things.Tag")),
        operations.AddField("thing", "tag", relation("things.Tag", null=True, related_name="first")),
    )
    history.apply(operations.AlterField("tag", "slug", models.SlugField(primary_key=True, max_length=80)))
    assert columns_of(TABLE)["tag_id"]["size"] == columns_of("things_thing_tags")["tag_id"]["size"] == 80
    tag = history.model("Tag").objects.create(slug="b" * 70)
    thing = history.model("Thing").objects.get(name="t1")
    thing.tags.add(tag)
    assert thing.tags.get() == tag
    history.model("Tag").objects.all().delete()
    history.unapply()
    assert columns_of(TABLE)["tag_id"]["size"] == columns_of("things_thing_tags")["tag_id"]["size"] == 50


def test_another_kind_of_primary_key_is_refused(history: History) -> None:
    with pytest.raises(NotSupportedError, match="Make a new model, and copy the rows"):
        history.apply(operations.AlterField("thing", "id", models.UUIDField(primary_key=True)))
    history.apply(operations.AlterField("thing", "id", models.AutoField(primary_key=True)))
    assert history.rows("Thing", "name") == ["t0", "t1", "t2"]


# Indexes and constraints


def test_indexes_are_added_renamed_and_removed(history: History) -> None:
    history.apply(
        operations.AddIndex("thing", models.Index(fields=["name"], name="by_name")),
        operations.AddIndex("thing", models.Index(fields=["-number", "name"], name="by_number")),
    )
    assert {name: index["orders"] for name, index in indexes_of(TABLE).items()} == {
        "by_name": ["ASC"],
        "by_number": ["DESC", "ASC"],
    }
    history.apply(operations.RenameIndex("thing", "names", old_name="by_name"))
    assert set(indexes_of(TABLE)) == {"names", "by_number"}
    history.apply(operations.RemoveIndex("thing", "names"))
    assert set(indexes_of(TABLE)) == {"by_number"}
    for _ in range(3):
        history.unapply()
    assert indexes_of(TABLE) == {}


@pytest.mark.parametrize(
    ("operation", "index"),
    [
        (operations.AlterField("thing", "name", models.CharField(max_length=20, unique=True)), "name_uniq"),
        (operations.AlterUniqueTogether("thing", {("name",)}), "name_uniq"),
        (operations.AddConstraint("thing", models.UniqueConstraint(fields=["name"], name="one_name")), "one_name"),
    ],
    ids=["unique", "unique_together", "UniqueConstraint"],
)
def test_uniqueness_is_refused_for_duplicates_of_the_server(history: History, operation: Any, index: str) -> None:
    double = history.model("Thing").objects.create(name="T1")
    with pytest.raises(IntegrityError, match="there would be duplicate values"):
        history.apply(operation)
    assert indexes_of(TABLE) == {}
    double.delete()
    history.apply(operation)
    assert {name: one["type"] for name, one in indexes_of(TABLE).items()} == {index: "unique"}
    history.unapply()
    assert indexes_of(TABLE) == {}


# Rows


def test_data_migrations_change_any_number_of_rows(history: History, caplog: pytest.LogCaptureFixture) -> None:
    thing = history.model("Thing")
    thing.objects.bulk_create([thing(name=f"n{number}") for number in range(150)])

    def number_rows(apps: Any, editor: Any) -> None:
        for number, row in enumerate(apps.get_model("things", "Thing").objects.using(editor.connection.alias)):
            row.number = number
            row.save()

    with caplog.at_level(logging.WARNING, "django_appwrite_orm.queries"):
        history.apply(operations.RunPython(number_rows, operations.RunPython.noop))
    assert sorted(history.rows("Thing", "number")) == list(range(153))
    assert "take 2 transactions" in caplog.text
    history.unapply()


def test_nothing_of_a_data_migration_that_fails_is_written(history: History) -> None:
    def fail(apps: Any, editor: Any) -> None:
        apps.get_model("things", "Thing").objects.update(number=7)
        raise ValueError("a mistake")

    with pytest.raises(ValueError, match="a mistake"):
        history.apply(operations.RunPython(fail))
    assert history.rows("Thing", "number") == [None, 1, 2]


# Interruptions


CHANGES: dict[str, list[Any]] = {
    "create": [
        operations.CreateModel("Part", [key(), ("thing", relation()), ("code", models.IntegerField(unique=True))])
    ],
    "add": [operations.AddField("thing", "code", models.IntegerField(default=4, null=True, db_index=True))],
    "add required": [operations.AddField("thing", "code", models.IntegerField(default=4))],
    "remove": [operations.RemoveField("thing", "number")],
    "rename": [operations.RenameField("thing", "name", "title")],
    "other kind": [operations.AlterField("thing", "number", models.CharField(max_length=10, default="0"))],
    "not null": [operations.AlterField("thing", "number", models.IntegerField(default=4))],
    "unique": [operations.AlterField("thing", "name", models.CharField(max_length=20, unique=True))],
    "rename model": [operations.RenameModel("Thing", "Item")],
    "many to many": [operations.AddField("thing", "others", models.ManyToManyField("things.Thing"))],
}  # fmt: skip


@pytest.mark.parametrize(
    ("failure", "applied"),
    [("killed", True), ("killed", False), ("connection lost", True)],
    ids=["killed after it", "killed before it", "connection lost"],
)
@pytest.mark.parametrize("change", CHANGES)
def test_a_migration_that_was_interrupted_at_any_request_continues(
    history: History, change: str, failure: str, applied: bool
) -> None:
    at = 0
    while True:
        at += 1
        try:
            with failing(at, FAILURES[failure], applied=applied):
                history.apply(*CHANGES[change])
            break
        except BaseException as error:
            if isinstance(error, (KeyboardInterrupt, AssertionError)):
                raise
            connection.close()
            history.apply(*CHANGES[change])
        after = {id: (set(columns_of(id)), set(indexes_of(id))) for id in tables()}
        history.unapply()
        assert history.rows("Thing", "name") == ["t0", "t1", "t2"]
    assert at > 1
    assert {id: (set(columns_of(id)), set(indexes_of(id))) for id in tables()} == after


def test_a_table_that_existed_before_is_named_in_the_log(history: History, caplog: pytest.LogCaptureFixture) -> None:
    part = operations.CreateModel("Part", [key(), ("name", models.CharField(max_length=9))])
    history.apply(part)
    assert caplog.messages == []
    del history.states[-1], history.applied[-1]  # interrupted before it was recorded
    history.apply(part, operations.CreateModel("Other", [key()]))
    (message,) = caplog.messages
    assert message.startswith("Table things_part existed before the migration that creates it")
    del history.states[-1], history.applied[-1]
    with pytest.raises(ProgrammingError, match="table things_part exists already, with other columns: name"):
        history.apply(operations.CreateModel("Part", [key(), ("title", models.CharField(max_length=9))]))


# sqlmigrate


def test_the_steps_are_printed_under_their_operations(history: History) -> None:
    with counted() as costs:
        printed = history.planned(
            operations.CreateModel("Part", [key(), ("thing", relation(null=True))]),
            operations.AddField("thing", "code", models.IntegerField(default=3)),
            operations.AlterField("thing", "number", models.CharField(max_length=3, null=True)),
            operations.RenameModel("Thing", "Item"),
            operations.DeleteModel("Part"),
        )
    assert costs.requests == []
    assert printed.replace("--\n", "").splitlines() == [
        "-- Create model Part",
        "-- create table things_part with 1 column and 1 index",
        "-- Add field code to thing",
        "-- add column things_thing.code (bigint)",
        "-- change column things_thing.code: bigint → bigint, required, and 3 for rows without a value",
        "-- Alter field number on thing",
        "-- add column things_thing.number__migrating (string(3))",
        "-- copy values of things_thing.number to number__migrating, and check them",
        "-- rename column things_thing.number to number__before",
        "-- copy values of things_thing.number__before to number__migrating, and check them",
        "-- rename column things_thing.number__migrating to number",
        "-- drop column things_thing.number__before (bigint), which kept older values",
        "-- Rename model Thing to Item",
        "-- copy table things_thing with its rows to things_item, and drop things_thing",
        "-- Delete model Part",
        "-- drop table things_part with all its rows",
    ]
