"""Reads that are misses: a row by its id, lists of 25, 100 and 1,000 rows, with every attribute of every row read.

Each contender has the same servers, in processes of their own. One repeats recorded bytes, so that almost all of the
time is the client's; over TLS there are handshakes besides. The local Appwrite reads the rows from SQLite each time.

A table or model with a cache also stores what it has read in Redis. Its rows are invalidated before each call, as by
a write of somebody else. Without a cache (TTL 0) it does what the SDK does, and returns the same rows.

Connections are counted after a first read.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from ..cells import Cell, Missed, Number, Timed
from ..support import sdk, servers
from ..support.products import attributes, models, site, tables
from . import SERVING, Goal

# By the alias of the connection and the number of rows.
Reads = dict[tuple[str, int], Callable[[], object]]

TITLE = "Misses"
SDK = "Appwrite's SDK"
TABLE, MODEL = "table", "model"
WITHOUT = ", no cache"
CONTENDERS = {
    TABLE + WITHOUT: f"django_appwrite_orm {SERVING}",
    TABLE: f"django_appwrite_orm {SERVING}",
    MODEL + WITHOUT: f"django_appwrite_orm {SERVING}",
    MODEL: f"django_appwrite_orm {SERVING}",
    SDK: f"appwrite {SERVING}",
}
# The servers by the alias of their connection: how they are called, and how they run.
SERVERS: Mapping[str, tuple[str, dict[str, bool]]] = {
    "default": ("HTTP", {"repeats": True}),
    "tls": ("TLS", {"repeats": True, "tls": True}),
    "local": ("local Appwrite", {}),
}
HEADINGS = {
    "default": "over HTTP, from a server that repeats recorded responses",
    "tls": "over TLS, from the same server",
    "local": "over HTTP, from the local Appwrite",
}
SIZES = {1: "1 row by id", 25: "25 rows", 100: "100 rows", 1_000: "1,000 rows"}
READS = 100
CONNECTIONS = f"connections of {READS} reads"


def measure(alias: str, size: int) -> str:
    return f"{SIZES[size]}, {SERVERS[alias][0]}"


TABLES = {
    **{heading: {SIZES[size]: measure(alias, size) for size in SIZES} for alias, heading in HEADINGS.items()},
    f"connections opened by {READS} reads of a row": {CONNECTIONS: CONNECTIONS},
}
BASE = {measure(alias, size): (measure(alias, size), SDK) for alias in SERVERS for size in SIZES}
GOALS = [
    Goal((measure(alias, size), TABLE + WITHOUT), than=(measure(alias, size), SDK), at_most=bound)
    for alias in ("default", "tls")
    for size, bound in {1: 0.5, 1_000: 0.35}.items()
]


def prepare(name: str, stack: ExitStack) -> dict[str, Cell]:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    running = {
        alias: stack.enter_context(servers.running(folder / "rows.sqlite3", **options))
        for alias, (_, options) in SERVERS.items()
    }
    endpoints = {alias: server.endpoint for alias, server in running.items()}
    if name == SDK:
        reads = _sdk(endpoints)
        cells: dict[str, Cell] = {measure(*key): Timed(read) for key, read in reads.items()}
    else:
        kind, _, uncached = name.partition(",")
        own = {"TTL": 0} if uncached else {}
        site(stack, on_appwrite=kind == MODEL, endpoints=endpoints, cache_settings=own)
        product = (models() if kind == MODEL else tables()).product
        reads = _ours(product, endpoints)
        cells = {
            measure(*key): Timed(read) if uncached else Missed(read, _invalidation(product, key[0]))
            for key, read in reads.items()
        }
    one = reads["default", 1]
    return {**cells, CONNECTIONS: Number(partial(_connections, running["default"], one))}


def _ours(product: Any, aliases: Iterable[str]) -> Reads:
    def read(alias: str, size: int) -> None:
        products = product.objects.using(alias)
        attributes([products.get(pk=first)] if size == 1 else products.all()[:size])

    first = product.objects.using("local").order_by("pk")[0].pk
    return {(alias, size): partial(read, alias, size) for alias in aliases for size in SIZES}


def _invalidation(product: Any, alias: str) -> Callable[[], object]:
    from django_appwrite_orm.backend.model_table import table_of
    from django_appwrite_orm.plan_execution import invalidate
    from django_appwrite_orm.sansio import run_sync
    from django_appwrite_orm.tables import Row

    table = product if issubclass(product, Row) else table_of(product)
    return lambda: run_sync(invalidate(table._meta, alias))


def _sdk(endpoints: Mapping[str, str]) -> Reads:
    def read(client: Any, size: int) -> None:
        sdk.attributes(sdk.rows(client, size))

    sdk.filled(endpoints["local"])
    services = {alias: sdk.service(endpoint) for alias, endpoint in endpoints.items()}
    return {(alias, size): partial(read, services[alias], size) for alias in endpoints for size in SIZES}


def _connections(server: servers.Server, read: Callable[[], object]) -> float:
    read()  # opens a connection, or finds that of another cell still open
    before = server.counts()["connections"]
    for _ in range(READS):
        read()
    return float(server.counts()["connections"] - before)
