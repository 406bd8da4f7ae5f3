"""The commands of Django's migrations in a project with migrations on disk, and a local Appwrite in a file."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

from tests.support.projects import run

pytestmark = pytest.mark.slow

SETTINGS = """
from pathlib import Path

SECRET_KEY = "tests"
USE_TZ = True
INSTALLED_APPS = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.flatpages",
    "django.contrib.messages", "django.contrib.redirects", "django.contrib.sessions", "django.contrib.sites",
    "django_appwrite_orm", "things",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPWRITE_ORM = {
    "default": {"ENDPOINT": f"local:{Path(__file__).with_name('rows.sqlite3')}", "DATABASE_ID": "main"},
}
DATABASES = {"default": {"ENGINE": "django_appwrite_orm.backend", "NAME": "default"}}
SILENCED_SYSTEM_CHECKS = ["appwrite_orm.W001", "admin.E403", "admin.E408", "admin.E409", "admin.E410"]
"""
MODELS = """
from django.db import models


class Maker(models.Model):
    name = models.CharField(max_length=50, unique=True)


class Thing(models.Model):
    name = models.CharField(max_length=20)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    maker = models.ForeignKey(Maker, models.CASCADE, null=True)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    app = tmp_path / "things"
    (app / "migrations").mkdir(parents=True)
    for path, text in {
        "settings.py": SETTINGS,
        "things/__init__.py": "",
        "things/migrations/__init__.py": "",
        "things/models.py": MODELS,
    }.items():
        (tmp_path / path).write_text(text)
    return tmp_path


def manage(project: Path, *commands: str) -> str:
    """Run commands one after the other in one process, and return what they print."""
    calls = "; ".join(f"execute_from_command_line(['manage.py', *{command.split()!r}])" for command in commands)
    return run(project, "-c", f"from django.core.management import execute_from_command_line; {calls}")


def execute(project: Path, code: str) -> str:
    return run(project, "-c", f"import django; django.setup()\n{dedent(code)}")


def change_models(project: Path, old: str, new: str) -> None:
    path = project / "things" / "models.py"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_an_app_is_migrated_forwards_and_backwards(project: Path) -> None:
    output = manage(project, "makemigrations things", "migrate --plan", "migrate things", "migrate --check things")
    assert "things.0001_initial" in output
    assert "Create model Thing" in output
    assert "Applying things.0001_initial... OK" in output
    execute(project, "from things.models import *; Thing.objects.create(name='lamp', price=3)")

    change_models(project, "price = ", "stock = models.IntegerField(default=7)\n    price = ")
    output = manage(project, "makemigrations things -n stock", "sqlmigrate things 0002", "migrate things")
    assert "-- add column things_thing.stock (bigint)" in output
    assert "Applying things.0002_stock... OK" in output
    counted = "from things.models import *; print('stock', Thing.objects.get().stock)"
    assert "stock 7" in execute(project, counted)

    output = manage(project, "migrate things 0001", "showmigrations things", "migrate things", "migrate things")
    assert "Unapplying things.0002_stock... OK" in output
    assert "[X] 0001_initial\n [ ] 0002_stock" in output
    assert "No migrations to apply" in output
    assert "stock 7" in execute(project, counted)

    output = manage(project, "squashmigrations things 0001 0002 --noinput", "migrate things", "migrate things zero")
    assert "No migrations to apply" in output
    assert re.search(r"Unapplying things\.0001_\w*squashed_0002_stock\.\.\. OK", output)
    assert "tables []" in execute(
        project, "from django.db import connection as c; print('tables', [n for n in c.introspection.table_names()"
        " if n.startswith('things')])",
    )  # fmt: skip
    assert "squashed_0002_stock... OK" in manage(project, "migrate things")


def test_migrations_are_recorded_without_being_applied(project: Path) -> None:
    manage(project, "makemigrations things", "migrate things")
    execute(project, "from things.models import *; Thing.objects.create(name='lamp', price=3)")
    output = manage(project, "migrate things zero --fake", "migrate things --fake-initial", "showmigrations things")
    assert "Unapplying things.0001_initial... FAKED" in output
    assert "Applying things.0001_initial... FAKED" in output
    assert "[X] 0001_initial" in output
    assert "1 thing" in execute(project, "from things.models import *; print(Thing.objects.count(), 'thing')")


