"""The tables that are tortured: several, so that one is left alone long enough for its answers to be hits.

A row belongs to the `part` of its table in which it was written, so that answers stay small however long it goes.
"""

from __future__ import annotations

from django_appwrite_orm import Index, Table, columns


class Tortured(Table):
    part = columns.Integer(required=True)

    class Meta:
        abstract = True
        indexes = [Index("part")]


class First(Tortured):
    class Meta:
        name = "first"


class Second(Tortured):
    class Meta:
        name = "second"


class Third(Tortured):
    class Meta:
        name = "third"


class Fourth(Tortured):
    class Meta:
        name = "fourth"


TABLES = (First, Second, Third, Fourth)
