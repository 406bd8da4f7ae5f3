"""Relationships and the cache: every change drops the tokens of the tables it reaches, and of no other; every answer
stands under the tokens of all tables it shows something of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from django.core.cache import caches
from django.core.exceptions import ObjectDoesNotExist
from hypothesis import given, settings
from hypothesis import strategies as st

from django_appwrite_orm import Table, atomic, cache_policy, columns, orm
from django_appwrite_orm.cache import recording
from django_appwrite_orm.connection import connections
from django_appwrite_orm.events.dispatch import dispatch_event
from django_appwrite_orm.exceptions import AppwriteError, InvalidRequest, NotSupportedError
from django_appwrite_orm.registry import registry
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import MigrationOptions, migrate
from django_appwrite_orm.signals import table_invalidated
from tests.support.cached_items import TABLES, Apart, Box, Item, Label, Part, Shop, answers, changes, fill
from tests.support.costs import counted
from tests.support.linked_tables import made, send, token


@pytest.fixture(autouse=True)
def shop() -> Iterator[None]:
    with made(*TABLES):
        fill()
        yield


@pytest.fixture
def told() -> Iterator[set[type[Table]]]:
    """The tables that `table_invalidated` was sent for."""
    found: set[type[Table]] = set()

    def tell(sender: type[Table], **kwargs: object) -> None:
        found.add(sender)

    table_invalidated.connect(tell)
    yield found
    table_invalidated.disconnect(tell)


@pytest.mark.parametrize("change", list(changes()))
def test_a_change_deletes_the_tokens_of_the_linked_tables(change: str, told: set[type[Table]]) -> None:
    work, reached = changes()[change]
    for table in TABLES:
        list(table.objects.all())
    before = {table: token(table) for table in TABLES}
    assert None not in before.values()
    told.clear()
    work()
    assert {table for table in TABLES if token(table) != before[table]} == told == reached
    for table in TABLES:
        assert not caches["default"].get_many(connections["default"].table_keys(table.objects.ref).fences)


@pytest.mark.parametrize("change", list(changes()))
def test_no_answer_outlives_a_change(change: str) -> None:
    """Each question is asked before and after, and must be answered afterwards as it is without a cache."""
    answers()
    changes()[change][0]()
    cached = answers()
    with cache_policy(ttl=0):
        assert cached == answers()


@settings(max_examples=12)
@given(st.lists(st.sampled_from(sorted(changes())), min_size=2, max_size=6))
def test_no_result_outlives_any_number_of_changes(several: list[str]) -> None:
    for table in TABLES:
        table.objects.all().delete()
    fill()
    for change in several:
        with suppress(ObjectDoesNotExist, AppwriteError):  # a row that an earlier change has deleted
            changes()[change][0]()
        cached = answers()
        with cache_policy(ttl=0):
            assert cached == answers()


def test_what_is_shown_of_another_table_stands_under_its_token() -> None:
    for ask, tables in (
        (lambda: list(Item.objects.filter(shop__name="one")), {Item, Shop}),
        (lambda: list(Item.objects.only("box_id")), {Item, Box}),
        (lambda: list(Item.objects.raw_queries('select("name", "labels.items.name")')), {Item, Label}),
        (lambda: list(Item.objects.all()), {Item}),
    ):
        for change in TABLES:
            ask()
            change.objects.set_updated(False)
            with counted() as costs:
                ask()
            assert bool(costs.requests) == (change in tables), change


def test_a_change_of_two_tables_is_one_round_trip_more() -> None:
    with counted() as costs:
        Item.objects.create(name="k", box_id="two")
    assert (len(costs.requests), costs.cache) == (1, ["add", "add", "delete_many", "delete_many"])


def test_a_response_rests_on_every_table_that_was_read() -> None:
    with recording() as record:
        list(Item.objects.filter(shop__name="one"))
    assert (list(record.tables), record.reads) == (["item", "shop"], 1)


def test_a_transaction_keeps_reads_of_what_it_reaches_from_the_cache() -> None:
    list(Box.objects.all()), Box.objects.get(pk="one"), list(Apart.objects.all())
    with atomic():
        Item.objects.get(pk="i").delete()
        for ask in (
            lambda: list(Box.objects.all()),
            lambda: Part.objects.count(),
            lambda: list(Shop.objects.filter(items__name="i")),
            lambda: Item.objects.only("shop_id").get(pk="j"),
        ):
            with pytest.raises(NotSupportedError, match="returns wrong lists and counts"):
                ask()
        with counted() as costs:
            assert Box.objects.get(pk="one").name == "one"
            assert len(costs.requests) == 1
            list(Apart.objects.all())
        assert len(costs.requests) == 1
        assert token(Box) is not None
    assert {table for table in TABLES if token(table) is None} >= {Item, Box, Part}
    assert Part.objects.count() == 1


def test_a_change_that_is_refused_drops_them_too() -> None:
    list(Item.objects.all()), list(Part.objects.all())
    with pytest.raises(InvalidRequest):
        send_parts_nobody_can_have()
    assert (token(Item), token(Part)) == (None, None)


def send_parts_nobody_can_have() -> None:
    item = Item.objects.get(pk="i")
    item.name, item.parts = "x" * 20, ["one"]
    item._values["parts"] = [5]  # past the checks
    item.save()


def test_a_deletion_elsewhere_is_heard_for_all_it_takes_along() -> None:
    for table in TABLES:
        list(table.objects.all())
    names = [f"databases.library.tables.item.rows.i.{action}" for action in ("delete",)]
    run_sync(dispatch_event(names, {"$id": "i"}, "default"))
    assert {table for table in TABLES if token(table) is None} == {Item, Part, Box}


def test_a_table_that_is_dropped_takes_its_relationships_along() -> None:
    for table in TABLES:
        list(table.objects.all())
    orm.delete_table("item")
    assert {table for table in TABLES if token(table) is None} == set(TABLES) - {Apart}
    assert not hasattr(Box.objects.get(pk="one"), "item_id")


def test_so_does_one_that_a_migration_drops() -> None:
    for table in TABLES:
        list(table.objects.all())
    registry.discard(Item)
    run_sync(migrate(registry.all(), rules=MigrationOptions(prune=True, allow_destructive=True)))
    assert {table for table in TABLES if token(table) is None} == set(TABLES) - {Apart}


def test_a_relationship_that_is_dropped_goes_on_both_sides() -> None:
    class Plain(Table):
        name = columns.String(size=20)

        class Meta:
            name = "item"

    for table in TABLES:
        list(table.objects.all())
    registry.discard(Item)
    registry.add(Plain)
    try:
        run_sync(migrate([Plain], rules=MigrationOptions(prune=True, allow_destructive=True)))
        assert {table for table in TABLES if token(table) is None} == set(TABLES) - {Apart}
    finally:
        registry.discard(Plain)


def test_rows_go_one_by_one_where_appwrite_refuses_its_bulk_routes() -> None:
    with pytest.raises(InvalidRequest):
        send("POST", Item.objects.ref.rows, {"rows": [{"$id": "k", "name": "k"}]})
    with counted() as costs:
        Item.objects.bulk_create([Item(id=f"k{n}", name="k", labels=["one"]) for n in range(3)])
    assert len(costs.requests) == 3
    assert len(Label.objects.get(pk="one").items) == 4
    with counted() as costs:
        assert Item.objects.filter(name="k").update(name="l", shop_id="two") == 3
    assert len(costs.requests) == 4
    errors: dict[int, Exception] = {}
    Item.objects.bulk_create([Item(id="k0", name="again"), Item(id="new", name="new")], errors=errors)
    assert list(errors) == [0]
    with counted() as costs:
        assert Item.objects.filter(name="l").delete()[0] == 3
    assert len(costs.requests) == 4
    assert sorted(Item.objects.values_list("name", flat=True)) == ["i", "j", "new"]
