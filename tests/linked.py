"""Tables with relationships, made on the server for a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.core.cache import caches

from django_appwrite_orm import Table
from django_appwrite_orm.connection import connections
from django_appwrite_orm.exceptions import Conflict
from django_appwrite_orm.plans import Request, TableRef
from django_appwrite_orm.registry import registry
from django_appwrite_orm.steps import run


def send(method: str, path: str, body: object = None) -> object:
    """One request past the cache; its decoded answer."""
    return run(connections["default"].send(Request(method, path, body=body))).data


@contextmanager
def made(*tables: type[Table]) -> Iterator[None]:
    """Register these tables and make them on the server, their text columns and relationships."""
    database = connections["default"].settings.database_id
    for table in tables:
        registry.add(table)
    try:
        with suppress(Conflict):  # by tables made around these
            send("POST", "/tablesdb", {"databaseId": database, "name": database})
        for table in tables:
            plain = [column for column in table._meta.columns.values() if column.type_name == "string"]
            columns = [{"key": column.key, "type": "string", "size": column.size} for column in plain]
            body = {"tableId": table._meta.id, "name": table._meta.name, "columns": columns}
            send("POST", f"/tablesdb/{database}/tables", body)
        there = set()
        for table in tables:
            for relationship in table._meta.relationships.values():
                other = registry.target(table, relationship)
                wanted = relationship.definition(table._meta.id, other._meta.id)
                if (table, relationship.key) not in there:
                    there.add((other, relationship.two_way_key))
                    body = {**wanted, "relatedTableId": wanted["relatedTable"], "type": wanted["relationType"]}
                    send("POST", f"{TableRef(database, table._meta.id).path}/columns/relationship", body)
        yield
    finally:
        for table in tables:
            registry.discard(table)


def token(table: type[Table]) -> object:
    """What is in the cache as the table's version."""
    return caches["default"].get(connections["default"].table_keys(table.objects.ref).token)
