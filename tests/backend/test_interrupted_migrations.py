"""A `migrate` of models that is killed or cut off at any request: the next `migrate` comes to the same end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.management import call_command
from django.db import connection, migrations, models
from django.db.migrations.executor import MigrationExecutor

from django_appwrite_orm.backend.compile.auto_increment import counters
from django_appwrite_orm.transport.retry import Attempt
from tests.support.interruptions import FAILURES, Killed, empty_world, failing
from tests.support.migrations import ask, columns_of, indexes_of
from tests.support.tables import made_once

PACKAGE = "interrupted_migrations"


def capitalize(apps: Any, schema_editor: Any) -> None:
    """Can be run twice, as the data migrations of any database without transactional DDL have to be."""
    for thing in apps.get_model("shop", "Thing").objects.all():
        thing.title = thing.title.capitalize()
        thing.save(update_fields=["title"])


def key() -> tuple[str, Any]:
    return "id", models.BigAutoField(primary_key=True)


STEPS: list[list[Any]] = [
    [
        migrations.CreateModel("Owner", [key(), ("name", models.CharField(max_length=20))]),
        migrations.CreateModel(
            "Thing",
            [
                key(),
                ("name", models.CharField(max_length=20)),
                ("number", models.CharField(max_length=9)),
                ("owner", models.ForeignKey("shop.Owner", models.CASCADE)),
            ],
        ),
    ],
    [migrations.CreateModel("Label", [key(), ("text", models.CharField(max_length=20, unique=True))])],
    [migrations.AddField("thing", "size", models.IntegerField(default=7))],
    [migrations.AlterField("thing", "number", models.IntegerField())],
    [migrations.RenameField("thing", "name", "title")],
    [migrations.AddConstraint("thing", models.UniqueConstraint(fields=["owner", "title"], name="owner_title"))],
    [migrations.AddField("thing", "labels", models.ManyToManyField("shop.Label"))],
    [migrations.RunPython(capitalize, migrations.RunPython.noop)],
    [migrations.RenameModel("Owner", "Person")],
]
END = [("A", 1, 7, "ada"), ("B", 2, 7, "ada"), ("C", 3, 7, "bob")]


@pytest.fixture
def history(settings: Any, django_db_blocker: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Migrations of the app `shop` on disk, in place of its models."""
    package = tmp_path / PACKAGE
    package.mkdir()
    (package / "__init__.py").write_text("")
    for number in range(1, len(STEPS) + 1):
        needed = [("shop", f"{number - 1:04}_step")] if number > 1 else []
        (package / f"{number:04}_step.py").write_text(
            f"from django.db import migrations\nfrom {__name__} import STEPS\n\n\n"
            f"class Migration(migrations.Migration):\n"
            f"    initial = {number == 1}\n    dependencies = {needed}\n    operations = STEPS[{number - 1}]\n"
        )
    monkeypatch.syspath_prepend(tmp_path)
    settings.MIGRATION_MODULES = {"shop": PACKAGE}
    with django_db_blocker.unblock():
        yield
        connection.close()
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def migrate(target: str | None = None) -> None:
    call_command("migrate", "shop", *([target] if target else []), verbosity=0, interactive=False)


def prepare() -> None:
    """Have the first migration, and rows."""
    empty_world()
    counters.clear()
    made_once(first_migration, PACKAGE)


def first_migration() -> None:
    migrate("0001")
    apps = MigrationExecutor(connection).loader.project_state(("shop", "0001_step")).apps
    owner, thing = apps.get_model("shop", "Owner"), apps.get_model("shop", "Thing")
    owners = [owner.objects.create(pk=pk, name=name) for pk, name in ((1, "ada"), (2, "bob"))]
    for pk, name in enumerate("abc", 1):
        thing.objects.create(pk=pk, name=name, number=str(pk), owner=owners[pk // 3])


def schema() -> Any:
    """The tables with their columns and indexes, without what an interruption may leave in the meantime."""
    tables = sorted(table["$id"] for table in ask("GET", "/tables")["tables"] if table["$id"].startswith("shop_"))
    return {
        table: (
            {key: (column["type"], column["required"]) for key, column in columns_of(table).items()},
            {(index["type"], tuple(index["columns"])) for index in indexes_of(table).values()},
        )
        for table in tables
    }


def end() -> Any:
    """The rows and the schema at the end; a label can be linked."""
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes("shop")) == []
    apps = executor.loader.project_state(("shop", f"{len(STEPS):04}_step")).apps
    thing, label = apps.get_model("shop", "Thing"), apps.get_model("shop", "Label")
    rows = list(thing.objects.order_by("pk").values_list("title", "number", "size", "owner__name"))
    first = thing.objects.get(pk=1)
    first.labels.add(label.objects.create(text="new"))
    assert thing.objects.get(labels__text="new").pk == 1
    assert apps.get_model("shop", "Person").objects.count() == 2
    return rows, schema()


def requests_of_a_whole_run() -> tuple[int, Any]:
    prepare()
    with mock.patch.object(Attempt, "perform", autospec=True, side_effect=Attempt.perform) as performed:
        migrate()
    return sum(not call.args[0].request.is_read for call in performed.call_args_list), end()


def interrupted_at(at: int, failure: str, *, applied: bool) -> Any:
    """The end state after a run that failed at a request, and another run."""
    prepare()
    with failing(at, FAILURES[failure], applied=applied), pytest.raises(BaseException) as raised:  # noqa: PT011
        migrate()
    assert isinstance(raised.value, Killed) == (failure == "killed"), at
    connection.close()
    migrate()
    return end()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("failure", "applied"), [("killed", False), ("killed", True), ("connection lost", True), ("timeout", False)]
)
@pytest.mark.usefixtures("history")
def test_the_next_migrate_finishes_one_that_was_interrupted_at_any_request(failure: str, applied: bool) -> None:
    total, expected = requests_of_a_whole_run()
    assert expected[0] == END
    assert total > 25
    for at in range(1, total + 1):
        assert interrupted_at(at, failure, applied=applied) == expected, at
