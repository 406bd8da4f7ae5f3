"""Random requests to every route: responses are the server's, never a 500 or a traceback.

The budget is fixed: EXAMPLES requests to the route table, EXAMPLES lists with queries, EXAMPLES raw bodies.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from django_appwrite_orm.local import LocalAppwrite, Response
from django_appwrite_orm.local.api.errors import STATUS
from django_appwrite_orm.local.columns.operators import METHODS as OPERATORS
from django_appwrite_orm.local.queries.parser import METHODS
from django_appwrite_orm.local.routes import ROUTES
from tests.support.local_client import GUEST, KEY, Client

EXAMPLES = 400
BUDGET = settings(max_examples=EXAMPLES, derandomize=True)
COLUMNS: list[dict[str, Any]] = [
    {"key": "s", "type": "string", "size": 40},
    {"key": "i", "type": "integer", "min": -5, "max": 500},
    {"key": "f", "type": "double"},
    {"key": "b", "type": "boolean"},
    {"key": "at", "type": "datetime"},
    {"key": "l", "type": "integer", "array": True},
    {"key": "w", "type": "string", "size": 9, "array": True},
    {"key": "p", "type": "point"},
    {"key": "big", "type": "bigint"},
]
INDEXES = [
    {"key": "words", "type": "fulltext", "attributes": ["s"]},
    {"key": "u", "type": "unique", "attributes": ["i"]},
]
HOSTILE = [
    *("", "0", "null", "unique()", "a'; DROP TABLE t1; --", '"', "`", "\\", "%", "_", "$id", "a.b", "\x00", "\ud800"),
    *("../../etc/passwd", "{{7*7}}", "😀" * 40, "x" * 5_000, "é", "1e400", "-1", "[]", "{}", "{", "t1", "seq"),
    *(
        'read("any")',
        "9" * 30,
        "NaN",
        "true",
        "2024-02-30",
        "now",
        "+1 month",
        "*",
        "s.*",
        "\u0131",
        "\ufb01",
        "\u202e",
    ),
]
KINDS = ["application/json", "application/x-www-form-urlencoded", "text/plain", "", "multipart/form-data"]
BODIES = [b"[" * 100_000, b"a[" * 50_000, b'{"a":' * 5_000, b"\xff\xfe", b'"\\ud800"', b"1" * 9_000, b"a=1&" * 5_000]

texts = st.one_of(st.sampled_from(["d", "t", "r1", "s", "i", "at", "l", "b", "p"]), st.sampled_from(HOSTILE), st.text())
scalars = st.one_of(
    texts, st.booleans(), st.none(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([2**31, 2**63, -(2**63), 10**400, 0.1, -0.0]),
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)
operators = st.fixed_dictionaries(
    {"method": st.sampled_from(sorted(OPERATORS)), "values": st.lists(scalars, max_size=3)}
)
row_data = st.dictionaries(
    st.sampled_from(["s", "i", "f", "b", "at", "l", "w", "p", "big", "$id", "$permissions", "$createdAt", "nope"]),
    st.one_of(values, operators, operators.map(lambda operator: _json(operator))),
    max_size=5,
)
queries = st.recursive(
    st.fixed_dictionaries(
        {"method": st.sampled_from(sorted(METHODS)) | texts},
        optional={
            "attribute": st.sampled_from(["s", "i", "f", "b", "at", "l", "w", "p", "big", "$id", "$sequence"]) | texts,
            "values": st.lists(values, max_size=4) | values,
        },
    ),
    lambda inner: st.fixed_dictionaries(
        {"method": st.sampled_from(["and", "or"]), "values": st.lists(inner, max_size=3)}
    ),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def app() -> Iterator[LocalAppwrite]:
    app = LocalAppwrite(":memory:")
    client = Client(app)
    rows = client.table(COLUMNS, indexes=INDEXES, permissions=['read("any")', 'create("any")'], rowSecurity=True)
    for number in range(3):
        client(f"POST {rows}", {"rowId": f"r{number}", "data": {"s": f"row {number}", "i": number, "l": [number]}})
    yield app
    app.close()


def _json(value: Any) -> str:
    return json.dumps(value, default=str)


def check(response: Response) -> None:
    """Check that the server could have sent the response."""
    assert response.status < 500, response.body
    assert b"Traceback" not in response.body
    assert b".py" not in response.body
    assert "content-type" in response.headers
    if response.status >= 400:
        refusal = json.loads(response.body)
        assert refusal["code"] == response.status
        assert refusal["message"]
        assert STATUS.get(refusal["type"], response.status) == response.status
    elif response.body:
        json.loads(response.body)


@BUDGET
@given(data=st.data())
def test_every_route_answers_whatever_its_parameters(app: LocalAppwrite, data: st.DataObject) -> None:
    route = data.draw(st.sampled_from(ROUTES), label="route")
    with app.snapshot() as before:
        parts = []
        for part in route.template.strip("/").split("/"):
            name = part.strip("{}")
            usual = {"databaseId": "d", "tableId": "t", "rowId": "r1", "key": "s", "column": "i"}.get(name, "x")
            value = data.draw(st.just(usual) | texts, label=name) if part.startswith("{") else part
            parts.append(quote(value.encode("utf-8", "surrogatepass"), safe=""))
        names = [
            param.legacy if "/databases" in route.template and param.legacy else param.name for param in route.params
        ]
        sent = data.draw(
            st.fixed_dictionaries({}, optional={name: row_data if name == "data" else values for name in names}),
            label="parameters",
        )
        head = data.draw(st.sampled_from([KEY, KEY, KEY, GUEST, {**GUEST, "x-appwrite-jwt": "a.b.c"}]), label="caller")
        target = "/v1/" + "/".join(parts)
        body = b""
        if route.method == "GET":
            pairs = [f"{quote(name)}={quote(_json(value))}" for name, value in sent.items()]
            target += "?" + "&".join(pairs)
        else:
            body = _json(sent).encode("utf-8", "surrogatepass")
        check(app.handle(route.method, target, {**head, "content-type": "application/json"}, body))
        app.restore(before)


@BUDGET
@given(sent_queries=st.lists(queries, max_size=4), row=st.none() | row_data)
def test_every_query_is_answered(app: LocalAppwrite, sent_queries: list[Any], row: Any) -> None:
    texts = [_json(sent_query) for sent_query in sent_queries]
    target = "/v1/tablesdb/d/tables/t/rows?" + "&".join(f"queries[]={quote(text)}" for text in texts)
    check(app.handle("GET", target, KEY, b""))
    if row is not None:
        with app.snapshot() as before:
            body = _json({"data": row, "queries": texts}).encode("utf-8", "surrogatepass")
            head = {**KEY, "content-type": "application/json"}
            check(app.handle("PATCH", "/v1/tablesdb/d/tables/t/rows", head, body))
            check(app.handle("PATCH", "/v1/tablesdb/d/tables/t/rows/r1", head, body))
            check(app.handle("PUT", "/v1/tablesdb/d/tables/t/rows/r9", head, body))
            app.restore(before)


@BUDGET
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "", "get"]),
    target=st.sampled_from(["/v1/tablesdb", "/v1/tablesdb/d/tables", "/v1/tablesdb/d/tables/t/rows", "/v1/users"])
    | st.text(max_size=60).map(lambda text: "/" + text),
    kind=st.sampled_from(KINDS),
    body=st.binary(max_size=400) | st.sampled_from(BODIES),
)
def test_raw_requests_are_answered(app: LocalAppwrite, method: str, target: str, kind: str, body: bytes) -> None:
    with app.snapshot() as before:
        check(app.handle(method, target, {**KEY, "content-type": kind}, body))
        app.restore(before)


@pytest.mark.parametrize("text", [text for text in HOSTILE if text and "\ud800" not in text])
def test_hostile_text_is_stored_and_found_as_it_is(app: LocalAppwrite, text: str) -> None:
    client = Client(app)
    with app.snapshot() as before:
        text = text[:40]
        client("POST /d/tables/t/rows", {"rowId": "hostile", "data": {"s": text}})
        assert client("GET /d/tables/t/rows/hostile")["s"] == text
        equal = [{"method": "equal", "attribute": "s", "values": [text]}]
        assert "hostile" in [row["$id"] for row in client("GET /d/tables/t/rows", queries=equal)["rows"]]
        app.restore(before)
