"""`check --deploy` and the health view: what works, and what is said of each part that does not."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.checks import run_checks
from django.db import connections as databases
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.urls import path

from django_appwrite_orm import Table, columns
from django_appwrite_orm.cache.backend import CacheBackend
from django_appwrite_orm.connection import connections
from django_appwrite_orm.plans import Request
from django_appwrite_orm.registry import registry
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import migrate
from django_appwrite_orm.web.health import appwrite_health
from tests.support.costs import counted
from tests.support.faulty_servers import Fault, FaultyServer, answer, faulty, refusal
from tests.support.library.tables import Book, Reader

pytestmark = pytest.mark.usefixtures("no_migrations")

urlpatterns = [path("health/", appwrite_health)]

EMPTY_LIST = answer(200, {"total": 0, "rows": []})
DENIED = refusal(401, "general_unauthorized_scope")
NO_ROW = refusal(404, "row_not_found")


@pytest.fixture(autouse=True)
def site(settings) -> None:
    settings.ROOT_URLCONF = __name__


@pytest.fixture
def models_alone(monkeypatch: pytest.MonkeyPatch, settings, django_db_blocker) -> Iterator[None]:
    """A project that declares no table, with one migration."""
    monkeypatch.setattr(registry, "_tables", [])
    settings.MIGRATION_MODULES = {}
    with django_db_blocker.unblock():
        yield
        databases["default"].close()


@pytest.fixture
def connected(settings) -> Iterator[Any]:
    """Makes the connection one to a server with the given answers."""
    opened = []

    def make(*faults: Fault) -> FaultyServer:
        context = faulty(*faults)
        opened.append(context)
        server = context.__enter__()
        keys = {"ENDPOINT": server.endpoint, "PROJECT_ID": "p", "API_KEY": "k", "DATABASE_ID": "d", "RETRIES": 0}
        settings.APPWRITE_ORM = {"default": keys}
        return server

    yield make
    for context in opened:
        context.__exit__(None, None, None)


def found() -> list[tuple[str, str]]:
    messages = run_checks(tags=["appwrite_orm"], include_deployment_checks=True)
    assert all(message.hint for message in messages)
    ours = [(message.id.removeprefix("appwrite_orm."), message.msg) for message in messages]
    return [(id, text) for id, text in ours if id[1:3] == "04"]


def health() -> tuple[int, Any]:
    response = Client().get("/health/")
    assert response["Cache-Control"] == "no-store"
    return response.status_code, response.json()["connections"]["default"]


def test_a_working_connection_has_no_problem() -> None:
    run_sync(migrate(registry.all()))
    assert found() == []
    assert health() == (200, "ok")


def test_nothing_is_asked_without_deploy() -> None:
    with counted() as costs:
        run_checks(tags=["appwrite_orm"])
    assert (costs.requests, costs.cache) == ([], [])


def test_the_check_writes_nothing(library) -> None:
    Book.objects.create(id="b", title="t", price=1)
    before = Book.objects.get().to_appwrite()
    found()
    assert [book.to_appwrite() for book in Book.objects.uncached()] == [before]


def test_the_schema_is_not_in_step() -> None:
    run_sync(migrate([Book]))
    [(id, text)] = found()
    assert id == "E042"
    assert Reader._meta.name in text


def test_a_required_column_was_removed() -> None:
    """Every create would fail, and no migration changes that unasked."""
    run_sync(migrate(registry.all()))
    path = f"/tablesdb/library/tables/{Reader._meta.id}/columns/boolean"
    run_sync(connections["default"].send(Request("POST", path, body={"key": "gone", "required": True})))
    [(id, text)] = found()
    assert id == "W043"
    assert f"column {Reader._meta.id}.gone (boolean, required) is required and not declared" in text


def test_a_decimal_has_other_places() -> None:
    def priced(places: int) -> type[Table]:
        price = columns.Decimal(max_digits=8, decimal_places=places)
        return type("Priced", (Table,), {"price": price, "Meta": type("Meta", (), {"name": "priced"})})

    run_sync(migrate([*registry.all(), priced(2)]))
    changed = priced(3)
    registry.add(changed)
    try:
        [(id, text)] = found()
    finally:
        registry.discard(changed)
    assert id == "E042"
    assert "priced.price__migrating (decimal(8, 3))" in text


def test_no_table_yet() -> None:
    [(id, text)] = found()
    assert (id, text.count("Run manage.py migrate, or migrate_appwrite for a Table.")) == ("E042", 1)
    assert health() == (503, ["schema"])


@pytest.mark.parametrize("kind", ["project_not_found", "general_route_not_found"])
def test_a_missing_project_or_route_is_an_endpoint_problem(connected, kind: str) -> None:
    """A wrong PROJECT_ID, or an ENDPOINT without /v1: no migration fixes that."""
    connected(refusal(404, kind))
    [(id, text)] = found()
    assert (id, "migrate_appwrite" in text) == ("E040", False)
    assert health() == (503, ["appwrite"])


def test_appwrite_is_away(connected, caplog: pytest.LogCaptureFixture) -> None:
    connected(refusal(503, "general_unknown"))
    [(id, text)] = found()
    assert (id, "503" in text) == ("E040", True)
    caplog.clear()
    assert health() == (503, ["appwrite"])
    [record] = [record for record in caplog.records if record.name == "django_appwrite_orm.web"]
    assert record.levelno == logging.ERROR


def test_the_key_is_refused(connected) -> None:
    connected(DENIED)
    assert [id for id, _ in found()] == ["E041"]
    assert health() == (503, ["key"])


def test_the_key_may_not_write(connected) -> None:
    server = connected(EMPTY_LIST, DENIED)
    ids = [id for id, _ in found()]
    assert ids == ["E041", "W040"]
    assert [received.method for received in server.received[:2]] == ["GET", "PATCH"]


def test_the_key_may_not_read_the_schema(connected) -> None:
    connected(EMPTY_LIST, NO_ROW, DENIED)
    assert [id for id, _ in found()] == ["W040"]


@pytest.mark.parametrize("fault", [{"side_effect": OSError("down")}, {"return_value": None}])
def test_the_cache_is_away_or_forgets(fault: dict[str, Any]) -> None:
    """A cache told to swallow its errors seems to work and keeps nothing."""
    run_sync(migrate(registry.all()))
    connections.reset()  # a store remembers whether it is shared
    shared = mock.patch.object(CacheBackend, "shared", True)
    with shared, mock.patch.object(type(caches["default"]), "set", **fault):
        assert [id for id, _ in found()] == ["E043"]
        assert health() == (503, ["cache"])


def test_the_key_is_tried_on_models(connected, models_alone) -> None:
    connected(DENIED)
    assert [id for id, _ in found()] == ["E041"]
    assert health() == (503, ["key"])


def test_the_key_may_not_write_models(connected, models_alone) -> None:
    server = connected(EMPTY_LIST, DENIED)
    assert [id for id, _ in found()] == ["E041", "W040"]
    assert [received.method for received in server.received[:2]] == ["GET", "PATCH"]


def test_models_are_not_migrated(models_alone) -> None:
    [(id, _)] = found()
    assert id == "E042"
    assert health() == (503, ["schema"])


def test_a_migration_is_not_applied(models_alone) -> None:
    executor = MigrationExecutor(databases["default"])
    with databases["default"].schema_editor() as editor:
        editor.create_model(Session)
    assert health() == (200, "ok")
    assert found() == [
        (
            "E042",
            "APPWRITE_ORM['default']: migrations of the database 'default' are not applied: sessions.0001_initial",
        )
    ]
    executor.recorder.record_applied("sessions", "0001_initial")
    assert found() == []


class TenantRouter:
    """Keeps the models on Appwrite for requests, of which there is none here."""

    def db_for_read(self, model: type[Any], **hints: Any) -> str:
        return "sql"

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "default"


def test_a_migration_of_models_that_a_router_keeps_elsewhere_at_the_moment(
    models_alone, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql = {**databases.settings["default"], "ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    monkeypatch.setitem(databases.settings, "sql", sql)
    settings.DATABASE_ROUTERS = [TenantRouter()]
    assert ["database 'default' are not applied: sessions.0001" in message for _, message in found()] == [True]
    MigrationExecutor(databases["default"]).recorder.record_applied("sessions", "0001_initial")
    assert found() == []


def test_only_reads_are_answered() -> None:
    assert Client().post("/health/").status_code == 405
