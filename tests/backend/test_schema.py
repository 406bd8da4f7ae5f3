"""Changes of the schema, as migrations ask for them."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, NotSupportedError, OperationalError, connection, migrations, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.migration import Migration
from django.db.migrations.state import ProjectState
from django.db.models import Value

from django_appwrite_orm.connection.connection import Connection
from django_appwrite_orm.exceptions import Unavailable
from django_appwrite_orm.models import IDField
from tests.support.costs import counted
from tests.support.migrations import ask


@pytest.fixture(autouse=True)
def unblocked(django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield
        connection.close()


class Project:
    """The state of an app while its migrations are applied, one operation at a time."""

    def __init__(self) -> None:
        self.state = ProjectState()

    def apply(self, *operations: Any) -> ProjectState:
        migration = type("Migration", (Migration,), {"operations": list(operations)})("0001", "garage")
        with connection.schema_editor() as editor:
            self.state = migration.apply(self.state, editor)
        return self.state

    def __getattr__(self, name: str) -> Any:
        return self.state.apps.get_model("garage", name)


@pytest.fixture
def project() -> Project:
    made = Project()
    made.apply(
        migrations.CreateModel("Owner", [("id", models.BigAutoField(primary_key=True))]),
        migrations.CreateModel(
            "Car",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("plate", models.CharField(max_length=20)),
                ("doors", models.IntegerField(default=4)),
                ("owner", models.ForeignKey("garage.Owner", models.CASCADE, null=True)),
            ],
        ),
    )
    return made


def described(table: str) -> dict[str, str]:
    with connection.cursor() as cursor:
        columns = connection.introspection.get_table_description(cursor, table)
    return {column.name: f"{column.type_code}{'' if column.null_ok else ' required'}" for column in columns}


def constraints(table: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, table)
    return {name: (one["unique"], one["columns"]) for name, one in found.items() if not one["primary_key"]}


def test_tables_of_one_migration_are_created_together(project: Project) -> None:
    assert described("garage_car") == {
        "id": "id required", "plate": "string required", "doors": "bigint required", "owner_id": "string",
    }  # fmt: skip
    assert constraints("garage_car") == {"owner_id_idx": (False, ["owner_id"])}
    project.Car.objects.create(plate="A1")
    assert described("garage_car")["id"] == "number as id required"


def test_a_new_field_has_its_default_in_rows_that_are_there(project: Project) -> None:
    project.Car.objects.create(plate="A1")
    project.apply(
        migrations.AddField("car", "colour", models.CharField(max_length=10, default="red")),
        migrations.AddField("car", "note", models.TextField(null=True)),
        migrations.AddField("car", "wheels", models.IntegerField(null=True, default=3)),
        migrations.AddField("car", "year", models.IntegerField(db_default=1985)),
        migrations.AddField("car", "sold", models.DateField(null=True, db_index=True)),
    )
    car = project.Car.objects.get()
    assert (car.colour, car.note, car.wheels, car.year) == ("red", None, 3, 1985)
    assert constraints("garage_car")["sold_idx"] == (False, ["sold"])
    assert project.Car.objects.create(plate="A2").year == 1985


def test_a_field_is_renamed_with_its_values_and_removed_with_its_index(project: Project) -> None:
    project.Car.objects.create(plate="A1")
    project.apply(migrations.RenameField("car", "plate", "sign"))
    assert project.Car.objects.get().sign == "A1"
    project.apply(migrations.RemoveField("car", "owner"))
    assert "owner_id" not in described("garage_car")
    assert constraints("garage_car") == {}


def test_a_field_becomes_required_and_another_kind(project: Project) -> None:
    project.Car.objects.create(plate="12")
    project.apply(migrations.AddField("car", "note", models.CharField(max_length=10, null=True)))
    project.apply(
        migrations.AlterField("car", "note", models.CharField(max_length=30, default="none")),
        migrations.AlterField("car", "doors", models.BigIntegerField(null=True)),
        migrations.AlterField("car", "plate", models.CharField(max_length=5, unique=True)),
    )
    assert described("garage_car") == {
        "id": "number as id required", "plate": "string required", "doors": "bigint", "owner_id": "string",
        "note": "string required",
    }  # fmt: skip
    assert project.Car.objects.get().note == "none"
    assert constraints("garage_car")["plate_uniq"] == (True, ["plate"])


def test_values_that_are_there_twice_do_not_become_unique(project: Project) -> None:
    for _ in range(2):
        project.Car.objects.create(plate="A1")
    with pytest.raises(IntegrityError, match="plate"):
        project.apply(migrations.AlterField("car", "plate", models.CharField(max_length=20, unique=True)))
    assert "plate_uniq" not in constraints("garage_car")


def test_indexes_and_constraints_come_and_go(project: Project) -> None:
    project.apply(
        migrations.AddIndex("car", models.Index(fields=["plate", "-doors"], name="by_plate")),
        migrations.AddConstraint("car", models.UniqueConstraint(fields=["plate", "owner"], name="one_plate")),
        migrations.AlterUniqueTogether("car", {("plate", "doors")}),
    )
    assert constraints("garage_car") == {
        "owner_id_idx": (False, ["owner_id"]),
        "by_plate": (False, ["plate", "doors"]),
        "one_plate": (True, ["plate", "owner_id"]),
        "plate_doors_uniq": (True, ["plate", "doors"]),
    }
    project.apply(
        migrations.RenameIndex("car", new_name="plates", old_name="by_plate"),
        migrations.RemoveConstraint("car", "one_plate"),
        migrations.AlterUniqueTogether("car", set()),
    )
    assert constraints("garage_car") == {
        "owner_id_idx": (False, ["owner_id"]), "plates": (False, ["plate", "doors"]),
    }  # fmt: skip


def test_a_model_is_renamed_with_its_rows_and_deleted(project: Project) -> None:
    owner = project.Owner.objects.create()
    car = project.Car.objects.create(plate="A1", owner=owner)
    project.apply(migrations.RenameModel("Car", "Van"))
    assert project.Van.objects.get(pk=car.pk).owner_id == owner.pk
    assert "garage_car" not in connection.introspection.table_names()
    project.apply(migrations.DeleteModel("Van"))
    assert connection.introspection.table_names() == ["garage_owner"]


def test_a_copy_that_was_interrupted_goes_on(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.Car.objects.bulk_create([project.Car(plate=str(n)) for n in range(150)])
    described_before = ask("GET", "/tables/garage_car/rows")["rows"][0]
    write, times = Connection.write, iter([True])

    def cut_off(self: Connection, tables: Any, request: Any) -> Any:
        if next(times, False):
            return write(self, tables, request)
        raise Unavailable("cut off")

    state = project.state.clone()
    with monkeypatch.context() as patched:
        patched.setattr(Connection, "write", cut_off)
        with pytest.raises(OperationalError, match="cut off"):
            project.apply(migrations.RenameModel("Car", "Van"))
    assert ask("GET", "/tables/garage_van/rows")["total"] == 90
    project.state = state
    project.apply(migrations.RenameModel("Car", "Van"))
    assert project.Van.objects.count() == 150
    row = ask("GET", f"/tables/garage_van/rows/{described_before['$id']}")
    assert (row["$createdAt"], row["$updatedAt"]) == (described_before["$createdAt"], described_before["$updatedAt"])


def test_data_migrations_see_the_tables_of_their_own_migration(project: Project) -> None:
    def fill(apps: Any, editor: Any) -> None:
        apps.get_model("garage", "Wheel").objects.create(id="w1")

    project.apply(migrations.CreateModel("Wheel", [("id", IDField(primary_key=True))]), migrations.RunPython(fill))
    assert project.Wheel.objects.get().pk == "w1"


def test_many_to_many_relations_have_tables(project: Project) -> None:
    project.apply(migrations.AddField("car", "drivers", models.ManyToManyField("garage.Owner", related_name="+")))
    car, owner = project.Car.objects.create(plate="A1"), project.Owner.objects.create()
    car.drivers.add(owner)
    assert list(car.drivers.all()) == [owner]
    project.apply(migrations.RemoveField("car", "drivers"))
    assert connection.introspection.table_names() == ["garage_car", "garage_owner"]


def test_what_cannot_be_done_is_refused(project: Project) -> None:
    with pytest.raises(NotSupportedError, match="write a RunPython operation"):
        project.apply(migrations.RunSQL("DELETE FROM garage_car"))
    with pytest.raises(NotSupportedError, match="the ids of rows are made from the primary key"):
        project.apply(migrations.AlterField("car", "id", models.UUIDField(primary_key=True)))


def test_the_steps_are_printed_and_no_request_is_sent(project: Project) -> None:
    operation = migrations.AddField("car", "colour", models.CharField(max_length=10, null=True))
    migration = type("Migration", (Migration,), {"operations": [operation]})("0002", "garage")
    with counted() as costs, connection.schema_editor(collect_sql=True) as editor:
        migration.apply(project.state.clone(), editor, collect_sql=True)
    assert [line for line in editor.collected_sql if "colour" in line] != []
    assert costs.requests == []


def test_migrate_records_what_it_has_applied() -> None:
    call_command("migrate", verbosity=0)
    assert "django_migrations" in connection.introspection.table_names()
    assert MigrationExecutor(connection).loader.applied_migrations.keys() >= {("sessions", "0001_initial")}
    output = io.StringIO()
    call_command("migrate", "sessions", "zero", verbosity=0)
    call_command("migrate", "--plan", stdout=output)
    assert "sessions.0001_initial" in output.getvalue()
    assert "django_session" not in connection.introspection.table_names()


def test_inspectdb_shows_models_of_the_tables_that_exist(project: Project) -> None:
    project.Car.objects.create(plate="A1")
    output = io.StringIO()
    call_command("inspectdb", stdout=output)
    text = output.getvalue()
    assert "id = models.BigAutoField(primary_key=True)" in text
    assert "id = IDField(primary_key=True)" in text
    assert "plate = models.CharField(max_length=20)" in text
    assert "db_table = 'garage_car'" in text


def test_a_db_default_fills_rows_that_older_code_creates(project: Project) -> None:
    before = project.state.clone()
    car = project.Car.objects.create(plate="A1")
    project.apply(
        migrations.AddField("car", "year", models.IntegerField(default=3, db_default=1985)),
        migrations.AddField("car", "sold", models.DateField(db_default=datetime.date(2020, 1, 2))),
        migrations.AddField("car", "price", models.DecimalField(max_digits=25, decimal_places=2, db_default=Value(7))),
        migrations.AddField("car", "note", models.CharField(max_length=5, null=True, db_default="none")),
    )
    older = before.apps.get_model("garage", "Car").objects.create(plate="A2")
    read = project.Car.objects.values_list("year", "sold", "price", "note")
    assert read.get(pk=car.pk) == (1985, datetime.date(2020, 1, 2), Decimal(7), "none")
    assert read.get(pk=older.pk) == (1985, datetime.date(2020, 1, 2), Decimal(7), None)
    newer = project.Car.objects.create(plate="A3", note=None)
    assert read.get(pk=newer.pk) == (3, datetime.date(2020, 1, 2), Decimal(7), None)
    with pytest.raises(IntegrityError, match="NOT NULL"):
        project.Car.objects.create(plate="A4", year=None)


def test_a_db_default_comes_and_goes_with_the_rows_filled(project: Project) -> None:
    project.apply(migrations.AddField("car", "year", models.IntegerField(null=True)))
    project.Car.objects.create(plate="A1")
    project.apply(migrations.AlterField("car", "year", models.IntegerField(db_default=1985)))
    assert described("garage_car")["year"] == "bigint"
    assert project.Car.objects.get().year == 1985
    project.apply(migrations.AlterField("car", "year", models.IntegerField(default=1990)))
    assert described("garage_car")["year"] == "bigint required"
    assert project.Car.objects.create(plate="A2").year == 1990


def test_a_field_is_renamed_by_the_case_of_its_letters(project: Project) -> None:
    project.Car.objects.create(plate="A1")
    project.apply(
        migrations.AddIndex("car", models.Index(fields=["plate"], name="plates")),
        migrations.RenameField("car", "plate", "Plate"),
    )
    assert project.Car.objects.get(Plate="A1").Plate == "A1"
    assert constraints("garage_car")["plates"] == (False, ["Plate"])


def test_a_relation_to_many_leads_elsewhere_and_back(project: Project) -> None:
    project.apply(migrations.AddField("car", "owners", models.ManyToManyField("garage.Owner", related_name="all_cars")))
    through = "garage_car_owners"
    owner = project.Owner.objects.create()
    project.Car.objects.create(plate="A1").owners.add(owner)
    project.apply(migrations.AlterField("car", "owners", models.ManyToManyField("self")))
    assert set(described(through)) == {"id", "from_car_id", "to_car_id"}
    assert project.Car.owners.through.objects.values_list("to_car_id", flat=True).get() == owner.pk
    project.apply(migrations.AlterField("car", "owners", models.ManyToManyField("garage.Owner")))
    assert set(described(through)) == {"id", "car_id", "owner_id"}
    assert project.Car.objects.get().owners.get().pk == owner.pk
    assert (True, ["car_id", "owner_id"]) in constraints(through).values()


def test_a_renamed_model_keeps_its_relation_to_many_to_itself(project: Project) -> None:
    project.apply(migrations.AddField("car", "parts", models.ManyToManyField("self", symmetrical=False)))
    car = project.Car.objects.create(plate="A1")
    car.parts.add(project.Car.objects.create(plate="A2"))
    project.apply(migrations.RenameModel("Car", "Vehicle"))
    assert set(described("garage_vehicle_parts")) == {"id", "from_vehicle_id", "to_vehicle_id"}
    assert project.Vehicle.objects.get(plate="A1").parts.get().plate == "A2"


def test_a_constraint_stays_when_its_field_is_no_longer_unique(project: Project) -> None:
    project.apply(
        migrations.CreateModel(
            "Tag",
            [("id", models.BigAutoField(primary_key=True)), ("slug", models.CharField(max_length=20, unique=True))],
            options={"constraints": [models.UniqueConstraint(fields=["slug"], name="one_slug")]},
        ),
        migrations.AlterField("tag", "slug", models.CharField(max_length=20)),
    )
    project.Tag.objects.create(slug="a")
    with pytest.raises(IntegrityError):
        project.Tag.objects.create(slug="a")
    assert constraints("garage_tag") == {"one_slug": (True, ["slug"])}
