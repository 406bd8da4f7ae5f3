"""Every route of the API, one file per resource. Handlers take a ``Call`` and return a ``Response``."""

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
