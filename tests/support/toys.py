"""Toys and who makes them in which country: references, which Appwrite knows nothing of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from django_appwrite_orm import Table, columns
from django_appwrite_orm.registry import registry
from tests.support.tables import prepare


class Country(Table):
    name = columns.String(required=True)


class Maker(Table):
    name = columns.String(required=True)
    country = columns.Reference(Country, column="home", related_name="makers")
    parent = columns.Reference("self", related_name="+")


class Toy(Table):
    name = columns.String(required=True)
    maker = columns.Reference("Maker", required=True)


TABLES = [Country, Maker, Toy]


@pytest.fixture
def shop() -> Iterator[None]:
    """Two makers of two toys each in one country, one maker without, and a toy whose maker is gone."""
    for table in TABLES:
        registry.add(table)
    prepare(*TABLES)
    Country.objects.create(name="Fiji", id="fj")
    Maker.objects.bulk_create(
        [Maker(name="Ada", id="ada", country_id="fj"), Maker(name="Bob", id="bob", country_id="fj")]
    )
    Maker.objects.create(name="Cyd", id="cyd")
    toys = [("ball", "ada"), ("kite", "bob"), ("top", "ada"), ("yoyo", "bob"), ("drum", "gone")]
    Toy.objects.bulk_create([Toy(name=name, maker_id=maker) for name, maker in toys])
    yield
    for table in TABLES:
        registry.discard(table)


def names(rows) -> list[str]:
    return [row.name for row in rows]
