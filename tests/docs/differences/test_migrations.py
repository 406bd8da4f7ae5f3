"""Differences between migrations of models on Appwrite and on SQL."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, NotSupportedError, ProgrammingError, connection, models
from django.db.migrations import operations
from django.test.utils import isolate_apps

from tests.backend.histories import History


@pytest.fixture
def history(django_db_blocker: Any) -> Iterator[History]:
    """The table of one model, with two rows."""
    with django_db_blocker.unblock():
        made = History()
        fields = [("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=20))]
        made.apply(operations.CreateModel("Thing", fields))
        for name in "ab":
            made.model("Thing").objects.create(name=name)
        yield made
        connection.close()


def upper(apps: Any, editor: Any) -> None:
    for thing in apps.get_model("things", "Thing").objects.all():
        thing.name = thing.name.upper()
        thing.save()


def test_sql(history: History) -> None:
    with pytest.raises(NotSupportedError):
        history.apply(operations.RunSQL("UPDATE things_thing SET name = UPPER(name)"))
    history.apply(operations.RunPython(upper, operations.RunPython.noop))
    assert history.rows("Thing", "name") == ["A", "B"]


def test_shell_of_the_database() -> None:
    with pytest.raises(NotSupportedError, match="no SQL shell"):
        call_command("dbshell")
    assert connection.appwrite.settings.database_id == "library"


def test_kinds_of_primary_keys(history: History) -> None:
    with pytest.raises(NotSupportedError):
        history.apply(operations.AlterField("Thing", "id", models.UUIDField(primary_key=True)))
    fields = [("id", models.UUIDField(primary_key=True)), ("name", models.CharField(max_length=20))]
    history.apply(operations.CreateModel("Copy", fields))
    copy = history.model("Copy")
    copy.objects.bulk_create([copy(id=uuid.uuid4(), name=name) for name in history.rows("Thing", "name")])
    assert sorted(history.rows("Copy", "name")) == ["a", "b"]


def test_defaults_of_the_database(history: History) -> None:
    from django.db.models.functions import Now

    with pytest.raises(NotSupportedError):
        history.apply(operations.AddField("Thing", "made", models.DateTimeField(db_default=Now())))
    history.apply(operations.AddField("Thing", "stock", models.IntegerField(db_default=3)))
    assert history.rows("Thing", "stock") == [3, 3]


def test_required_fields(history: History) -> None:
    with pytest.raises(IntegrityError, match="code"):
        history.apply(operations.AddField("Thing", "code", models.CharField(max_length=9, unique=True, default="a")))
    history.apply(
        operations.AddField("Thing", "code", models.CharField(max_length=9, null=True)),
        operations.RunPython(code_of_name, operations.RunPython.noop),
        operations.AlterField("Thing", "code", models.CharField(max_length=9, unique=True)),
    )
    assert history.rows("Thing", "code") == ["a", "b"]


def code_of_name(apps: Any, editor: Any) -> None:
    for thing in apps.get_model("things", "Thing").objects.all():
        thing.code = thing.name
        thing.save()


def test_many_rows_in_a_migration(history: History, caplog: pytest.LogCaptureFixture) -> None:
    thing = history.model("Thing")
    thing.objects.bulk_create([thing(name=f"n{number}") for number in range(150)])
    history.apply(operations.AddField("Thing", "number", models.IntegerField(null=True)))

    def number_rows(apps: Any, editor: Any) -> None:
        for row in apps.get_model("things", "Thing").objects.filter(number=None):
            row.number = row.pk % 7
            row.save()

    with caplog.at_level("WARNING", "django_appwrite_orm.queries"):
        history.apply(operations.RunPython(number_rows, operations.RunPython.noop))
    assert "take 2 transactions" in caplog.text
    before = history.rows("Thing", "number")
    history.apply(operations.RunPython(number_rows, operations.RunPython.noop))
    assert history.rows("Thing", "number") == before


def test_relations_of_inspectdb(history: History) -> None:
    relation = models.ForeignKey("things.Thing", models.CASCADE)
    history.apply(operations.CreateModel("Part", [("id", models.BigAutoField(primary_key=True)), ("thing", relation)]))
    history.model("Part").objects.create(thing=history.model("Thing").objects.get(name="a"))
    output = io.StringIO()
    call_command("inspectdb", "things_part", stdout=output)
    assert "thing_id = models.CharField(" in output.getvalue()
    with isolate_apps("tests.backend.shop"):
        meta = {"app_label": "shop", "managed": False}
        thing_meta, part_meta = (
            type("Meta", (), {**meta, "db_table": name}) for name in ("things_thing", "things_part")
        )
        thing = type("Thing", (models.Model,), {"name": models.TextField(), "Meta": thing_meta, "__module__": __name__})
        key = models.ForeignKey(thing, models.DO_NOTHING, db_column="thing_id")
        part: Any = type("Part", (models.Model,), {"thing": key, "Meta": part_meta, "__module__": __name__})
        assert part.objects.get().thing.name == "a"


def test_steps_that_are_printed(history: History) -> None:
    planned = history.planned(operations.AddField("Thing", "stock", models.IntegerField(null=True)))
    assert "ALTER TABLE" not in planned
    assert "stock" in planned


def test_rows_that_do_not_fit(history: History) -> None:
    history.model("Thing").objects.create(name="long name")
    with pytest.raises(ProgrammingError, match="name"):
        history.apply(operations.AlterField("Thing", "name", models.CharField(max_length=3)))
    history.model("Thing").objects.filter(name="long name").update(name="c")
    history.apply(operations.AlterField("Thing", "name", models.CharField(max_length=3)))
    assert history.rows("Thing", "name") == ["a", "b", "c"]
