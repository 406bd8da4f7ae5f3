"""Tables with relationships, made on the server for a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.cache import caches

from django_appwrite_orm import Table
from django_appwrite_orm.connection import connections
from django_appwrite_orm.plans import Request
from django_appwrite_orm.registry import registry
from django_appwrite_orm.sansio import run_sync
from tests.support.tables import prepare


def send(method: str, path: str, body: object = None) -> object:
    """One request past the cache; its decoded answer."""
    return run_sync(connections["default"].send(Request(method, path, body=body))).data


@contextmanager
def made(*tables: type[Table]) -> Iterator[None]:
    """Register these tables and make them on the server."""
    for table in tables:
        registry.add(table)
    try:
        prepare(*tables)
        caches["default"].clear()  # changes of one table that were made side by side leave a doubt
        yield
    finally:
        for table in tables:
            registry.discard(table)


def token(table: type[Table]) -> object:
    """What is in the cache as the table's version."""
    return caches["default"].get(connections["default"].table_keys(table.objects.ref).token)
