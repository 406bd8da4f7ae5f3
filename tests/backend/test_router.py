"""Two databases: SQLite is the default one, and the models of the shop are on Appwrite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import NotSupportedError, connections, models, router
from django.test import override_settings
from django.test.utils import CaptureQueriesContext, isolate_apps

from django_appwrite_orm import orm, signals
from django_appwrite_orm.backend.model_table import table_of
from django_appwrite_orm.backend.router import databases_of_apps
from django_appwrite_orm.checks import check_models
from django_appwrite_orm.connection import connections as appwrite_connections
from django_appwrite_orm.events.dispatch import dispatch_event
from django_appwrite_orm.plans import UpdateRow
from django_appwrite_orm.routers import aliases
from django_appwrite_orm.sansio import run_sync

from .shop.models import Maker, Note, Product

ROUTER = "django_appwrite_orm.backend.router.AppwriteRouter"
ENGINE = "django_appwrite_orm.backend"


@pytest.fixture
def databases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    """SQLite, and Appwrite with the shop; both are empty."""
    both = {
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "main.sqlite3")},
        "appwrite": {"ENGINE": ENGINE, "NAME": "default", "OPTIONS": {"apps": ["shop"]}},
    }
    monkeypatch.setattr(settings, "DATABASES", both)
    own, connections.settings = connections.settings, connections.configure_settings(both)
    usual = connections["default"]
    del connections["default"]
    try:
        with override_settings(DATABASE_ROUTERS=[ROUTER]), django_db_blocker.unblock():
            yield both
            connections.close_all()
    finally:
        connections.settings = own
        connections["default"] = usual
        if hasattr(connections._connections, "appwrite"):
            del connections["appwrite"]


@pytest.fixture
def tables(databases: dict[str, Any]) -> None:
    for alias in databases:
        call_command("migrate", database=alias, run_syncdb=True, verbosity=0)


def names_of_tables(alias: str) -> set[str]:
    with connections[alias].cursor() as cursor:
        return set(connections[alias].introspection.table_names(cursor))


@pytest.mark.usefixtures("tables")
def test_the_tables_of_an_app_are_in_its_database_alone() -> None:
    shop = {model._meta.db_table for model in apps.get_app_config("shop").get_models(include_auto_created=True)}
    assert shop <= names_of_tables("appwrite")
    assert not shop & names_of_tables("default")
    assert Session._meta.db_table in names_of_tables("default")
    assert Session._meta.db_table not in names_of_tables("appwrite")


@pytest.mark.usefixtures("tables")
def test_rows_are_read_and_written_in_the_database_of_their_app() -> None:
    note = Note.objects.create(text="a")
    Session.objects.create(session_key="s", session_data="", expire_date="2030-01-01T00:00Z")
    assert note._state.db == "appwrite"
    assert [row.text for row in Note.objects.using("appwrite")] == ["a"]
    assert Note.objects.get().text == "a"
    assert Session.objects.get()._state.db == "default"


@pytest.mark.usefixtures("tables")
def test_relations_inside_one_database_work() -> None:
    maker = Maker.objects.create(name="Ada")
    product = Product.objects.create(name="x", maker=maker)
    assert Product.objects.get(maker__name="Ada") == product
    assert list(maker.product_set.all()) == [product]


@pytest.mark.usefixtures("tables")
def test_a_row_is_saved_through_the_database_that_it_was_read_from(databases: dict[str, Any]) -> None:
    """As where a second database of the same connection is for users."""
    databases["second"] = connections.settings["appwrite"] | {"OPTIONS": {}}
    maker = Maker.objects.create(name="Ada")
    Product.objects.create(name="x", maker=maker)
    own = Maker.objects.using("second").get()
    with CaptureQueriesContext(connections["appwrite"]) as by_app, CaptureQueriesContext(connections["second"]) as its:
        own.save()
        own.refresh_from_db()
        (product,) = own.product_set.all()
        assert product.maker == own
        own.product_set.create(name="y")
        product.delete()
    assert not by_app.captured_queries
    assert len(its.captured_queries) >= 6
    assert product._state.db == own._state.db == "second"
    product = Product.objects.get()
    product.maker = own  # of the same tables
    product.save()
    assert product._state.db == "appwrite"
    session = Session()
    session._state.db = "default"
    assert router.db_for_write(Maker, instance=session) == "appwrite"
    databases["other"] = connections.settings["second"] | {"NAME": "another"}
    own._state.db = "other"
    assert router.db_for_read(Product, instance=own) == "appwrite"
    connections["second"].close()
    del connections["second"]


@pytest.mark.usefixtures("databases")
def test_a_relation_to_another_database_is_refused_with_the_reason() -> None:
    reason = "shop.Product is in database 'appwrite' and sessions.Session in 'default'"
    with pytest.raises(ValueError, match=reason):
        router.allow_relation(Product(), Session())
    assert router.allow_relation(Session(), Session()) is True
    other = Maker()
    other._state.db = "default"
    with pytest.raises(ValueError, match=r"shop\.Maker is in database 'default' and shop\.Product in 'appwrite'"):
        Product().maker = other


@pytest.mark.usefixtures("databases")
def test_apps_that_are_not_named_are_left_to_others() -> None:
    assert router.routers[0].db_for_read(Session) is None
    assert router.routers[0].allow_migrate("default", "sessions") is None
    assert router.routers[0].allow_migrate("appwrite", "sessions") is False
    assert router.routers[0].allow_migrate("appwrite", "shop") is True
    assert router.routers[0].allow_migrate("default", "shop") is False


def test_a_default_database_takes_the_apps_that_no_other_one_names(databases: dict[str, Any]) -> None:
    databases["default"] |= {"ENGINE": ENGINE, "OPTIONS": {"apps": ["library"]}}
    assert router.allow_migrate("default", "sessions")
    assert not router.allow_migrate("appwrite", "sessions")


def test_an_app_in_two_databases_is_refused(databases: dict[str, Any]) -> None:
    databases["other"] = {"ENGINE": ENGINE, "NAME": "default", "OPTIONS": {"apps": ["shop"]}}
    with pytest.raises(ImproperlyConfigured, match=r"the app 'shop' is in OPTIONS.*'appwrite' and of 'other'"):
        databases_of_apps()


@pytest.mark.usefixtures("databases")
def test_nothing_is_reported_where_nothing_is_wrong() -> None:
    assert check_models() == []


def test_an_unknown_app_is_reported(databases: dict[str, Any]) -> None:
    databases["appwrite"]["OPTIONS"] = {"apps": ["shopp", "shop"]}
    (problem,) = check_models()
    assert problem.id == "appwrite.E107"
    assert "DATABASES['appwrite']" in problem.msg
    assert "Did you mean: shop?" in problem.msg


@pytest.mark.parametrize("name", ["shop", "", ["default"]])
def test_a_name_that_is_no_connection_is_reported(databases: dict[str, Any], name: Any) -> None:
    databases["appwrite"]["NAME"] = name
    (problem,) = check_models()
    assert problem.id == "appwrite.E119"
    assert f"DATABASES['appwrite']: NAME is {name!r}" in problem.msg
    assert problem.hint
    assert problem.hint.endswith("Give one of: default.")


def test_a_cache_table_on_appwrite_is_reported(databases: dict[str, Any]) -> None:
    backend = "django.core.cache.backends.db.DatabaseCache"
    with override_settings(CACHES={"default": {"BACKEND": backend, "LOCATION": "entries"}}):
        assert check_models() == []  # the default database is SQLite here
        databases["default"] |= {"ENGINE": ENGINE, "NAME": "default"}
        (problem,) = check_models()
        assert problem.id == "appwrite.E117"
        assert "CACHES['default']" in problem.msg
        assert "'default', which is on Appwrite" in problem.msg
        with pytest.raises(NotSupportedError, match="which Django's database cache needs: use Redis"):
            caches["default"].set("key", 1)


@pytest.mark.usefixtures("databases")
def test_a_missing_router_is_reported() -> None:
    with override_settings(DATABASE_ROUTERS=[]):
        assert [problem.id for problem in check_models()] == ["appwrite.W107"]


@pytest.mark.usefixtures("databases")
def test_a_relation_between_databases_is_reported() -> None:
    with isolate_apps("tests.backend.shop") as isolated:

        class Visit(models.Model):
            session = models.ForeignKey(Session, models.CASCADE)
            maker = models.ForeignKey(Maker, models.CASCADE)

            class Meta:
                app_label = "shop"

        (problem,) = check_models([isolated.get_app_config("shop")])
    assert (problem.id, problem.obj) == ("appwrite.E108", Visit._meta.get_field("session"))
    assert "'appwrite' and 'default'" in problem.msg


class TenantRouter:
    database = "appwrite"

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str:
        return self.database

    db_for_write = db_for_read


def test_the_table_of_a_model_is_where_a_router_keeps_the_model_at_this_moment(
    databases: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connections.settings, "archive", connections.settings["appwrite"] | {"NAME": "archive"})
    router, table = TenantRouter(), table_of(Maker)
    with override_settings(DATABASE_ROUTERS=[router]):
        for router.database, alias in (("appwrite", "default"), ("archive", "archive"), ("appwrite", "default")):
            assert (table._meta.using, aliases[table]) == (alias, alias)
        router.database = "default"
        assert table._meta.using is None


@pytest.mark.usefixtures("tables")
def test_a_table_is_not_pruned_while_its_model_is_elsewhere() -> None:
    router = TenantRouter()
    with override_settings(DATABASE_ROUTERS=[router]):
        Maker.objects.create(name="Ada")
        router.database = "default"
        call_command("migrate_appwrite", "--prune", "--allow-destructive", "--noinput", verbosity=0)
        router.database = "appwrite"
        assert Maker.objects.count() == 1


@pytest.mark.usefixtures("tables")
def test_a_change_is_reported_while_its_model_is_elsewhere(row_changes: list[dict[str, Any]]) -> None:
    """As by a webhook or a listener, which belongs to no request."""
    router, table = TenantRouter(), table_of(Maker)
    ref = table._meta.ref("library")
    with override_settings(DATABASE_ROUTERS=[router]):
        maker = Maker.objects.create(name="Ada")
        for name, invalidate in (("Bob", _report), ("Carl", lambda row: orm.clear_caches())):
            assert [maker.name for maker in Maker.objects.all()] != [name]
            update = UpdateRow(ref, f"{maker.pk:019d}", {"name": name})
            row = run_sync(appwrite_connections["default"].send(update.request)).data
            router.database = "default"
            invalidate(row)
            router.database = "appwrite"
            assert [maker.name for maker in Maker.objects.all()] == [name]
    (change,) = row_changes
    assert (change["table"], change["row"].name, change["row"]._state.db) == (table, "Bob", "appwrite")


def _report(row: dict[str, Any]) -> None:
    name = f"databases.library.tables.shop_maker.rows.{row['$id']}.update"
    run_sync(dispatch_event([name], {**row, "$databaseId": "library", "$tableId": "shop_maker"}, "default"))


@pytest.fixture
def row_changes() -> Iterator[list[dict[str, Any]]]:
    changes: list[dict[str, Any]] = []

    def note(**arguments: Any) -> None:
        changes.append(arguments)

    signals.row_changed.connect(note)
    yield changes
    signals.row_changed.disconnect(note)
