"""What a running Appwrite sent to listeners, and what a listener leaves in the cache."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.cache import caches
from django.core.management import call_command

from django_appwrite_orm.connection import connections
from django_appwrite_orm.events.realtime import Listener
from tests.support.faulty_servers import FaultyServer, answer

# Deliveries and frames of a running Appwrite 1.9.6.
RECORDED = Path(__file__).parents[1] / "events" / "recorded"


def recorded(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text())


CONNECTED = recorded("realtime")["connections"][0]["received"][0]
AS_USER = next(c for c in recorded("realtime")["connections"] if c["case"] == "JWT in header")["received"][0]
ACTIONS = recorded("realtime")["actions"]
JWT = answer(201, {"jwt": "the-jwt"})
Start = Callable[..., tuple[FaultyServer, Listener]]


def token_of(table: type) -> str:
    return connections["default"].table_keys(table._meta.ref("cb-ev")).token


def plant(*tables: type) -> None:
    """As if the tables had been read."""
    for table in tables:
        caches["default"].set(token_of(table), "x")


def has_token(table: type) -> bool:
    return caches["default"].get(token_of(table)) is not None


def shown() -> str:
    out = StringIO()
    call_command("stats_appwrite", stdout=out, stderr=StringIO())
    return out.getvalue()
