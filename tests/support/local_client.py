"""A client of the local Appwrite for tests: one line per request, JSON in and out."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django_appwrite_orm.local import LocalAppwrite, Response

KEY = {"x-appwrite-project": "local", "x-appwrite-key": "local", "x-appwrite-response-format": "1.9.0"}
GUEST = {"x-appwrite-project": "local", "x-appwrite-response-format": "1.9.0"}


class Client:
    """Sends requests in process. Paths are those under ``/v1/tablesdb`` unless they start with a dot."""

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
        """Return the JSON of a response, which must be a success."""
        answer = self.send(line, body, queries, headers)
        assert answer.status < 300, (line, answer.status, answer.body)
        return json.loads(answer.body) if answer.body else None

    def refusal(
        self, line: str, body: Any = None, queries: Any = (), headers: dict[str, str] | None = None
    ) -> tuple[int, str]:
        """Return status and error type of a response, which must be an error."""
        answer = self.send(line, body, queries, headers)
        assert answer.status >= 400, (line, answer.status, answer.body)
        return answer.status, json.loads(answer.body)["type"]

    def table(self, columns: list[dict[str, Any]], **options: Any) -> str:
        """Create the database ``d`` with the table ``t``; return the path of its rows."""
        self("POST ", {"databaseId": "d", "name": "d"})
        self("POST /d/tables", {"tableId": "t", "name": "t", "columns": columns, **options})
        return "/d/tables/t/rows"


def user_headers(client: Client, id: str) -> dict[str, str]:
    """Create a user and return the headers of the user's requests."""
    client("POST ./users", {"userId": id, "email": f"{id}@example.com"})
    return {**GUEST, "x-appwrite-jwt": client(f"POST ./users/{id}/jwts", {})["jwt"]}


def stage_operations(client: Client, *operations: dict[str, Any]) -> str:
    """Begin a transaction with operations on the table ``t`` and return its id."""
    transaction: str = client("POST /transactions", {})["$id"]
    sent = [{"databaseId": "d", "tableId": "t", **operation} for operation in operations]
    if sent:
        client(f"POST /transactions/{transaction}/operations", {"operations": sent})
    return transaction


def numbers_by_id(client: Client, rows: str) -> dict[str, int]:
    """Return the column ``n`` of every row."""
    return {row["$id"]: row["n"] for row in client(f"GET {rows}")["rows"]}


def query(method: str, attribute: str = "", *values: Any) -> dict[str, Any]:
    """Return a query as data."""
    data: dict[str, Any] = {"method": method}
    if attribute:
        data["attribute"] = attribute
    return data | ({"values": list(values)} if values else {})
