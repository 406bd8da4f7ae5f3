"""Relationships and the cache: every change drops the tokens of the tables it reaches, and of no other; every answer
stands under the tokens of all tables it shows something of."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.core.cache import caches

from django_appwrite_orm import Table, atomic, cache_policy, columns, orm
from django_appwrite_orm.caching import recording
from django_appwrite_orm.connection import connections
from django_appwrite_orm.events.handling import handle
from django_appwrite_orm.exceptions import InvalidRequest, NotSupportedError
from django_appwrite_orm.queries import QuerySet
from django_appwrite_orm.signals import table_invalidated
from django_appwrite_orm.steps import run
from tests.counting import counted
from tests.linked import made, send, token


class Shop(Table):
    name = columns.String(size=20)


class Item(Table):
    """Of one shop; its labels and parts are deleted, kept, with it; nothing else is linked to the shop."""

    name = columns.String(size=20)
    shop = columns.Relationship(Shop, "manyToOne", two_way_key="items", on_delete="cascade")
    labels = columns.Relationship("Label", "manyToMany", two_way_key="items", on_delete="setNull")
    parts = columns.Relationship("Part", "oneToMany", two_way_key="item", on_delete="cascade")
    box = columns.Relationship("Box", "oneToOne", two_way_key="item", on_delete="setNull")


class Label(Table):
    name = columns.String(size=20)


class Part(Table):
    name = columns.String(size=20)


class Box(Table):
    name = columns.String(size=20)


class Apart(Table):
    name = columns.String(size=20)


TABLES = (Shop, Item, Label, Part, Box, Apart)


@pytest.fixture(autouse=True)
def shop() -> Iterator[None]:
    with made(*TABLES):
        for table in (Shop, Label, Part, Box, Apart):
            table.objects.create(id="one", name="one")
            table.objects.create(id="two", name="two")
        Item.objects.create(id="i", name="i", shop_id="one", labels=["one"], parts=["one"], box_id="one")
        Item.objects.create(id="j", name="j")
        yield


def changes() -> dict[str, tuple[Callable[[], object], set[type[Table]]]]:
    """Every way of changing rows, and the tables it reaches."""

    def save(**values: object) -> None:
        item = Item.objects.get(pk="i")
        for name, value in values.items():
            setattr(item, name, value)
        item.save()

    def batch() -> None:
        with orm.table("item").batch() as changing:
            changing.delete("i")
            assert [result.error for result in changing.results] == [None]

    def in_one(*work: Callable[[], object]) -> None:
        with atomic():
            for change in work:
                change()

    reached = {Item, Part, Box}
    return {
        "create": (lambda: Item.objects.create(name="k"), {Item}),
        "create with a link to one": (lambda: Item.objects.create(name="k", shop_id="one"), {Item}),
        "create with parts": (lambda: Item.objects.create(name="k", parts=["two"]), {Item, Part}),
        "create with a box": (lambda: Item.objects.create(name="k", box_id="two"), {Item, Box}),
        "create on the way back": (lambda: Shop.objects.get(pk="one").items.create(name="k"), {Item}),
        "save": (lambda: save(name="x"), {Item}),
        "save a link": (lambda: save(shop_id="two"), {Item}),
        "save labels": (lambda: save(labels=["two"]), {Item}),
        "save parts": (lambda: save(parts=["two"]), {Item, Part}),
        "save all": (lambda: save(parts=[], box=None), {Item, Part, Box}),
        "update": (lambda: Item.objects.filter(name="i").update(name="x"), {Item}),
        "update links": (lambda: Item.objects.filter(name="i").update(parts=["two"]), {Item, Part}),
        "bulk_create": (lambda: Item.objects.bulk_create([Item(name="k", box_id="two"), Item(name="l")]), {Item, Box}),
        "bulk_update": (lambda: Item.objects.bulk_update(_renamed(), ["name"]), {Item}),
        "bulk_update of links": (lambda: Item.objects.bulk_update(_renamed(), ["box_id"]), {Item, Box}),
        "delete": (lambda: Item.objects.get(pk="i").delete(), reached),
        "delete by queryset": (lambda: Item.objects.filter(name="i").delete(), reached),
        "delete by verb": (lambda: orm.table("item").delete("i"), reached),
        "bulk_delete": (lambda: orm.table("item").bulk_delete(["i"]), reached),
        "delete in a batch": (batch, reached),
        "delete what others are linked to": (lambda: Shop.objects.get(pk="one").delete(), {Shop, *reached}),
        "delete a label": (lambda: Label.objects.get(pk="one").delete(), {Label}),
        "delete a part": (lambda: Part.objects.get(pk="one").delete(), {Part}),
        "delete a box": (lambda: Box.objects.get(pk="one").delete(), {Box, Item}),
        "a change of the other end": (lambda: Label.objects.filter(pk="one").update(name="x"), {Label}),
        "a transaction": (
            lambda: in_one(lambda: Item.objects.get(pk="i").delete(), lambda: Apart.objects.create(name="k")),
            {*reached, Apart},
        ),
        "nothing to do with it": (lambda: Apart.objects.create(name="k"), {Apart}),
    }


def _renamed() -> list[Item]:
    items = list(Item.objects.all())
    for item in items:
        item.name, item.box_id = item.name + "x", None
    return items


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
def test_which_tokens_go(change: str, told: set[type[Table]]) -> None:
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


def linked(rows: QuerySet) -> list[object]:
    return [
        (
            row.id,
            row.name,
            row.shop_id,
            row.box_id,
            [[one.id for one in getattr(row, key).all()] for key in ("labels", "parts")],
        )
        for row in rows
    ]


QUESTIONS: dict[str, Callable[[Callable[[type[Table]], QuerySet]], object]] = {
    "items": lambda rows: [row.to_dict() for row in rows(Item)],
    "boxes": lambda rows: [row.to_dict() for row in rows(Box)],
    "parts": lambda rows: [row.to_dict() for row in rows(Part)],
    "one": lambda rows: [row.to_dict() for row in rows(Item).filter(pk="i")],
    "ids": lambda rows: list(rows(Item).values_list("id", "shop_id", "box_id")),
    "with labels and parts": lambda rows: linked(rows(Item).prefetch_related("labels", "parts")),
    "of a shop": lambda rows: [row.id for row in rows(Item).filter(shop__name="one")],
    "with a label": lambda rows: [row.id for row in rows(Item).filter(labels__name="one")],
    "without a label": lambda rows: [row.id for row in rows(Item).exclude(labels__name="one")],
    "how many have a part": lambda rows: rows(Item).filter(parts__name="one").count(),
    "is any in a box": lambda rows: rows(Item).filter(box__name="one").exists(),
    "labels of items": lambda rows: [row.id for row in rows(Label).filter(items__name="i")],
    "in Appwrite's words": lambda rows: [
        row._raw
        for row in rows(Item).raw_queries('equal("labels.name", "one")', 'select("name", "labels.name", "parts.*")')
    ],
}


@pytest.mark.parametrize("change", list(changes()))
def test_no_answer_outlives_a_change(change: str) -> None:
    """Each question is asked before and after, and must be answered afterwards as it is without a cache."""
    for ask in QUESTIONS.values():
        ask(lambda table: table.objects.all())
    changes()[change][0]()
    for name, ask in QUESTIONS.items():
        with cache_policy(ttl=300):
            cached = ask(lambda table: table.objects.all())
        with cache_policy(ttl=0):
            assert cached == ask(lambda table: table.objects.all()), name


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
            with pytest.raises(NotSupportedError, match="wrongly"):
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
    run(handle(names, {"$id": "i"}, "default"))
    assert {table for table in TABLES if token(table) is None} == {Item, Part, Box}


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
