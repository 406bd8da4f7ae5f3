"""Whether a request of a peer's site has asked the database, in the header that the package has for its reads."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.db.backends.signals import connection_created
from django.http import HttpRequest

_queries: ContextVar[list[str]] = ContextVar("queries")


def _note(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
    _queries.get([]).append(sql)
    return execute(sql, parameters, many, context)


def _watch(*, connection: Any, **kwargs: Any) -> None:
    if _note not in connection.execute_wrappers:
        connection.execute_wrappers.append(_note)


connection_created.connect(_watch)


def count_queries(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    def labelled(response: Any, queries: list[str]) -> Any:
        response["X-Cache-Status"] = "MISS" if queries else "HIT"
        return response

    def respond(request: HttpRequest) -> Any:
        queries: list[str] = []
        _queries.set(queries)
        return labelled(get_response(request), queries)

    async def arespond(request: HttpRequest) -> Any:
        queries: list[str] = []
        _queries.set(queries)
        return labelled(await get_response(request), queries)

    if not iscoroutinefunction(get_response):
        return respond
    markcoroutinefunction(arespond)
    return arespond


count_queries.sync_capable = True  # type: ignore[attr-defined]
count_queries.async_capable = True  # type: ignore[attr-defined]
