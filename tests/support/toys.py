"""Toys and who makes them in which country: references, which Appwrite knows nothing of."""

from __future__ import annotations

from django_appwrite_orm import Table, columns


class Country(Table):
    name = columns.String(required=True)


class Maker(Table):
    name = columns.String(required=True)
    country = columns.Reference(Country, column="home", related_name="makers")
    parent = columns.Reference("self", related_name="+")


class Toy(Table):
    name = columns.String(required=True)
    maker = columns.Reference("Maker", required=True)


def names(rows) -> list[str]:
    return [row.name for row in rows]