def test_contrib_apps_are_migrated_to_their_heads_and_back(project: Path) -> None:
    apps = ["admin", "auth", "contenttypes", "flatpages", "redirects", "sessions", "sites"]
    manage(project, "makemigrations things", "migrate -v0")
    assert "5 models of auth" in execute(
        project,
        """
        from django.contrib.auth.models import Permission, User
        from django.contrib.contenttypes.models import ContentType
        from django.contrib.sites.models import Site
        print(ContentType.objects.filter(app_label__in=["auth", "contenttypes", "admin"]).count(), "models of auth")
        assert Site.objects.get().pk == 1
        assert Permission.objects.filter(content_type__app_label="auth").count() == 12
        User.objects.create_user("ada")
        """,
    )
    manage(project, "flush --noinput -v0")
    output = manage(project, *(f"migrate {app} zero" for app in apps), "showmigrations")
    assert "[X]" not in output.partition("things")[0]
    assert "tables left: ['django_migrations'" in execute(
        project,
        """
        from django.db import connection
        print("tables left:", [n for n in connection.introspection.table_names() if not n.startswith("things")])
        """,
    )
    manage(project, "migrate -v0")


def test_inspectdb_writes_models_that_work(project: Path) -> None:
    manage(project, "makemigrations things", "migrate things")
    execute(
        project,
        """
        from things.models import *
        maker = Maker.objects.create(name="Ada")
        Thing.objects.create(name="lamp", price="3.50", maker=maker)
        from django_appwrite_orm import Table, columns
        from django_appwrite_orm.sansio import run_sync
        from django_appwrite_orm.schema import migrate
        class Event(Table):
            name = columns.String(size=30, required=True)
            kind = columns.Enum(["short", "longer"], default="short")
            at = columns.Datetime()
            tags = columns.String(size=10, array=True)
            where = columns.Point()
            class Meta:
                name = "events"
        run_sync(migrate([Event]))
        Event.objects.create(name="Opening")
        """,
    )
    written = manage(project, "inspectdb things_maker things_thing events")
    (project / "found.py").write_text(
        written.replace("  managed = False", "  managed = False\n        app_label = 'found'")
    )
    assert "kind = models.CharField(max_length=6, " in written
    assert "#   events.tags (" in written
    assert "#   events.where (" in written
    assert "worked" in execute(
        project,
        """
        from decimal import Decimal
        from found import Events, ThingsMaker, ThingsThing
        thing = ThingsThing.objects.get(price=Decimal("3.50"))
        assert ThingsMaker.objects.get(pk=int(thing.maker_id)).name == "Ada"
        new = ThingsThing.objects.create(name="desk", price=2)
        assert isinstance(new.pk, int)
        event = Events.objects.get()
        assert (event.name, len(event.pk)) == ("Opening", 20)
        event.name = "Closing"
        event.save()
        assert Events.objects.create(name="Next", kind="longer").pk != event.pk
        assert sorted(Events.objects.values_list("name", flat=True)) == ["Closing", "Next"]
        print("worked")
        """,
    )


def test_a_table_of_a_model_and_a_table_class_is_refused(project: Path) -> None:
    (project / "things" / "tables.py").write_text(
        "from django_appwrite_orm import Table, columns\n\n\n"
        "class Other(Table):\n    name = columns.String(size=9)\n\n    class Meta:\n        name = 'others'\n"
    )
    manage(project, "makemigrations things", "migrate things")
    output = manage(project, "migrate_appwrite --prune --allow-destructive --noinput")
    left_alone = [line for line in output.splitlines() if line.startswith("Not declared, left alone")]
    assert left_alone == ["Not declared, left alone: 3 tables of models, which manage.py migrate changes"]
    for command in ("migrate_appwrite -v 2", "migrate_appwrite --plan -v 2"):
        names = "Not declared, left alone: 3 tables of models (django_migrations, things_maker, things_thing), which"
        assert names in manage(project, command)
    assert "2 tables" in execute(
        project,
        """
        from django.db import connection
        names = connection.introspection.table_names()
        print(sum(name.startswith("things") for name in names), "tables")
        """,
    )
    tables = project / "things" / "tables.py"
    tables.write_text(tables.read_text().replace("'others'", "'things_thing'"))
    for command in ("migrate", "check --database default"):
        with pytest.raises(AssertionError, match=r"appwrite\.E112"):
            manage(project, command)
    with pytest.raises(AssertionError, match="Models have the tables of these classes"):
        manage(project, "migrate_appwrite --noinput")


