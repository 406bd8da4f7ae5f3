"""Indexes and tables from code."""

from __future__ import annotations

import json
from typing import Any

import pytest

from django_appwrite_orm import Index, UniqueIndex, orm
from django_appwrite_orm.exceptions import ConfigurationError, Conflict, NotFound, SchemaError
from tests.support.library.tables import Book
from tests.support.migrations import answering, migrated


def keys() -> list[str]:
    return [index["key"] for index in orm.table("books").list_indexes()]


def test_indexes_are_created_listed_and_deleted() -> None:
    migrated(Book)
    books = orm.table("books")
    declared = keys()
    books.create_index(Index("-pages", "created_at", key="thick"))
    books.create_index({"key": "cheap", "type": "key", "attributes": ["price"], "orders": ["DESC"]})
    assert keys() == [*declared, "thick", "cheap"]
    thick, cheap = books.list_indexes()[-2:]
    assert (thick["columns"], thick["orders"]) == (["pages", "$createdAt"], ["DESC", "ASC"])
    assert (cheap["columns"], cheap["orders"]) == (["price"], ["DESC"])
    books.delete_index("thick")
    books.delete_index("cheap")
    assert keys() == declared


def test_invalid_indexes_are_errors() -> None:
    migrated(Book)
    books = orm.table("books")
    with pytest.raises(Conflict):
        books.create_index(UniqueIndex("price", key="title_unique"))
    with pytest.raises(NotFound):
        books.delete_index("nothing")
    with pytest.raises(ValueError, match="key of an index is needed"):
        books.delete_index("")
    with pytest.raises(ConfigurationError, match="'nothing', which is not a column"):
        books.create_index(Index("nothing"))
    with pytest.raises(ConfigurationError, match="unknown type 'odd'"):
        books.create_index({"key": "k", "type": "odd", "attributes": ["price"]})


def test_an_index_that_appwrite_cannot_build_is_reported_with_its_reason() -> None:
    migrated(Book)
    seen: list[Any] = []

    def change(request: Any, reply: Any) -> Any:
        if request.method == "GET" and request.path.endswith("/indexes/k"):
            seen.append(request)
            status = {"status": "processing"} if len(seen) == 1 else {"status": "failed", "error": "too long"}
            return reply._replace(text=json.dumps({**json.loads(reply.text), **status}))
        return reply

    with answering(change), pytest.raises(SchemaError, match=r"could not build index books\.k: failed, too long"):
        orm.table("books").create_index(Index("price", key="k"))
    assert len(seen) == 2


def test_tables_are_created_and_deleted() -> None:
    assert orm.create_table("books") > 0
    assert orm.create_table("books") == 0
    Book.objects.create(title="Dune", price=1)
    assert Book.objects.count() == 1
    orm.delete_table("books")
    with pytest.raises(NotFound):
        Book.objects.count()
    with pytest.raises(NotFound):
        orm.delete_table("books")
