"""Each parameter of each route with hostile values, in a request that is valid otherwise.

The fuzz test sends random values; this one covers routes x parameters x values, columns x values, operators x columns
x values, filters x columns x values. The older routes have the same handlers. No response may be a 500.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import pytest

from django_appwrite_orm.local import LocalAppwrite, Snapshot
from django_appwrite_orm.local.api.dialects import LEGACY
from django_appwrite_orm.local.api.router import Route
from django_appwrite_orm.local.columns.operators import METHODS as OPERATORS
from django_appwrite_orm.local.queries.parser import METHODS, RANGES
from django_appwrite_orm.local.routes import ROUTES
from tests.support.local_client import KEY, Client

pytestmark = pytest.mark.slow

# JSON as it is sent, since Python writes neither 1e400 nor a lone surrogate.
VALUES: Final = [
    *("null", "true", "0", "-1", "1", "1.5", "-0.0", "1e308", "1e400", "-1e400", "2147483648", "9223372036854775807"),
    *("9223372036854775808", "9" * 400, '""', '"0"', '"x"', '"i"', '"1"', '"\\u0000"', '"\\ud800"', '"\\u0131"', '" "'),
    *('"2024-01-01"', '"9999-12-31T23:59:59.999+00:00"', '"0000-00-00"', '"1e400"', '"NaN"', '"any"', '"$id"'),
    *('"' + "x" * 300 + '"', '"' + "x" * 70_000 + '"', '"a\'; DROP TABLE t1; --"', '"read(\\"any\\")"', '"*"'),
    *("[]", "{}", "[null]", "[[]]", "[{}]", "[1,2]", "[1e400]", '["x"]', '["x","x"]', "[[1,2],[3,4]]", "[true]"),
    *("[[[0,0],[1,1]]]", "[" * 60 + "]" * 60, '{"$id":"x"}', '[{"$id":"x"}]', '{"i":1}', '{"i":{}}', '[{"i":1e400}]'),
    *(
        '{"method":"equal"}',
        '["{}"]',
        '["{\\"method\\":\\"limit\\",\\"values\\":[1e400]}"]',
        '[{"key":"k"}]',
        '{"0":1}',
    ),
    *('["read(\\"any\\")","read(\\"user:x/y/z\\")"]', '["create(\\"any\\")"]', "[" + ",".join(["1"] * 2_000) + "]"),
]
COLUMNS: Final[list[dict[str, Any]]] = [
    {"key": "s", "type": "string", "size": 40},
    {"key": "i", "type": "integer"},
    {"key": "f", "type": "double"},
    {"key": "b", "type": "boolean"},
    {"key": "at", "type": "datetime"},
    {"key": "big", "type": "bigint"},
    {"key": "p", "type": "point"},
    {"key": "ip", "type": "string", "size": 39, "format": "ip"},
    {"key": "e", "type": "string", "size": 9, "format": "enum", "elements": ["x"]},
    {"key": "lf", "type": "double", "array": True},
    {"key": "ls", "type": "string", "size": 9, "array": True},
    {"key": "lat", "type": "datetime", "array": True},
]
WRITTEN: Final = [*(str(column["key"]) for column in COLUMNS), "m", "rel"]
FILTERED: Final = ["s", "i", "f", "b", "at", "big", "p", "lf", "ls", "rel", "$id", "$sequence", ""]
GOOD: Final[dict[str, Any]] = {
    "databaseId": "new", "tableId": "new", "rowId": "new", "userId": "new", "teamId": "new", "key": "new", "name": "n",
    "required": False, "size": 20, "elements": ["x"], "type": "key", "columns": ["i"], "data": {"i": 1},
    "default": None, "relatedTableId": "t", "duration": 60, "roles": [], "labels": [], "status": True,
    "onDelete": "setNull", "emailVerification": True, "phoneVerification": True, "operations": [],
    "rows": [{"$id": "a", "i": 1}], "webhookId": "new", "url": "https://shop.example/", "events": ["databases.*"],
}  # fmt: skip
PLACES: Final = {
    "databaseId": "d", "tableId": "t", "rowId": "r", "key": "s", "column": "i", "userId": "u", "teamId": "team",
    "webhookId": "h",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """A store with an item of every resource, and the snapshot to restore it."""

    app: LocalAppwrite
    clean: Snapshot
    transaction: str

    def assert_answered(self, method: str, target: str, text: str = "") -> None:
        """Send a request; the response is not a 500, and rows can still be listed."""
        response = self.app.handle(method, target, {**KEY, "content-type": "application/json"}, text.encode())
        assert response.status < 500, (method, target, text[:300], response.body)
        if method != "GET" and response.status < 300:
            listing = self.app.handle("GET", "/v1/tablesdb/d/tables/t/rows", KEY, b"")
            assert listing.status in (200, 404), (method, target, text[:300], listing.body)
            self.app.restore(self.clean)


@pytest.fixture(scope="module")
def target_store() -> Iterator[Target]:
    app = LocalAppwrite(":memory:")
    client = Client(app)
    rows = client.table(COLUMNS, indexes=[{"key": "s", "type": "fulltext", "attributes": ["s"]}])
    client("POST /d/tables", {"tableId": "o", "name": "o", "columns": COLUMNS[:2]})
    for key, kind in (("m", "oneToMany"), ("rel", "manyToOne")):
        body = {"relatedTableId": "o", "type": kind, "key": key, "twoWay": True, "twoWayKey": f"back_{key}"}
        client("POST /d/tables/t/columns/relationship", body)
    row = {"s": "x", "i": 1, "f": 1.5, "b": True, "at": "2024-01-01T00:00:00.000+00:00", "lf": [1.5], "ls": ["x"]}
    client(f"POST {rows}", {"rowId": "r", "data": {**row, "rel": {"$id": "o1", "i": 1}}})
    client("POST ./users", {"userId": "u", "name": "u"})
    client("POST ./teams", {"teamId": "team", "name": "team"})
    client("POST ./webhooks", {"webhookId": "h", "name": "h", "url": GOOD["url"], "events": GOOD["events"]})
    transaction = client("POST /transactions", {})["$id"]
    with app.snapshot() as clean:
        yield Target(app, clean, transaction)
    app.close()


def target_of(route: Route, transaction: str) -> str:
    places = {**PLACES, "transactionId": transaction}
    parts = [places[part[1:-1]] if part.startswith("{") else part for part in route.template.strip("/").split("/")]
    return "/v1/" + "/".join(parts)


@pytest.mark.parametrize(
    "route", [r for r in ROUTES if r.dialect is not LEGACY], ids=lambda route: f"{route.method} {route.template}"
)
def test_hostile_values_of_parameters_get_a_response(target_store: Target, route: Route) -> None:
    target = target_of(route, target_store.transaction)
    params = [param for param in route.params if "{" + param.name + "}" not in route.template]
    good = {name: json.dumps(GOOD[name]) for param in params if (name := param.name) in GOOD}
    if "rowId" in good:
        del good["rows"]
    for param in params:
        for value in VALUES:
            sent = {**good, param.name: value}
            if route.method == "GET":
                target_store.assert_answered("GET", f"{target}?{param.name}={quote(value)}")
                target_store.assert_answered("GET", f"{target}?{param.name}[]={quote(value)}")
            else:
                target_store.assert_answered(route.method, target, _object(sent))


@pytest.mark.parametrize("key", [*WRITTEN, "$id", "$sequence", "$createdAt"])
def test_hostile_values_of_columns_get_a_response(target_store: Target, key: str) -> None:
    rows = "/v1/tablesdb/d/tables/t/rows"
    for value in VALUES:
        data = _object({key: value})
        target_store.assert_answered("POST", rows, _object({"rowId": '"n"', "data": data}))
        target_store.assert_answered("PATCH", f"{rows}/r", _object({"data": data}))
        target_store.assert_answered("PATCH", rows, _object({"data": data}))
        target_store.assert_answered("PUT", rows, _object({"rows": "[" + _object({"$id": '"n"', key: value}) + "]"}))


@pytest.mark.parametrize("method", sorted(OPERATORS))
def test_hostile_values_of_operators_get_a_response(target_store: Target, method: str) -> None:
    for key in ("i", "f", "s", "b", "at", "big", "lf", "ls", "lat", "rel", "p"):
        for value in VALUES:
            values = f'["equal",{value}]' if method == "arrayFilter" else f"[{value}]"
            data = _object({key: _object({"method": json.dumps(method), "values": values})})
            target_store.assert_answered("PATCH", "/v1/tablesdb/d/tables/t/rows/r", _object({"data": data}))


@pytest.mark.parametrize("method", sorted(METHODS))
def test_hostile_values_of_queries_get_a_response(target_store: Target, method: str) -> None:
    for key in FILTERED:
        for value in VALUES:
            values = f"[{value},{value}]" if method in RANGES else f"[{value}]"
            asked = {"method": json.dumps(method), "attribute": json.dumps(key), "values": values}
            target_store.assert_answered("GET", f"/v1/tablesdb/d/tables/t/rows?queries[]={quote(_object(asked))}")


def _object(members: dict[str, str]) -> str:
    """Return a JSON object of values that are JSON texts."""
    return "{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in members.items()) + "}"
