"""The inner `class Appwrite` of a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models
from django.test.utils import isolate_apps

from django_appwrite_orm import CachePolicy
from django_appwrite_orm.backend.model_table import appwrite_options, table_of
from django_appwrite_orm.checks import check_models
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import read_tables
from django_appwrite_orm.schema.state import TableState
from tests.support.costs import counted

from .shop.models import Note

READ = 'read("any")'


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give the model Note an inner class with these attributes."""

    def set_options(**options: Any) -> None:
        monkeypatch.setattr(Note, "Appwrite", type("Appwrite", (), options), raising=False)
        vars(Note._meta).pop("_appwrite_table", None)

    yield set_options
    vars(Note._meta).pop("_appwrite_table", None)


def stored() -> TableState:
    tables = run_sync(read_tables(connection.appwrite))  # type: ignore[attr-defined]
    assert tables is not None
    return tables[table_of(Note)._meta.id]


def problems() -> list[tuple[str, str]]:
    found = check_models([apps.get_app_config("shop")])
    return [(str(problem.id), problem.msg) for problem in found]


@pytest.mark.usefixtures("shop")
def test_migrate_sets_what_a_model_says_and_leaves_the_rest(say: Any) -> None:
    usual = stored()
    say(permissions=[READ, 'write("users")'], row_security=True, name="Notes")
    call_command("migrate", run_syncdb=True, verbosity=0)
    table = stored()
    assert table.permissions == {READ, 'create("users")', 'update("users")', 'delete("users")'}
    assert (table.row_security, table.name, table.enabled) == (True, "Notes", True)
    assert (table.columns, table.indexes) == (usual.columns, usual.indexes)
    say(name="Other")
    call_command("migrate", run_syncdb=True, verbosity=0)
    assert (stored().name, stored().permissions) == ("Other", table.permissions)


@pytest.mark.usefixtures("shop")
def test_a_change_of_the_columns_keeps_what_migrate_has_set(say: Any) -> None:
    say(permissions=[READ], row_security=True)
    call_command("migrate", run_syncdb=True, verbosity=0)
    say()  # the models of migrations have no inner class
    field = models.IntegerField(default=0)
    field.set_attributes_from_name("pages")
    field.model = Note
    with connection.schema_editor() as editor:
        editor.add_field(Note, field)
    assert "pages" in stored().columns
    assert (stored().permissions, stored().row_security) == ({READ}, True)


@pytest.mark.usefixtures("shop")
def test_migrate_changes_nothing_a_second_time(say: Any) -> None:
    say(permissions=[READ])
    call_command("migrate", run_syncdb=True, verbosity=0)
    with counted() as costs:
        call_command("migrate", run_syncdb=True, verbosity=0)
    assert {request.split()[0] for request in costs.requests} == {"GET"}


@pytest.mark.usefixtures("shop")
def test_a_table_that_is_not_there_is_left_to_its_migration(say: Any) -> None:
    with connection.schema_editor() as editor:
        editor.delete_model(Note)
    say(permissions=[READ])
    models.signals.post_migrate.send(
        apps.get_app_config("shop"), app_config=apps.get_app_config("shop"), using="default"
    )
    with pytest.raises(KeyError):
        stored()


@pytest.mark.usefixtures("shop")
def test_the_cache_policy_is_that_of_the_reads(say: Any) -> None:
    note = Note.objects.create(text="a")
    say(cache=CachePolicy(ttl=0))
    for _ in range(2):
        with counted() as costs:
            assert Note.objects.get(pk=note.pk) == note
        assert len(costs.requests) == 1
    say(cache=CachePolicy(ttl=60))
    assert Note.objects.get(pk=note.pk) == note
    with counted() as costs:
        assert Note.objects.get(pk=note.pk) == note
    assert costs.requests == []


def test_a_model_takes_the_options_of_its_abstract_bases_and_not_those_of_its_parents() -> None:
    with isolate_apps("tests.backend.shop"):

        class Base(models.Model):
            class Appwrite:
                name = "base"
                row_security = True

            class Meta:
                abstract = True
                app_label = "shop"

        class Parent(Base):
            class Meta:
                app_label = "shop"

        class Own(Base):
            class Appwrite(Base.Appwrite):
                name = "own"

            class Meta:
                app_label = "shop"

        class Other(Base):
            class Appwrite:
                enabled = False

            class Meta:
                app_label = "shop"

        class Child(Parent):
            class Meta:
                app_label = "shop"

        assert appwrite_options(Parent) == {"row_security": True}
        assert appwrite_options(Own) == {"row_security": True, "name": "own"}
        assert appwrite_options(Other) == {"enabled": False}
        assert appwrite_options(Child) == {"row_security": True}
        assert table_of(Own)._meta.row_security
        assert (table_of(Own)._meta.name, table_of(Own)._meta.id) == ("own", "shop_own")


def test_nothing_is_reported_for_options_that_are_right(say: Any) -> None:
    say(permissions=[READ], row_security=True, name="Notes", cache=CachePolicy(ttl=1), enabled=True, warm=True)
    assert problems() == []


@pytest.mark.parametrize(
    ("options", "id", "message"),
    [
        ({"permision": []}, "E109", "shop.Note.Appwrite.permision: is not an option. Did you mean: permissions?"),
        ({"cache": 60}, "E110", "shop.Note.Appwrite.cache: must be a CachePolicy"),
        ({"row_security": 1}, "E110", "shop.Note.Appwrite.row_security: must be True or False, not int."),
        ({"permissions": READ}, "E110", "shop.Note.Appwrite.permissions: must be a list"),
        ({"permissions": ["any"]}, "E110", "shop.Note.Appwrite.permissions: 'any' is not a permission"),
        ({"name": ""}, "E110", "shop.Note.Appwrite.name: has 0 characters."),
        ({"warm": 3}, "E110", "shop.Note.Appwrite.warm: must be True, or"),
    ],
)
def test_a_wrong_option_is_reported(say: Any, options: dict[str, Any], id: str, message: str) -> None:
    say(**options)
    ((found, text),) = problems()
    assert found == f"appwrite.{id}"
    assert text.startswith(message)


def test_an_inner_class_of_a_proxy_is_reported() -> None:
    with isolate_apps("tests.backend.shop") as isolated:

        class Memo(Note):
            class Appwrite:
                row_security = True

            class Meta:
                proxy = True
                app_label = "shop"

        (problem,) = check_models([isolated.get_app_config("shop")])
    assert (problem.id, problem.obj) == ("appwrite.E109", Memo)
