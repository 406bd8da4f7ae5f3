"""A local Appwrite with API keys of which each has its scopes, as the source of 1.9.6 names them for each route."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django_appwrite_orm.local.api.responses import JSON_HEADERS, Response
from django_appwrite_orm.local.app import API_KEY, LocalAppwrite
from django_appwrite_orm.local.http.server import LocalServer

# A route, and the resources of which one scope is enough.
_RESOURCES = (
    (r"/tablesdb/transactions|/tablesdb/[^/]+/tables/[^/]+/rows", ("rows", "documents")),
    (r"/tablesdb/[^/]+/tables/[^/]+/columns", ("tables", "collections", "columns", "attributes")),
    (r"/tablesdb/[^/]+/tables/[^/]+/indexes", ("tables", "collections", "indexes")),
    (r"/tablesdb/[^/]+/tables", ("tables", "collections")),
    (r"/tablesdb", ("databases",)),
    (r"/webhooks", ("webhooks",)),
    (r"/users", ("users",)),
)
EVERYTHING = frozenset(
    f"{resource}.{action}"
    for resource in ("databases", "tables", "rows", "webhooks", "users")
    for action in ("read", "write")
)


class ScopedAppwrite(LocalAppwrite):
    """`keys`: the scopes of each key, which may be changed at any time. `used` counts the requests of each."""

    def __init__(self, database: Any, keys: dict[str, frozenset[str]]) -> None:
        super().__init__(database)
        self.keys = keys
        self.used: Counter[str] = Counter()

    def handle(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, *, strict: bool | None = None
    ) -> Response:
        key = headers.get("x-appwrite-key", "")
        if key:
            self.used[key] += 1
            if key not in self.keys:
                return _refusal("user_unauthorized", "The current user is not authorized to perform the request.")
            needed = _scopes_of(method, target)
            if needed and not needed & self.keys[key]:
                missing = json.dumps(sorted(needed, reverse=True))
                return _refusal(
                    "general_unauthorized_scope",
                    f"app.local@service.localhost (role: applications) missing scopes ({missing})",
                )
            headers = {**headers, "x-appwrite-key": API_KEY}
        return super().handle(method, target, headers, body, strict=strict)


def _scopes_of(method: str, target: str) -> frozenset[str]:
    path = target.partition("?")[0].removeprefix("/v1")
    action = "read" if method in ("GET", "HEAD") else "write"
    for route, resources in _RESOURCES:
        if re.match(rf"(?:{route})(?:/|$)", path):
            return frozenset(f"{resource}.{action}" for resource in resources)
    return frozenset()


def _refusal(kind: str, message: str) -> Response:
    body = {"message": message, "code": 401, "type": kind, "version": "1.9.6"}
    return Response(401, JSON_HEADERS, json.dumps(body).encode())


@contextmanager
def serving(database: str | Path, keys: dict[str, frozenset[str]]) -> Iterator[tuple[ScopedAppwrite, str]]:
    """The server and its endpoint."""
    app = ScopedAppwrite(database, keys)
    with LocalServer(app, port=0) as server:
        yield app, server.endpoint
    app.close()
