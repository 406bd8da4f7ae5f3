"""A small client for tests: one line per request, JSON in and out."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django_appwrite_orm.local import LocalAppwrite, Response

KEY = {"x-appwrite-project": "local", "x-appwrite-key": "local", "x-appwrite-response-format": "1.9.0"}
GUEST = {"x-appwrite-project": "local", "x-appwrite-response-format": "1.9.0"}


class Client:
    """Talks to a local Appwrite in process. Paths are those under ``/v1/tablesdb`` unless they start with a dot."""

    def __init__(self, app: LocalAppwrite) -> None:
        self.app = app

    def send(self, line: str, body: Any = None, queries: Any = (), headers: dict[str, str] | None = None) -> Response:
        method, _, path = line.partition(" ")
        target = "/v1" + (path[1:] if path.startswith(".") else "/tablesdb" + path)
        if queries:
            texts = [query if isinstance(query, str) else json.dumps(query) for query in queries]
            target += ("&" if "?" in target else "?") + urlencode([("queries[]", text) for text in texts])
        sent = b"" if body is None else json.dumps(body).encode()
        return self.app.handle(method, target, {"content-type": "application/json", **(headers or KEY)}, sent)

    def __call__(self, line: str, body: Any = None, queries: Any = (), headers: dict[str, str] | None = None) -> Any:
        """The answer's JSON; anything but success is an error of the test."""
        answer = self.send(line, body, queries, headers)
        assert answer.status < 300, (line, answer.status, answer.body)
        return json.loads(answer.body) if answer.body else None

    def refusal(
        self, line: str, body: Any = None, queries: Any = (), headers: dict[str, str] | None = None
    ) -> tuple[int, str]:
        """Status and error type of a request that must be refused."""
        answer = self.send(line, body, queries, headers)
        assert answer.status >= 400, (line, answer.status, answer.body)
        return answer.status, json.loads(answer.body)["type"]

    def table(self, columns: list[dict[str, Any]], **options: Any) -> str:
        """A fresh database ``d`` with the table ``t``; gives the path of its rows."""
        self("POST ", {"databaseId": "d", "name": "d"})
        self("POST /d/tables", {"tableId": "t", "name": "t", "columns": columns, **options})
        return "/d/tables/t/rows"


def query(method: str, attribute: str = "", *values: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"method": method}
    if attribute:
        found["attribute"] = attribute
    return found | ({"values": list(values)} if values else {})
