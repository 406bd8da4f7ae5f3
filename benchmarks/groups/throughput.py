"""Requests per second of a site with one worker: a page, a JSON view, and its 304, beside a process that writes.

The worker is the limit: 8 connections wait for it all the time. The stores, the generator of the load and the writer
are processes of their own.

A hit is a response for which nothing is read from the store, by `X-Cache-Status`. Of ten requests for the page all,
nine or none are for one that was read before; both reads of another one miss. What is counted has to be what was
intended. The writer then creates orders, which no page shows. In one more run all requests are for one page and the
writer changes a product, so that the rate of hits is a result.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field, replace

from .. import ROOT
from ..cells import Cell, Number
from ..sizes import sized
from ..support.load_generator import Load, Outcome
from ..support.shops import AS_TABLES, KINDS, MODELS, STEP, Server, filled, on_appwrite, on_postgresql, writers
from . import LINUX, POSTGRESQL, SERVING, Goal

TITLE = "Throughput"
TABLE, MODEL = "table", "model"
FLOOR, SQL = "Django's empty 304", "model on PostgreSQL, no cache"
PEERS = {f"{peer}, PostgreSQL": peer for peer in ("cachalot", "cacheops")}
CONTENDERS = {
    **dict.fromkeys((FLOOR, TABLE, MODEL), f"{LINUX} uvicorn gunicorn {SERVING}"),
    SQL: f"{LINUX} uvicorn gunicorn psycopg_pool {POSTGRESQL}",
    **{name: f"{LINUX} uvicorn gunicorn psycopg_pool {peer} {POSTGRESQL}" for name, peer in PEERS.items()},
}

# Seconds of a turn, and changes of the writer in a second.
TURN, WRITES = sized(0.3, quick=0.1), 20
VIEW, NOT_MODIFIED = "JSON of 100 rows", "304"
# The share of requests for a page that nobody has read.
PAGES = {f"page, {100 - new * 10} % hits": new for new in (10, 1, 0)}
CHANGED = "a page that changes"
HITS = "page, 100 % hits"


def _measure(kind: str, what: str) -> str:
    return f"{kind}: {what}"


def _columns(*names: str) -> dict[str, dict[str, str]]:
    return {kind: {name: _measure(kind, name) for name in names} for kind in KINDS}


_WHAT = (VIEW, NOT_MODIFIED, *PAGES, CHANGED)
_RATES = {f"requests per second, {kind}": columns for kind, columns in _columns(*_WHAT).items()}
MEDIAN, P99, COUNTED = "median, 90 % hits", "p99, 90 % hits", "hits of 100 requests for a page that changes"
TABLES = {
    **_RATES,
    **{f"microseconds until a page is there, {kind}": found for kind, found in _columns(MEDIAN, P99).items()},
    COUNTED: {kind: _measure(kind, COUNTED) for kind in KINDS},
}
BASE: dict[str, tuple[str, str]] = {}
GOALS = [
    goal
    for kind in KINDS
    for goal in (
        Goal((_measure(kind, NOT_MODIFIED), TABLE), than=(_measure(kind, VIEW), TABLE), at_least=5),
        *(Goal((_measure(kind, HITS), ours), than=(_measure(kind, HITS), SQL), at_least=1) for ours in (TABLE, MODEL)),
    )
]


@dataclass
class Rate:
    """Seconds of a request under a load, by the clock and of the server's processor; requests per second.

    `write` is called by the writer, with a number. With `counted` the responses say what were hits.
    """

    server: Server
    load: Load
    status: str = "200"
    counted: bool = False
    write: Callable[[int], object] | None = None
    last: Outcome = field(init=False)

    def measure(self) -> dict[str, float]:
        self.last = last = self._run()
        if set(last.statuses) != {self.status}:
            raise RuntimeError(f"{self.load.path}: responses are {last.statuses}, not all {self.status}.")
        if self.counted and last.requests - last.hits != last.new:
            raise RuntimeError(
                f"{self.load.path}: {last.cached} of {last.requests} responses with {last.new} new pages."
            )
        wall = last.seconds / last.requests
        return {"wall": wall, "cpu": last.server / last.requests, "rate": 1 / wall}

    def _run(self) -> Outcome:
        load = replace(self.load, first=next(_unread), processes=self.server.processes)
        command = [sys.executable, "-m", "benchmarks.support.load_generator", json.dumps(asdict(load))]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            while self.write is not None and process.poll() is None:
                self.write(next(_numbers))
                with suppress(subprocess.TimeoutExpired):
                    process.wait(1 / WRITES)
            output, _ = process.communicate()
        if process.returncode:
            raise RuntimeError(f"The requests of {load.path} failed; the error is above.")
        return Outcome(**json.loads(output))


_numbers = itertools.count(1)
# The first of so many ranks that nobody has asked for.
_unread = itertools.count(STEP + 1, 100_000)


def prepare(name: str, stack: ExitStack) -> dict[str, Cell]:
    if name in (FLOOR, TABLE):
        site = on_appwrite(stack, AS_TABLES)
    elif name == MODEL:
        site = on_appwrite(stack, MODELS)
    else:
        site = on_postgresql(stack, PEERS.get(name, ""))
    order, change = writers(filled(site))
    cells: dict[str, Cell] = {}
    for kind, how in KINDS.items():
        server = Server(site, how, stack)
        if name == FLOOR:
            load = Load(server.port, f"/{server.prefix}nothing/", TURN)
            cells[_measure(kind, NOT_MODIFIED)] = Rate(server, load, status="304")
            continue
        view = Load(server.port, f"/{server.prefix}catalog/", TURN)
        page = Load(server.port, f"/{server.prefix}page/?from={{rank}}", TURN, ranks=[n * STEP for n in range(1, 21)])
        cells[_measure(kind, VIEW)] = Rate(server, view, counted=name != SQL)
        cells[_measure(kind, NOT_MODIFIED)] = Rate(server, replace(view, tags=True), status="304", counted=name != SQL)
        for what, new in PAGES.items():
            cells[_measure(kind, what)] = Rate(
                server,
                replace(page, new=new, of=10),
                write=order,
                counted=name != SQL,
            )
        changed = Rate(server, replace(page, ranks=page.ranks[:1]), write=change)
        cells[_measure(kind, CHANGED)] = changed
        measured = cells[_measure(kind, "page, 90 % hits")]
        assert isinstance(measured, Rate)
        cells[_measure(kind, MEDIAN)] = Number(lambda measured=measured: measured.last.median * 1e6)
        cells[_measure(kind, P99)] = Number(lambda measured=measured: measured.last.p99 * 1e6)
        if name != SQL:
            cells[_measure(kind, COUNTED)] = Number(
                lambda changed=changed: changed.last.hits * 100 / changed.last.requests
            )
    return cells