FILL = """
from django.db import migrations


def fill(apps, schema_editor):
    Maker = apps.get_model("things", "Maker")
    Maker.objects.bulk_create(Maker(name=f"maker {n}") for n in range(3))
    Maker.objects.create(name="Ada")
    if STOPS:
        raise ValueError("The migration failed.")


class Migration(migrations.Migration):
    dependencies = [("things", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
"""


@pytest.mark.parametrize(("atomic", "left"), [("staged", 0), ("off", 4)])
def test_a_failed_run_python_leaves_rows_only_with_atomic_off(project: Path, atomic: str, left: int) -> None:
    settings = project / "settings.py"
    settings.write_text(settings.read_text() + f'DATABASES["default"]["OPTIONS"] = {{"atomic": {atomic!r}}}\n')
    manage(project, "makemigrations things -v0", "migrate things -v0")
    migration = project / "things" / "migrations" / "0002_fill.py"
    migration.write_text(FILL.replace("STOPS", "True"))
    with pytest.raises(AssertionError, match="The migration failed"):
        manage(project, "migrate things")
    count = "from things.models import *; print('makers:', Maker.objects.count())"
    assert f"makers: {left}" in execute(project, count)
    assert "[ ] 0002_fill" in manage(project, "showmigrations things")

    execute(project, "from things.models import *; Maker.objects.all().delete()")
    migration.write_text(FILL.replace("STOPS", "False"))
    assert "Applying things.0002_fill... OK" in manage(project, "migrate things")
    assert "makers: 4" in execute(project, count)


def test_a_plan_names_the_steps_and_makes_none(project: Path) -> None:
    output = manage(project, "makemigrations things -v0", "migrate things --plan", "showmigrations things")
    assert "Planned operations:\nthings.0001_initial\n    Create model Maker\n    Create model Thing\n" in output
    assert "[ ] 0001_initial" in output
    tables = """
        from django.db import connection
        print("tables:", sorted(name for name in connection.introspection.table_names() if name.startswith("things")))
        """
    assert "tables: []" in execute(project, tables)
    output = manage(project, "migrate things", "migrate things zero --plan", "showmigrations things")
    assert "Undo Create model Maker\n    Undo Create model Thing\n" in output
    assert "[X] 0001_initial" in output
    assert "tables: ['things_maker', 'things_thing']" in execute(project, tables)


def test_fake_changes_no_table_and_fake_initial_makes_missing_ones(project: Path) -> None:
    manage(project, "makemigrations things -v0", "migrate things -v0")
    execute(project, "from things.models import *; Thing.objects.create(name='lamp', price=3)")
    change_models(project, "price = ", "stock = models.IntegerField(default=7)\n    price = ")
    output = manage(project, "makemigrations things -n stock -v0", "migrate things --fake", "showmigrations things")
    assert "Applying things.0002_stock... FAKED" in output
    assert "[X] 0002_stock" in output
    columns = """
        from django.db import connection
        with connection.cursor() as cursor:
            rows = connection.introspection.get_table_description(cursor, "things_thing")
        print("columns:", sorted(row.name for row in rows))
        """
    assert "columns: ['id', 'maker_id', 'name', 'price']" in execute(project, columns)
    output = manage(project, "migrate things 0001 --fake", "migrate things")
    assert "Unapplying things.0002_stock... FAKED" in output
    assert "Applying things.0002_stock... OK" in output
    assert "columns: ['id', 'maker_id', 'name', 'price', 'stock']" in execute(project, columns)

    output = manage(project, "migrate things zero", "migrate things --fake-initial")
    assert "Applying things.0001_initial... OK" in output
    assert "columns: ['id', 'maker_id', 'name', 'price', 'stock']" in execute(project, columns)


def test_a_squashed_migration_takes_the_place_of_those_it_replaces(project: Path) -> None:
    manage(project, "makemigrations things -v0", "migrate things -v0")
    execute(project, "from things.models import *; Thing.objects.create(name='lamp', price=3)")
    change_models(project, "price = ", "stock = models.IntegerField(default=7)\n    price = ")
    output = manage(
        project,
        "makemigrations things -n stock -v0",
        "squashmigrations things 0001 0002 --noinput -v0",
        "migrate things",
        "showmigrations things",
    )
    assert "Applying things.0002_stock... OK" in output  # half of it was applied: the old ones go on
    assert re.search(r"\[X\] 0001_\w*squashed_0002_stock \(2 squashed migrations\)", output)
    assert "stock: 7" in execute(project, "from things.models import *; print('stock:', Thing.objects.get().stock)")
