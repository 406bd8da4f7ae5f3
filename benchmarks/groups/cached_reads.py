"""Reads that are hits: a row by its id, lists of 25, 100 and 1,000 rows, a count, rows with their related rows.

The unit is a simple cache that keeps rows as JSON in Redis and looks whether they are current: one MGET of four keys,
and the JSON parser over the same rows. Each read is measured twice: the list alone, which may leave work for later, and
with every attribute of every row read. Both are multiples of the same unit.

The peers keep rows of SQLite, by pickle. A pickled list by `cache.get` knows of no change. Models on SQLite are what
Django takes for the same rows without a cache, on the same machine; Appwrite's SDK sends a request over loopback.
"""

from __future__ import annotations

import gc
import json
import tempfile
import tracemalloc
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from ..cells import Cell, Number, Timed
from ..support import node, sdk, servers
from ..support.products import MAKERS, ROWS, Classes, Site, attributes, models, site, tables
from . import NPM, SERVING, Goal

TITLE = "Cached reads"
UNIT = "MGET and json.loads"
PICKLE = "pickled list by cache.get"
SDK = "Appwrite's SDK, no cache"
SQLITE = "model on SQLite, no cache"
LOCMEM = "model, LocMemCache"
ORM = "appwrite-orm on node"
# The setting CACHE of the package. A window of trust is longer than a turn, and a request longer than the run.
PER_REQUEST = ", per request"
MODES = {"": {}, ", Redis only": {"MEMORY": 0}, ", trust window": {"TRUST": 0.5}, PER_REQUEST: {"PER_REQUEST": True}}
PEERS = {"cachalot": "cachalot", "cacheops": "cacheops"}
CONTENDERS = {
    UNIT: "django",
    PICKLE: "django",
    **PEERS,
    **{f"{kind}{mode}": "django_appwrite_orm" for kind in ("table", "model") for mode in MODES},
    LOCMEM: "django_appwrite_orm",
    SQLITE: "django",
    ORM: f"{NPM}appwrite-orm {SERVING}",
    SDK: f"appwrite {SERVING}",
}

EVERY = ", every attribute"
SIZES = {1: "1 row", 25: "25 rows", 100: "100 rows", 1_000: "1,000 rows"}
COUNT, PREFETCH, AGGREGATE = "count", "prefetch", "aggregate over a join"
# What the aggregate returns.
AGGREGATED = {"number": 44, "last": "Item 94"}
IN_REDIS, IN_PROCESS, READ_AGAIN = "bytes in Redis", "bytes in the process", "bytes in the process, read again"
TABLES = {
    "every attribute of every row read": {size: size + EVERY for size in SIZES.values()},
    "list only, for lazy readers": {size: size for size in SIZES.values()},
    "a count, 25 rows with 4 related rows each, an aggregate": {
        COUNT: COUNT,
        PREFETCH: PREFETCH,
        AGGREGATE: AGGREGATE,
    },
    "bytes for each of 1,000 cached rows": {
        "in Redis": IN_REDIS,
        "in the process": IN_PROCESS,
        "process, read again": READ_AGAIN,
    },
}
BASE = {
    **{measure: (size, UNIT) for size in SIZES.values() for measure in (size, size + EVERY)},
    COUNT: (COUNT, UNIT),
    PREFETCH: (PREFETCH, UNIT),
    AGGREGATE: (AGGREGATE, UNIT),
}


def _goals() -> Iterable[Goal]:
    for size in SIZES.values():
        unit, read = (size, UNIT), size + EVERY
        for mode, bound in {"": {"1 row": 1.4, "1,000 rows": 0.5}, ", Redis only": {"1 row": 1.5}}.items():
            at_most = bound.get(size, 1.3 if mode else None)
            if at_most is not None:
                yield Goal((read, f"table{mode}"), than=unit, at_most=at_most)
            if size != "1,000 rows" or mode:
                for peer in PEERS:
                    faster = 1.7 if size == "1,000 rows" else 1.9
                    yield Goal((read, f"table{mode}"), than=(read, peer), at_least=faster)
    for size, bound in {"25 rows": 1.3, "1 row": 1.2}.items():
        for name in ("model", LOCMEM):
            yield Goal((size + EVERY, name), than=(size + EVERY, SQLITE), at_most=bound)


GOALS = list(_goals())


def prepare(name: str, stack: ExitStack) -> dict[str, Cell]:
    if name == UNIT:
        return _unit(site(stack))
    if name == PICKLE:
        return _pickled(site(stack, pickles=True))
    if name == SDK:
        return _sdk(stack)
    if name == ORM:
        return _on_node(stack)
    if name in PEERS or name == SQLITE:
        own = site(stack, peer=PEERS.get(name, ""))
        return _reads(models()) | (_bytes_in_redis(own, models()) if name in PEERS else {})
    kind, _, mode = name.partition(",")
    cache_settings = MODES[f",{mode}" if mode and name != LOCMEM else ""]
    own = site(stack, on_appwrite=kind == "model", cache_settings=cache_settings, in_process=name == LOCMEM)
    classes = models() if kind == "model" else tables()
    if name.endswith(PER_REQUEST):
        from django_appwrite_orm.cache import recording

        stack.enter_context(recording())  # as the middleware does for each request
        return _reads(classes)
    cells = _reads(classes)
    if name != LOCMEM:
        cells |= _bytes_in_redis(own, classes)
    if not mode:
        cells |= _bytes_in_process(classes)
    return cells


