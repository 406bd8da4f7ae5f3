"""Tables with columns that Appwrite cannot compare, and with a relationship."""

from __future__ import annotations

from django_appwrite_orm import Table, columns


class Shelf(Table):
    name = columns.String(size=20)
    colour = columns.String(size=20)
    data = columns.JSON()
    secret = columns.String(size=200, encrypt=True)
    digest = columns.String(size=64)
    place = columns.Point()


class Lender(Table):
    name = columns.String(size=20)
    loans = columns.Relationship("Loan", "oneToMany", two_way_key="lender", on_delete="cascade")


class Loan(Table):
    note = columns.String(size=20)
    lender = columns.Relationship(Lender, "manyToOne", two_way_key="loans", on_delete="cascade", related_name="loans")
