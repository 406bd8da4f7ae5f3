"""Two tables that the worker writes, and one that only the console writes.

A row belongs to the `part` of its table in which it was written, so that results stay small however long it goes.
"""

from __future__ import annotations

import os

from django_appwrite_orm import Index, Permission, Role, Table, columns
from django_appwrite_orm.cache import keys, writes
from tests.hosts.settings import TIMEOUT

# This server applies nothing later than two seconds after its client gave up, so fences need not outlive that.
writes.QUERY_SECONDS, writes.MARGIN = 1, 1
keys.IN_DOUBT_TTLS = (writes.fence_ttl(TIMEOUT), 80, 320)

SECONDS = 4  # that a part lasts


class Parted(Table):
    part = columns.Integer(required=True)
    if os.environ.get("RELEASE") == "2":
        note = columns.String(size=20)

    class Meta:
        abstract = True
        indexes = [Index("part")]
        permissions = [Permission.read(Role.any())]


class Order(Parted):
    class Meta(Parted.Meta):
        name = "orders"


class Message(Parted):
    class Meta(Parted.Meta):
        name = "messages"


class Elsewhere(Parted):
    """Its rows are created without this package."""

    class Meta(Parted.Meta):
        name = "elsewhere"


TABLES: dict[str, type[Parted]] = {table._meta.name: table for table in (Order, Message, Elsewhere)}
