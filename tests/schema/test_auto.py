"""AUTO_MIGRATE and AUTO_VALIDATE: once for a state of the code, under a lock, never under tests."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

from django_appwrite_orm.connection import connections
from django_appwrite_orm.exceptions import SchemaError
from django_appwrite_orm.schema import auto
from tests.support.costs import counted
from tests.support.library.tables import Book, Everything, Reader
from tests.support.migrations import ask, migrated

LIST = "GET /tablesdb/library/tables"


@pytest.fixture
def automatically(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Turn the settings on, and the knowledge that these are tests off."""
    monkeypatch.setattr(auto, "under_tests", lambda: False)
    overrides: list[Any] = []

    def on(**keys: bool) -> None:
        given = {**settings.APPWRITE_ORM["default"], **keys}
        overrides.append(override_settings(APPWRITE_ORM={**settings.APPWRITE_ORM, "default": given}))
        overrides[-1].enable()

    yield on
    for override in overrides:
        override.disable()


def looks(costs: Any) -> int:
    return sum(request.partition("?")[0] == LIST for request in costs.requests)


def test_the_first_use_migrates_the_tables(automatically: Any) -> None:
    automatically(AUTO_MIGRATE=True)
    assert Book.objects.create(title="Dune", price=1).id
    assert Everything.objects.count() == 0
    assert migrated(Book, Reader, Everything) == []


@pytest.mark.parametrize("setting", ["AUTO_MIGRATE", "AUTO_VALIDATE"])
def test_an_undeclared_required_column_is_logged(
    setting: str, automatically: Any, caplog: pytest.LogCaptureFixture
) -> None:
    migrated(Book, Reader, Everything)
    ask("POST", "/tables/books/columns/boolean", {"key": "gone", "required": True})
    automatically(**{setting: True})
    Book.objects.count()
    [record] = [
        record for record in caplog.records if record.name == "django_appwrite_orm.schema" and record.levelno > 20
    ]
    assert record.getMessage().startswith("Warning: column books.gone (boolean, required) is required and not declared")


def test_processes_that_share_a_cache_check_the_schema_once(automatically: Any) -> None:
    migrated(Book, Reader, Everything)
    automatically(AUTO_VALIDATE=True)
    with counted() as costs:
        Book.objects.count()
        Book.objects.count()
        assert looks(costs) == 1
        connections.reset()  # what a new process has: no connection, the same cache
        Book.objects.count()
        assert looks(costs) == 1


def test_changed_declarations_are_checked_again(automatically: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    migrated(Book, Reader, Everything)
    automatically(AUTO_VALIDATE=True)
    Book.objects.count()
    connections.reset()
    monkeypatch.setattr(Book._meta, "row_security", True)
    with pytest.raises(SchemaError, match="row security on"):
        Book.objects.count()


def test_validation_explains_every_difference_at_every_use(automatically: Any) -> None:
    migrated(Book, Reader)
    ask("DELETE", "/tables/books/columns/lent", {})
    ask("PATCH", "/tables/books/columns/string/title", {"required": True, "default": None, "size": 50})
    automatically(AUTO_VALIDATE=True)
    for _ in range(2):
        with pytest.raises(SchemaError) as raised:
            Book.objects.create(title="Dune", price=1)
        message = str(raised.value)
        assert "- add column books.lent (boolean, default False)" in message
        assert "- change column books.title: string(50), required → string(100), required" in message
        assert "- create table library_everything" in message
    call_command("migrate_appwrite", verbosity=0)
    Book.objects.create(title="Dune", price=1)


def test_validation_changes_nothing_and_says_where_there_is_no_database(automatically: Any) -> None:
    automatically(AUTO_VALIDATE=True)
    with pytest.raises(SchemaError, match="There is no database 'library'"):
        Book.objects.count()


def test_one_process_checks_and_the_others_wait(automatically: Any) -> None:
    automatically(AUTO_MIGRATE=True)
    errors: list[BaseException] = []

    def use() -> None:
        try:
            Book.objects.count()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=use) for _ in range(6)]
    with counted() as costs:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert errors == []
    assert costs.requests.count("POST /tablesdb") == 1
    assert looks(costs) == 2


def test_without_a_cache_every_process_checks_the_schema(automatically: Any) -> None:
    migrated(Book, Reader, Everything)
    automatically(AUTO_VALIDATE=True)
    broken = mock.patch("django.core.cache.backends.locmem.LocMemCache.get", side_effect=OSError("gone"))
    with broken, counted() as costs:
        Book.objects.uncached().count()
        Book.objects.uncached().count()
    assert looks(costs) == 1


def test_a_lock_that_cannot_be_deleted_stops_no_process(automatically: Any) -> None:
    migrated(Book, Reader, Everything)
    automatically(AUTO_VALIDATE=True)
    broken = mock.patch("django.core.cache.backends.locmem.LocMemCache.delete", side_effect=OSError("read-only"))
    with broken, counted() as costs:
        assert Book.objects.uncached().count() == 0
    assert looks(costs) == 2


def test_nothing_is_checked_under_tests() -> None:
    """This process is one: a missing table is what the request itself says."""
    given = {**settings.APPWRITE_ORM["default"], "AUTO_MIGRATE": True}
    with override_settings(APPWRITE_ORM={"default": given}), pytest.raises(Exception, match="database_not_found"):
        Book.objects.count()


def test_the_digest_is_the_same_in_every_process() -> None:
    code = (
        "import django; django.setup()\n"
        "from django.conf import settings\n"
        "settings.APPWRITE_ORM = {'default': {'ENDPOINT': 'local:rows.sqlite3', 'DATABASE_ID': 'library'}}\n"
        "from django_appwrite_orm.schema import auto as automatic\n"
        "from django_appwrite_orm.connection import connections\n"
        "from tests.support.library.tables import *\n"
        "Book._meta.permissions = tuple(f'read(\"user:{n}\")' for n in range(9))\n"
        "print(automatic._key(connections['default'], [Book, Reader, Everything]))"
    )

    def key(seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": seed, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        return subprocess.run(
            [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
        ).stdout

    assert key("1") == key("2")
