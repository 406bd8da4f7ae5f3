"""Each feature works with the scopes of the page, and fails with a clear error where one is missing."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.test import override_settings

from django_appwrite_orm import Table, columns, register
from django_appwrite_orm.connection import connections
from django_appwrite_orm.exceptions import PermissionDenied
from django_appwrite_orm.registry import registry
from tests.support import scoped_keys
from tests.support.pages import DOCS, code_blocks

PAGE = "how-to/choose-api-key-scopes.md"
ROWS = re.findall(r"^\| (.*?) \| (.*?) \|(?: (.*?) \|)?$", (DOCS / PAGE).read_text(), re.MULTILINE)


def scopes(start: str) -> frozenset[str]:
    """Those that the page names in the row that begins so."""
    (row,) = [row for row in ROWS if row[0].startswith(start)]
    return frozenset(re.findall(r"`(\w+\.(?:read|write))`", row[2] or row[1]))


SERVING, SCHEMA = scopes("serving"), scopes("schema")


class Note(Table):
    text = columns.String(size=50, required=True)

    class Meta:
        app_label = "library"
        name = "notes"


@pytest.fixture
def server(own_registry: None) -> Iterator[scoped_keys.ScopedAppwrite]:
    """An Appwrite with the table, and one key, whose scopes a test changes."""
    register(Note)
    keys = {"the-key": SCHEMA}
    with scoped_keys.serving(":memory:", keys) as (app, endpoint):
        connection = {
            "ENDPOINT": endpoint,
            "PROJECT_ID": "local",
            "API_KEY": "the-key",
            "DATABASE_ID": "main",
            "LISTEN_AS": "listener",
            "WEBHOOK_URL": "http://127.0.0.1:1/appwrite/",
            "WEBHOOK_SECRET": "a secret of some length",
        }
        with override_settings(APPWRITE_ORM={"default": connection}):
            connections.reset()
            yield app
            connections.reset()
    registry.discard(Note)


def command(*words: str) -> Callable[[], object]:
    return lambda: call_command(*words, stdout=io.StringIO(), stderr=io.StringIO())


def write_a_row() -> None:
    Note.objects.create(text="x").delete()


def read_rows() -> None:
    list(Note.objects.uncached())
    Note.objects.uncached().count()


FEATURES: dict[str, tuple[Callable[[], object], frozenset[str]]] = {
    "read": (read_rows, scopes("read rows")),
    "write": (write_a_row, scopes("create, change")),
    "plan": (command("migrate_appwrite", "--plan"), scopes("`migrate_appwrite --plan`")),
    "inspect": (command("inspect_appwrite"), scopes("`migrate_appwrite --plan`")),
    "webhook": (command("webhook_appwrite", "--register"), scopes("`webhook_appwrite --register`")),
}


@pytest.mark.parametrize("feature", FEATURES)
def test_the_scopes_suffice_and_are_needed(feature: str, server: scoped_keys.ScopedAppwrite) -> None:
    work, needed = FEATURES[feature]
    call_command("migrate_appwrite", verbosity=0)
    server.keys["the-key"] = needed
    work()
    refused = {}
    for scope in needed:
        server.keys["the-key"] = needed - {scope}
        try:
            work()
        except (PermissionDenied, CommandError) as error:
            refused[scope] = str(error)
    for scope, message in refused.items():
        assert f'"{scope}"' in message
        assert "Give the key in API_KEY one of these scopes." in message
    # Writing by itself does not read; the page names both, because save() and atomic() do.
    assert set(refused) == needed - ({"rows.read"} if feature == "write" else set())


def test_the_scopes_of_the_schema_key(server: scoped_keys.ScopedAppwrite) -> None:
    for scope in ("databases.write", "tables.read", "tables.write"):
        server.keys["the-key"] = SCHEMA - {scope}
        with pytest.raises((PermissionDenied, CommandError), match=re.escape(f'"{scope}"')):
            call_command("migrate_appwrite", verbosity=0)
    server.keys["the-key"] = SCHEMA
    call_command("migrate_appwrite", verbosity=0)
    assert not SCHEMA - scoped_keys.EVERYTHING
    server.keys["the-key"] = SERVING
    write_a_row()
    with pytest.raises((PermissionDenied, CommandError), match=r'"(databases|tables)\.read"'):
        call_command("migrate_appwrite", "--plan", verbosity=0)


def test_the_listener(server: scoped_keys.ScopedAppwrite) -> None:
    """It makes a token for its user first."""
    server.keys["the-key"] = SERVING
    with pytest.raises((PermissionDenied, CommandError), match=r'"users\.write"'):
        call_command("listen_appwrite", stdout=io.StringIO(), stderr=io.StringIO())


def test_the_checks(server: scoped_keys.ScopedAppwrite, django_db_blocker: Any) -> None:
    def found() -> set[str]:
        # Without the models that other tests have.
        with mock.patch.object(registry, "other_tables", []), django_db_blocker.unblock():
            problems = run_checks(tags=["appwrite_orm"], include_deployment_checks=True)
        own = [problem for problem in problems if "migrations of the database" not in problem.msg]
        return {str(problem.id).removeprefix("appwrite_orm.") for problem in own} - {"W001"}

    call_command("migrate_appwrite", verbosity=0)
    assert found() == set()
    server.keys["the-key"] = SERVING
    assert found() == {"W040"}
    server.keys["the-key"] = frozenset({"rows.read"})
    assert found() == {"E041", "W040"}


def test_the_message_on_the_page(server: scoped_keys.ScopedAppwrite) -> None:
    (shown,) = code_blocks(PAGE, "text")
    server.keys["the-key"] = frozenset()
    with pytest.raises(PermissionDenied) as refused:
        write_a_row()
    assert str(refused.value) == " ".join(shown.text.split())


def test_an_unknown_key(server: scoped_keys.ScopedAppwrite) -> None:
    server.keys.clear()
    with pytest.raises(PermissionDenied, match=r"user_unauthorized: .* Is API_KEY a key of the project in PROJECT_ID"):
        read_rows()