def _reads(classes: Classes) -> dict[str, Cell]:
    from django.db.models import Count, Max

    products, makers, items = (kind.objects for kind in classes)
    first = products.order_by("pk")[0].pk

    def related() -> None:
        for maker in makers.prefetch_related("items"):
            for item in maker.items.all():
                item.name  # noqa: B018

    def aggregate() -> dict[str, Any]:
        found = items.filter(maker__name__startswith="Maker 1").aggregate(number=Count("pk"), last=Max("name"))
        return dict(found)

    def rows(size: int) -> list[Any]:
        return [products.get(pk=first)] if size == 1 else list(products.all()[:size])

    cells = _lists(rows, attributes)
    cells[COUNT] = Timed(products.filter(stock__lt=500).count)
    cells[PREFETCH] = Timed(related)
    cells[AGGREGATE] = Timed(aggregate)
    return cells


def _lists(rows: Callable[[int], list[Any]], every: Callable[[list[Any]], None]) -> dict[str, Cell]:
    """The cells of `rows`, which returns so many."""
    cells: dict[str, Cell] = {}
    for size, measure in SIZES.items():
        cells[measure] = Timed(partial(rows, size))
        cells[measure + EVERY] = Timed(lambda size=size: every(rows(size)))
    return cells


def _columns(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        row["$id"], row["name"], row["price"], row["stock"], row["category"]


def _unit(own: Site) -> dict[str, Cell]:
    """The same rows as Appwrite sends them."""
    import redis

    classes = tables()
    client = redis.Redis.from_url(own.redis)

    def stored(name: str, data: object) -> list[str]:
        client.set(name, json.dumps(data, separators=(",", ":")))
        client.set(f"{name}:token", "0" * 32)
        return [name, f"{name}:token", f"{name}:lane", f"{name}:doubt"]

    def read(keys: list[str]) -> Any:
        return json.loads(client.mget(keys)[0])

    raw = [row.to_appwrite() for row in classes.product.objects.all()]
    keys = {size: stored(measure, {"total": size, "rows": raw[:size]}) for size, measure in SIZES.items()}
    keys[1] = stored("1 row", raw[0])
    cells = _lists(lambda size: [read(keys[1])] if size == 1 else read(keys[size])["rows"], _columns)
    count = stored("count", {"total": 500, "rows": []})
    aggregate = stored("aggregate", {"total": 1, "rows": [AGGREGATED]})
    makers, items = (
        stored(name, {"total": kind.objects.count(), "rows": [row.to_appwrite() for row in kind.objects.all()]})
        for name, kind in {"makers": classes.maker, "items": classes.item}.items()
    )
    cells[COUNT] = Timed(lambda: read(count))
    cells[PREFETCH] = Timed(lambda: (read(makers), read(items)))
    cells[AGGREGATE] = Timed(lambda: read(aggregate))
    return cells


def _pickled(own: Site) -> dict[str, Cell]:
    from django.core.cache import cache

    rows = [{"$id": str(number), **row} for number, row in enumerate(ROWS)]
    for size in SIZES:
        cache.set(f"{size}", rows[:size])
    cache.set(COUNT, 500)
    cache.set(PREFETCH, [{**maker, "items": [{"name": "Item"}] * 4} for maker in MAKERS])
    cache.set(AGGREGATE, AGGREGATED)
    cells = _lists(lambda size: cache.get(f"{size}"), _columns)
    return cells | {measure: Timed(partial(cache.get, measure)) for measure in (COUNT, PREFETCH, AGGREGATE)}


def _on_node(stack: ExitStack) -> dict[str, Cell]:
    """Rows in the memory of the process of node. It does not look whether they are current."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    server = stack.enter_context(servers.running(folder / "rows.sqlite3"))
    script = stack.enter_context(node.running("appwrite_orm.mjs", server.endpoint))
    script.run("create", rows=len(ROWS))
    return {
        measure + also: node.OnNode(script, "hit", {"rows": size, "every": bool(also)})
        for size, measure in SIZES.items()
        for also in ("", EVERY)
    }


def _sdk(stack: ExitStack) -> dict[str, Cell]:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    server = stack.enter_context(servers.running(folder / "rows.sqlite3"))
    return _lists(partial(sdk.rows, sdk.filled(server.endpoint)), sdk.attributes)


def _bytes_in_redis(own: Site, classes: Classes) -> dict[str, Cell]:
    import redis

    client = redis.Redis.from_url(own.redis)

    def grown() -> float:
        client.flushall()
        _forget()
        before = client.info("memory")["used_memory"]
        list(classes.product.objects.all()[:1_000])
        return float(client.info("memory")["used_memory"] - before)

    return {IN_REDIS: Number(grown, per=1_000)}


def _bytes_in_process(classes: Classes) -> dict[str, Cell]:
    def grown(reads: int) -> float:
        _forget()
        gc.collect()
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(reads):
            list(classes.product.objects.all()[:1_000])
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return float(after - before)

    return {IN_PROCESS: Number(partial(grown, 1), per=1_000), READ_AGAIN: Number(partial(grown, 2), per=1_000)}


def _forget() -> None:
    """Empty the process cache."""
    from django_appwrite_orm.connection import connections

    connections["default"].store.memory.clear()
