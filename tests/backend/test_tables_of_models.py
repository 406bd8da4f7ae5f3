"""The tables behind models, for what knows tables: events, statistics, entity tags, commands."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import RequestFactory

from django_appwrite_orm.backend.model_table import table_of
from django_appwrite_orm.connection import connections
from django_appwrite_orm.events.dispatch import dispatch_event
from django_appwrite_orm.plans import TableRef, UpdateRow
from django_appwrite_orm.registry import registry
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.signals import row_changed, table_invalidated
from django_appwrite_orm.web.http_cache import table_etag

from .shop.models import Maker, Product

pytestmark = pytest.mark.usefixtures("shop")


def test_a_change_that_is_reported_from_elsewhere_is_seen_at_once() -> None:
    maker = Maker.objects.create(name="Ada")
    assert Maker.objects.get(pk=maker.pk).name == "Ada"
    appwrite = connections["default"]
    ref = TableRef(appwrite.settings.database_id, "shop_maker")
    row_id = f"{maker.pk:019d}"
    payload = run_sync(appwrite.send(UpdateRow(ref, row_id, {"name": "Bob"}).request)).data
    assert Maker.objects.get(pk=maker.pk).name == "Ada"
    seen: list[Any] = []

    def note(sender: Any, row: Any, action: str, **kwargs: Any) -> None:
        seen.append((sender, action, row))

    row_changed.connect(note)
    try:
        name = f"databases.{ref.database}.tables.{ref.table}.rows.{row_id}.update"
        run_sync(dispatch_event([name], payload, "default"))
    finally:
        row_changed.disconnect(note)
    assert Maker.objects.get(pk=maker.pk).name == "Bob"
    ((sender, action, row),) = seen
    assert (sender, action, row.name, type(row)) == (table_of(Maker), "update", "Bob", Maker)


def test_writes_of_models_send_the_signal_of_their_table() -> None:
    seen = []

    def note(sender: Any, **kwargs: Any) -> None:
        seen.append(sender)

    table_invalidated.connect(note)
    try:
        Maker.objects.create(name="Ada")
    finally:
        table_invalidated.disconnect(note)
    assert seen == [table_of(Maker)]


def test_the_tag_of_a_models_table_changes_with_its_rows() -> None:
    tag, request = table_etag("shop.Maker"), RequestFactory().get("/")
    assert tag(request) is None
    list(Maker.objects.all())
    first = tag(request)
    assert first is not None
    assert tag(request) == first
    Product.objects.create(name="x")
    assert tag(request) == first
    Maker.objects.create(name="Ada")
    list(Maker.objects.all())
    assert tag(request) not in (None, first)


def test_commands_know_the_tables_of_models(capsys: pytest.CaptureFixture[str]) -> None:
    assert table_of(Maker) in registry.every()
    assert table_of(Maker) not in registry.all()
    call_command("clear_appwrite", "shop_maker")
    assert "1 tables" in capsys.readouterr().out


def test_migrate_appwrite_leaves_the_tables_of_models_alone() -> None:
    call_command("migrate", verbosity=0)
    Maker.objects.create(name="Ada")
    call_command("migrate_appwrite", "--prune", "--allow-destructive", "--noinput", verbosity=0)
    assert Maker.objects.count() == 1
    assert "django_migrations" in connection.introspection.table_names()
