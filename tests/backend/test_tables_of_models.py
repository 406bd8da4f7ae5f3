"""The tables behind models, for what knows tables: events, statistics, entity tags, commands."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.http import HttpResponse
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory

from django_appwrite_orm import orm
from django_appwrite_orm.backend import model_table
from django_appwrite_orm.backend.model_table import table_of
from django_appwrite_orm.connection import connections
from django_appwrite_orm.events import RowChange
from django_appwrite_orm.events.dispatch import dispatch_event
from django_appwrite_orm.exceptions import ConfigurationError
from django_appwrite_orm.plans import TableRef, UpdateRow
from django_appwrite_orm.registry import registry
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.signals import row_changed, table_invalidated
from django_appwrite_orm.web import AppwriteCacheMiddleware
from django_appwrite_orm.web.http_cache import table_etag
from tests.support.costs import counted
from tests.support.waiting import soon

from .shop.models import Maker, Product, Tag

pytestmark = pytest.mark.usefixtures("shop")


def printed(*command: str) -> str:
    output = StringIO()
    call_command(*command, stdout=output, stderr=StringIO(), no_color=True)
    return output.getvalue()


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


def test_statistics_have_the_tables_of_models() -> None:
    orm.reset_stats()
    Maker.objects.create(name="Ada")
    list(Maker.objects.all())
    list(Maker.objects.all())
    counts = orm.stats()["shop_maker"]
    assert (counts["reads"], counts["hits"], counts["misses"], counts["hit_rate"]) == (2, 1, 1, 50.0)
    assert counts["invalidations"] == 1
    list(Product.objects.all())
    for name in ("shop_maker", "shop.Maker"):
        assert orm.stats(name) == {"shop_maker": counts}
    orm.reset_stats("shop.Maker")
    assert [orm.stats()[name]["reads"] for name in ("shop_maker", "shop_product")] == [0, 1]
    orm.reset_stats()
    assert orm.stats()["shop_product"]["reads"] == 0
    with pytest.raises(ConfigurationError, match=r"no table 'shop_makers'.* Did you mean: shop_maker"):
        orm.stats("shop_makers")


def test_a_query_in_memory_counts_for_the_table_that_it_is_of() -> None:
    orm.reset_stats()
    assert not Product.objects.filter(maker__name__startswith="A").distinct().exists()
    assert orm.stats()["shop_product"]["misses"] == 1


def test_tables_of_one_name_are_apart_in_the_statistics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_of(Tag)._meta, "name", "shop_maker")
    orm.reset_stats()
    list(Maker.objects.all())
    assert [orm.stats()[name]["reads"] for name in ("shop_maker", "shop.Tag")] == [1, 0]


def test_stats_appwrite_shows_and_resets_the_tables_of_models() -> None:
    orm.reset_stats()
    list(Maker.objects.all())
    assert "shop_maker " in printed("stats_appwrite")
    assert json.loads(printed("stats_appwrite", "shop.Maker", "--json"))["shop_maker"]["misses"] == 1
    printed("stats_appwrite", "shop_maker", "--reset")
    assert orm.stats()["shop_maker"]["reads"] == 0
    with pytest.raises(CommandError, match=r"no table 'shop_makers'"):
        printed("stats_appwrite", "shop_makers")


def test_warm_appwrite_reads_what_models_declare(monkeypatch: pytest.MonkeyPatch) -> None:
    Maker.objects.bulk_create(Maker(name=f"{number}") for number in range(3))
    warmers = (list, lambda makers: makers.order_by("-name")[:2], lambda makers: makers.count())
    monkeypatch.setattr(table_of(Maker)._meta, "warm", warmers)
    for label in ("shop.Maker", "shop_maker", "shop"):
        assert printed("warm_appwrite", label).startswith("shop_maker: 5 rows in ")
    with counted() as costs:
        assert len(Maker.objects.all()) == Maker.objects.count() == 3
        assert [maker.name for maker in Maker.objects.order_by("-name")[:2]] == ["2", "1"]
    assert costs.requests == []
    assert "shop_maker: current" in printed("warm_appwrite", "shop.Maker", "--if-stale")
    Maker.objects.create(name="x")
    assert "shop_maker: 6 rows" in printed("warm_appwrite", "shop.Maker", "--if-stale")
    with pytest.raises(CommandError, match=r"Set `warm = True` in the class Appwrite of shop\.Product"):
        printed("warm_appwrite", "shop.Product")


def test_class_appwrite_says_what_is_warmed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Maker, "Appwrite", type("Appwrite", (), {"warm": True}), raising=False)
    monkeypatch.delitem(vars(Maker._meta), "_appwrite_table", raising=False)
    Maker.objects.create(name="Ada")
    assert printed("warm_appwrite", "shop.Maker").startswith("shop_maker: 1 rows in ")


def test_clear_caches_makes_reads_of_models_misses() -> None:
    list(Maker.objects.all())
    orm.clear_caches()
    with counted() as costs:
        list(Maker.objects.all())
    assert len(costs.requests) == 1


def test_the_middleware_names_the_tables_of_models() -> None:
    middleware = AppwriteCacheMiddleware(lambda request: HttpResponse(str(len(Maker.objects.all()))))
    responses = [middleware(RequestFactory().get("/")) for _ in range(2)]
    assert [response["X-Cache-Status"] for response in responses] == ["MISS", "HIT"]
    assert [response["X-Cache-Table"] for response in responses] == ["shop_maker", "shop_maker"]


def test_listeners_are_called_for_rows_of_models() -> None:
    changes: list[RowChange] = []
    stop = orm.listen(changes.append)
    try:
        maker = Maker.objects.create(name="Ada")
        assert soon(lambda: bool(changes))
    finally:
        stop()
        orm.close_listeners()
    assert [(change.table, change.action, change.row) for change in changes] == [(table_of(Maker), "create", maker)]


REFUSED: dict[str, Callable[[], object]] = {
    "table": lambda: orm.table("shop.Maker"),
    "table by id": lambda: orm.table("shop_maker"),
    "join": lambda: orm.join("shop_maker", "shop_product", foreign_key="x"),
    "inner_join": lambda: orm.inner_join("shop_maker", "shop_product", foreign_key="x"),
    "create_table": lambda: orm.create_table("shop_maker"),
    "delete_table": lambda: orm.delete_table("shop_maker"),
    "export_to_json": lambda: orm.export_to_json("shop_maker"),
    "rows": lambda: Template('{% load appwrite %}{% rows "shop.Maker" as makers %}').render(Context()),
    "migrate_appwrite": lambda: call_command("migrate_appwrite", "shop.Maker"),
    "export_appwrite": lambda: call_command("export_appwrite", "shop.Maker", format="sql"),
    "dump_appwrite": lambda: call_command("dump_appwrite", "shop.Maker"),
    "load_appwrite": lambda: call_command("load_appwrite", "rows.jsonl", "shop.Maker"),
}


@pytest.mark.parametrize("of_tables", REFUSED.values(), ids=REFUSED)
def test_what_is_for_tables_alone_refuses_a_model_and_says_what_to_use(of_tables: Callable[[], object]) -> None:
    message = r"is the table of the model shop\.Maker, .* the model's managers .* migrate, dumpdata and loaddata"
    with pytest.raises((ConfigurationError, TemplateSyntaxError, CommandError), match=message):
        of_tables()


def test_migrate_appwrite_leaves_the_tables_of_models_alone() -> None:
    call_command("migrate", verbosity=0)
    Maker.objects.create(name="Ada")
    call_command("migrate_appwrite", "--prune", "--allow-destructive", "--noinput", verbosity=0)
    assert Maker.objects.count() == 1
    assert "django_migrations" in connection.introspection.table_names()


def test_threads_that_need_a_table_first_get_the_same_one(monkeypatch: pytest.MonkeyPatch) -> None:
    vars(Maker._meta).pop("_appwrite_table")
    made, both = model_table._made, threading.Barrier(2)

    def made_by_both(model: Any) -> Any:
        table = made(model)
        both.wait(30)
        return table

    monkeypatch.setattr(model_table, "_made", made_by_both)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(table_of, [Maker, Maker])
    assert first is second is table_of(Maker)


def test_other_installed_apps_for_a_test_list_no_model_twice(settings: Any) -> None:
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS]
    tables = registry.every()
    assert len(tables) == len(set(tables))
