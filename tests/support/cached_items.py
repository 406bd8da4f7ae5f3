"""Items of a shop with labels, parts and a box: their rows, every way of changing them, and what can be asked."""

from __future__ import annotations

from collections.abc import Callable

from django_appwrite_orm import Table, atomic, columns, orm
from django_appwrite_orm.querysets import QuerySet


class Shop(Table):
    name = columns.String(size=20)


class Item(Table):
    """Goes with its shop and takes its parts along; labels and box stay."""

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


def fill() -> None:
    """Two rows of each, the first item linked to the first of all the others."""
    for table in (Shop, Label, Part, Box, Apart):
        table.objects.create(id="one", name="one")
        table.objects.create(id="two", name="two")
    Item.objects.create(id="i", name="i", shop_id="one", labels=["one"], parts=["one"], box_id="one")
    Item.objects.create(id="j", name="j")


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
        "update by verb": (lambda: orm.table("item").update("i", {"parts": ["two"], "labels": []}), {Item, Part}),
        "bulk_update by verb": (
            lambda: orm.table("item").bulk_update([{"id": i, "data": {"box_id": None, "name": i}} for i in ("i", "j")]),
            {Item, Box},
        ),
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
    "items": lambda rows: [row.to_appwrite() for row in rows(Item)],
    "boxes": lambda rows: [row.to_appwrite() for row in rows(Box)],
    "parts": lambda rows: [row.to_appwrite() for row in rows(Part)],
    "one": lambda rows: [row.to_appwrite() for row in rows(Item).filter(pk="i")],
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


def answers() -> dict[str, object]:
    """What is answered to every question now."""
    return {name: ask(lambda table: table.objects.all()) for name, ask in QUESTIONS.items()}
