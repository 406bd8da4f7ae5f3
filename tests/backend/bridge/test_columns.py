"""Values of every kind of column, written through the Table and read through its model, and the reverse."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal
from typing import Any

import pytest

from django_appwrite_orm.models import model_of

from .tables import Factory, Gadget

pytestmark = pytest.mark.usefixtures("tables")

MOMENT = datetime.datetime(2024, 5, 31, 12, 30, 15, 123000, tzinfo=datetime.UTC)
RING = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0))
VALUES: dict[str, Any] = {
    "slogan": "Plain",
    "story": "x" * 5000,
    "text": "text",
    "medium": "medium",
    "long": "long",
    "stock": 7,
    "wide": 2**63 - 1,
    "weight": 1.5,
    "sold": True,
    "seen": MOMENT,
    "made": datetime.date(2024, 5, 31),
    "opens": datetime.time(9, 30, 0, 5),
    "price": Decimal("12.34"),
    "data": {"a": [1, None, "x"]},
    "code": uuid.UUID("12345678-1234-5678-1234-567812345678"),
    "email": "ada@example.com",
    "home": "https://example.com/x",
    "address": "192.0.2.1",
    "colour": "blue",
    "words": ["a", "B"],
    "numbers": [3, 1],
    "prices": [Decimal("1.50"), Decimal("2.00")],
    "moments": [MOMENT],
    "documents": [{"a": 1}, [None]],
    "secret": "hush",
    "place": (13.4, 52.5),
    "route": ((0.0, 0.0), (1.0, 2.0)),
    "area": (RING,),
}
# The server replaces a null in `sold` by its default.
EMPTY = {
    **dict.fromkeys(VALUES),
    "sold": False,
    "words": [],
    "numbers": [],
    "prices": [],
    "moments": [],
    "documents": [],
}


@pytest.mark.parametrize("name", VALUES)
def test_what_the_table_writes_the_model_reads(name: str) -> None:
    row = Gadget.objects.create(name="a", **{name: VALUES[name]})
    instance = model_of(Gadget).objects.get(pk=row.id)
    assert getattr(instance, name) == VALUES[name]
    assert type(getattr(instance, name)) is type(VALUES[name])
    # The same row out of a copy in memory.
    copied = model_of(Gadget).objects.distinct().get(pk=row.id)
    assert getattr(copied, name) == VALUES[name]


@pytest.mark.parametrize("name", VALUES)
def test_what_the_model_writes_the_table_reads(name: str) -> None:
    instance = model_of(Gadget).objects.create(name="a", **{name: VALUES[name]})
    assert getattr(Gadget.objects.get(id=instance.pk), name) == VALUES[name]
    setattr(instance, name, EMPTY[name])
    instance.save()
    assert getattr(Gadget.objects.get(id=instance.pk), name) == EMPTY[name]
    setattr(instance, name, VALUES[name])
    instance.save(update_fields=[name])
    row = Gadget.objects.get(id=instance.pk)
    assert getattr(row, name) == VALUES[name]
    assert row.to_appwrite()[Gadget._meta.columns[name].key] == _stored(name)


def _stored(name: str) -> Any:
    """Return the JSON that the Table stores for a value."""
    other = Gadget.objects.create(name="b", **{name: VALUES[name]}) if name != "code" else None
    column = Gadget._meta.columns[name]
    return column.to_appwrite(VALUES[name]) if other is None else other.to_appwrite()[column.key]


def test_values_that_were_never_set_are_null_or_empty() -> None:
    row = Gadget.objects.create(name="a", stock=None, colour=None)
    instance = model_of(Gadget).objects.get(pk=row.id)
    assert {name: getattr(instance, name) for name in EMPTY} == EMPTY
    copied = model_of(Gadget).objects.distinct().get(pk=row.id)
    assert {name: getattr(copied, name) for name in EMPTY} == EMPTY


def test_a_new_instance_has_the_defaults_of_the_columns() -> None:
    instance = model_of(Gadget)(name="a")
    assert (instance.stock, instance.colour, instance.sold, instance.words) == (0, "red", False, [])
    assert instance.get_colour_display() == "Red"
    instance.save()
    assert Gadget.objects.get(id=instance.pk).colour == "red"


def test_when_a_row_was_made_is_that_of_the_table() -> None:
    row = Gadget.objects.create(name="a")
    instance = model_of(Gadget).objects.get()
    assert (instance.pk, instance.created_at, instance.updated_at) == (row.id, row.created_at, row.updated_at)
    instance.name = "b"
    instance.save()
    assert instance.updated_at == Gadget.objects.get(id=row.id).updated_at


def test_references_are_foreign_keys() -> None:
    factory = Factory.objects.create(name="north")
    row = Gadget.objects.create(name="a", factory=factory)
    model = model_of(Gadget)
    instance = model.objects.select_related("factory").get()
    assert instance.factory == model_of(Factory).objects.get(pk=factory.id)
    assert instance.factory_id == factory.id
    part = model.objects.create(name="b", factory=instance.factory, parent=instance)
    read = Gadget.objects.get(id=part.pk)
    assert (read.factory_id, read.parent_id) == (factory.id, row.id)
    assert list(instance.parts.all()) == [part]
    assert set(instance.factory.gadget_set.all()) == {instance, part}
    assert model.objects.get(factory__name="north", parent__name="a") == part
