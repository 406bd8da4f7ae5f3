"""Every route of the API, one file per kind of thing. Handlers take a ``Call`` and give an ``Answer``."""

from __future__ import annotations

from typing import Final

from . import bulk, columns, databases, health, indexes, rows, tables, transactions, users, webhooks

ROUTES: Final = (
    *health.ROUTES,
    *databases.ROUTES,
    *tables.ROUTES,
    *columns.ROUTES,
    *indexes.ROUTES,
    *rows.ROUTES,
    *bulk.ROUTES,
    *transactions.ROUTES,
    *users.ROUTES,
    *webhooks.ROUTES,
)
