"""Table classes made for one test, and a look at what the server has."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest

from django_appwrite_orm import Table, columns
from django_appwrite_orm.connection import connections
from django_appwrite_orm.exceptions import SchemaError
from django_appwrite_orm.plans import Request
from django_appwrite_orm.registry import registry
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import migrate
from django_appwrite_orm.transport.client import Reply
from django_appwrite_orm.transport.retry import Attempt


def table(id: str = "things", /, meta: dict[str, Any] | None = None, **own_columns: Any) -> type[Table]:
    """A table class that is not registered."""
    return type("Things", (Table,), {**own_columns, "Meta": type("Meta", (), {"name": id, **(meta or {})})})


def migrated(*tables: type[Table], **options: Any) -> list[str]:
    """Migrate; the lines reported."""
    lines: list[str] = []
    run_sync(migrate(tables, "default", lines.append, **options))
    return lines


def ask(method: str, path: str, body: Any = None) -> Any:
    """What the server says to a request, past everything."""
    return run_sync(connections["default"].send(Request(method, f"/tablesdb/library{path}", body=body))).data


def columns_of(id: str = "things") -> dict[str, dict[str, Any]]:
    return {column["key"]: column for column in ask("GET", f"/tables/{id}")["columns"]}


@contextmanager
def answering(change: Callable[[Request, Any], Any]):
    """Every reply to a request goes through `change(request, reply)`, which may give another one or raise."""
    perform = Attempt.perform

    def changed(self: Attempt) -> Any:
        return change(self.request, perform(self))

    with mock.patch.object(Attempt, "perform", changed):
        yield


def values(table: Any, name: str = "a") -> list[Any]:
    return [getattr(row, name) for row in table.objects.uncached()]


def indexes_of(id: str = "things") -> dict[str, dict[str, Any]]:
    return {index["key"]: index for index in ask("GET", f"/tables/{id}")["indexes"]}


def fill(table: Any, *given: Any) -> None:
    for value in given:
        table.objects.create(a=value)


def refused(*tables: Any, match: str, **options: Any) -> None:
    """The migration is refused, and the server's schema is what it was."""
    before = ask("GET", "/tables")
    with pytest.raises(SchemaError, match=match):
        migrated(*tables, **options)
    assert ask("GET", "/tables") == before


@contextmanager
def registered(*tables: type[Table]):
    """These tables can be found by their names."""
    for one in tables:
        registry.add(one)
    try:
        yield
    finally:
        for one in tables:
            registry.discard(one)


def unfinished(times: int, error: str = "") -> Any:
    """Replies in which column `b` is still being built `times` times, or failed for good."""
    seen = {"left": times}

    def change(request: Any, reply: Reply) -> Reply:
        if request.method != "GET" or "tables" not in (data := json.loads(reply.text)):
            return reply
        late = [column for table in data["tables"] for column in table["columns"] if column["key"] == "b"]
        for column in late:
            if error:
                column.update(status="failed", error=error)
            elif seen["left"] > 0:
                column["status"] = "processing"
        seen["left"] -= bool(late)
        return reply._replace(text=json.dumps(data))

    return answering(change)


LATE = {"a": columns.Boolean(), "b": columns.Varchar(size=9)}


def authors(**more: Any) -> type[Table]:
    return table("authors", name=columns.String(size=9), **more)


def books(author: Any, **more: Any) -> type[Table]:
    return table("books", title=columns.String(size=9), author=author, **more)
