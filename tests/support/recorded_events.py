"""The recorded actions, done again to a local Appwrite, with what its listeners and its webhooks then got."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from django_appwrite_orm.local import LocalAppwrite
from django_appwrite_orm.local.http.server import LocalServer
from tests.support.local_client import GUEST, KEY, Client
from tests.support.webhook_receiver import Delivery, receiving

RECORDED = Path(__file__).parents[1] / "events" / "recorded"
REALTIME = json.loads((RECORDED / "realtime.json").read_text())
WEBHOOKS = json.loads((RECORDED / "webhooks.json").read_text())
ACTIONS = REALTIME["actions"]
DATABASE = "/cb-ev"
OPEN = f"{DATABASE}/tables/open"
ROWS = f"{OPEN}/rows"
EVERYTHING = [f'{verb}("any")' for verb in ("read", "create", "update", "delete")]
# Staged besides the recorded create. The upsert names no row of its own, so that it makes a new one.
STAGED = [
    {"action": "update", "databaseId": "cb-ev", "tableId": "open", "rowId": "a", "data": {"n": 20}},
    {
        "action": "increment",
        "databaseId": "cb-ev",
        "tableId": "open",
        "rowId": "a",
        "data": {"column": "n", "value": 1},
    },
    {"action": "upsert", "databaseId": "cb-ev", "tableId": "open", "rowId": "x", "data": {"text": "up"}},
    {"action": "delete", "databaseId": "cb-ev", "tableId": "open", "rowId": "g"},
    {"action": "bulkCreate", "databaseId": "cb-ev", "tableId": "open", "data": [{"$id": "w", "text": "w"}]},
]


@dataclass
class Played:
    """Frames by action and connection, and the deliveries in order."""

    frames: dict[str, dict[str, list[dict[str, Any]]]] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)


def url(door: LocalServer, path: str) -> str:
    return "ws" + door.endpoint.removeprefix("http").removesuffix("/v1") + path


def frames_until_pong(connection: ClientConnection) -> list[dict[str, Any]]:
    """What has been told so far: a commit tells before it is answered, and what is told comes before the pong."""
    connection.send('{"type":"ping"}')
    found = []
    while (frame := json.loads(connection.recv(timeout=60)))["type"] != "pong":
        found.append(frame)
    return found


def play() -> Played:
    """Every action once."""
    played = Played()
    app = LocalAppwrite(":memory:")
    client = Client(app)
    with receiving() as receiver, LocalServer(app, port=0) as door, ExitStack() as stack:
        for id, hook in WEBHOOKS["webhooks"].items():
            target = hook["url"].partition(":9512")[2]
            body = {"webhookId": id, "name": hook["name"], "url": receiver.url.removesuffix("/hook") + target}
            body |= {"events": hook["events"], "httpUser": hook["httpUser"], "httpPass": hook["httpPass"]}
            client("POST ./webhooks", {**body, "secret": hook["signatureKey"]})
        _lay_out(client)
        jwt = client("POST ./users/cbu-ev/jwts", {})["jwt"]
        headers = {"key": KEY, "guest": GUEST, "jwt": {**GUEST, "x-appwrite-jwt": jwt}}
        listening = {
            name: stack.enter_context(connect(url(door, f"/v1/realtime?project=local{query}"), additional_headers=more))
            for name, query, more in (
                ("guest: rows", "&channels[]=rows", {}),
                ("jwt: rows", "&channels[]=rows", {"X-Appwrite-JWT": jwt}),
                ("key: rows", "&channels[]=rows", {"X-Appwrite-Key": "local"}),
                (
                    "guest: documents + tablesdb.…open.rows",
                    "&channels[]=documents&channels[]=tablesdb.cb-ev.tables.open.rows",
                    {},
                ),
                ("guest: rows, two queries", "", {}),
            )
        }
        _ask_twice(listening["guest: rows, two queries"])
        for connection in listening.values():
            frames_until_pong(connection)
        for action in ACTIONS:
            _do(client, action, headers[action["caller"]])
            got = {name: frames_until_pong(connection) for name, connection in listening.items()}
            played.frames[action["action"]] = got
        _change_schema(client)
        came = receiver.wait_until(lambda: any(d.names[0] == "databases.cb-ev.delete" for d in receiver.deliveries))
        played.deliveries = [delivery for delivery in came if not _is_left_out(delivery)]
    app.close()
    return played


def _is_left_out(delivery: Delivery) -> bool:
    """The recording leaves out the rows that one webhook, registered for `databases.*`, was told of too."""
    return delivery.headers["X-Appwrite-Webhook-Id"] == "cb-hook-c" and any(".rows." in name for name in delivery.names)


def _lay_out(client: Client) -> None:
    client("POST ", {"databaseId": "cb-ev", "name": "Events"})
    text = {"key": "text", "type": "string", "size": 40}
    columns = [text, {"key": "n", "type": "integer", "default": 0}]
    client(
        f"POST {DATABASE}/tables", {"tableId": "open", "name": "Open", "permissions": EVERYTHING, "columns": columns}
    )
    own = {"tableId": "own", "name": "Own", "permissions": ['create("users")'], "rowSecurity": True, "columns": [text]}
    client(f"POST {DATABASE}/tables", own)
    client("POST ./users", {"userId": "cbu-ev", "email": "cbu-ev@example.com"})


def _ask_twice(connection: ClientConnection) -> None:
    """Two subscriptions, in the order in which the recording names them: n is 5, and everything."""
    queries = ['{"method":"equal","attribute":"n","values":[5]}'], ['{"method":"select","values":["*"]}']
    asked = [{"subscriptionId": str(place), "channels": ["rows"], "queries": q} for place, q in enumerate(queries)]
    connection.send(json.dumps({"type": "subscribe", "data": asked}))


def _do(client: Client, action: dict[str, Any], headers: dict[str, str]) -> None:
    method, _, path = action["request"].partition(" ")
    body = action["body"]
    if action["action"] == "staged create":
        client("POST /transactions", {})
    if action["action"].startswith(("staged", "transaction")):
        (pending,) = client("GET /transactions")["transactions"]
        path = path.replace(path.rpartition("/")[2], pending["$id"]) if "transactions" in path else path
        body = {**body, "transactionId": pending["$id"]} if "transactionId" in body else body
    answer = client.send(f"{method} {path.removeprefix('/tablesdb')}", body, headers=headers)
    assert answer.status == action["status"], (action["action"], answer)
    if action["action"] == "staged create":
        client(f"POST /transactions/{pending['$id']}/operations", {"operations": STAGED})


def _change_schema(client: Client) -> None:
    """As the recording's last deliveries report it."""
    client(f"POST {OPEN}/columns/boolean", {"key": "flag", "required": False})
    client(f"POST {OPEN}/indexes", {"key": "idx", "type": "key", "columns": ["n"], "lengths": [0]})
    client(f"DELETE {OPEN}/indexes/idx")
    client(f"PATCH {OPEN}/columns/boolean/flag", {"required": False, "default": True})
    client(f"DELETE {OPEN}/columns/flag")
    client(f"PUT {OPEN}", {"name": "Open 2", "permissions": EVERYTHING})
    client(f"DELETE {DATABASE}/tables/own")
    client(f"PUT {DATABASE}", {"name": "Events 2"})
    client(f"DELETE {DATABASE}")
