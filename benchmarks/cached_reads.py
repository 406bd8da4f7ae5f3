"""Reads that are hits: a row by its id, lists of 25, 100 and 1,000 rows, a count, rows with their related rows.

The unit is what nobody can do without who keeps rows as JSON in Redis and looks whether they are current: one MGET of
four keys, and the JSON parser over the same rows. Each read is measured twice: the list alone, which may leave work for
later, and with every attribute of every row read. Both are multiples of the same unit.

The peers keep rows of SQLite, by pickle. A pickled list by `cache.get` knows of no change. Models on SQLite are what
Django takes for the same rows without a cache, on the same machine; Appwrite's SDK sends a request over loopback.
"""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from .cells import Cell, Number, Timed
from .groups import Goal
from .products import MAKERS, ROWS, Classes, Site, models, site, tables

TITLE = "Cached reads"
UNIT = "MGET and json.loads"
PICKLE = "pickled list by cache.get"
SDK = "Appwrite's SDK, no cache"
SQLITE = "model on SQLite, no cache"
LOCMEM = "model, LocMemCache"
# The setting CACHE of the package. A window of trust is longer than a turn.
MODES = {"": {}, ", Redis only": {"MEMORY": 0}, ", trust window": {"TRUST": 0.5}}
PEERS = {"cachalot": "cachalot", "cacheops": "cacheops"}
CONTENDERS = {
    UNIT: "django",
    PICKLE: "django",
    **PEERS,
    **{f"{kind}{mode}": "django_appwrite_orm" for kind in ("table", "model") for mode in MODES},
    LOCMEM: "django_appwrite_orm",
    SQLITE: "django",
    SDK: "websockets",  # for its server
}

EVERY = ", every attribute"
SIZES = {1: "1 row", 25: "25 rows", 100: "100 rows", 1_000: "1,000 rows"}
COUNT, PREFETCH = "count", "prefetch"
IN_REDIS, IN_PROCESS = "bytes in Redis", "bytes in the process"
TABLES = {
    "every attribute of every row read": {size: size + EVERY for size in SIZES.values()},
    "list only, for lazy readers": {size: size for size in SIZES.values()},
    "a count, and 25 rows with 4 related rows each": {COUNT: COUNT, PREFETCH: PREFETCH},
    "bytes for each of 1,000 cached rows": {"in Redis": IN_REDIS, "in the process": IN_PROCESS},
}
BASE = {
    **{measure: (size, UNIT) for size in SIZES.values() for measure in (size, size + EVERY)},
    COUNT: (COUNT, UNIT),
    PREFETCH: (PREFETCH, UNIT),
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
    if name in PEERS or name == SQLITE:
        own = site(stack, peer=PEERS.get(name, ""))
        return _reads(models()) | (_bytes_in_redis(own, models()) if name in PEERS else {})
    kind, _, mode = name.partition(",")
    cache_settings = MODES[f",{mode}" if mode and name != LOCMEM else ""]
    own = site(stack, on_appwrite=kind == "model", cache_settings=cache_settings, in_process=name == LOCMEM)
    classes = models() if kind == "model" else tables()
    cells = _reads(classes)
    if name != LOCMEM:
        cells |= _bytes_in_redis(own, classes)
    if not mode:
        cells |= _bytes_in_process(classes)
    return cells


def _attributes(rows: Iterable[Any]) -> None:
    for row in rows:
        row.pk, row.name, row.price, row.stock, row.category  # noqa: B018


def _reads(classes: Classes) -> dict[str, Cell]:
    products, makers = classes.product.objects, classes.maker.objects
    first = products.order_by("pk")[0].pk

    def related() -> None:
        for maker in makers.prefetch_related("items"):
            for item in maker.items.all():
                item.name  # noqa: B018

    def rows(size: int) -> list[Any]:
        return [products.get(pk=first)] if size == 1 else list(products.all()[:size])

    cells = _lists(rows, _attributes)
    cells[COUNT] = Timed(products.filter(stock__lt=500).count)
    cells[PREFETCH] = Timed(related)
    return cells


def _lists(rows: Callable[[int], list[Any]], attributes: Callable[[list[Any]], None]) -> dict[str, Cell]:
    """The cells of `rows`, which returns so many."""
    cells: dict[str, Cell] = {}
    for size, measure in SIZES.items():
        cells[measure] = Timed(partial(rows, size))
        cells[measure + EVERY] = Timed(lambda size=size: attributes(rows(size)))
    return cells


def _columns(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        row["$id"], row["name"], row["price"], row["stock"], row["category"]


def _unit(own: Site) -> dict[str, Cell]:
    """The same rows as Appwrite sends them, which is what the package stores."""
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
    makers, items = (
        stored(name, {"total": kind.objects.count(), "rows": [row.to_appwrite() for row in kind.objects.all()]})
        for name, kind in {"makers": classes.maker, "items": classes.item}.items()
    )
    cells[COUNT] = Timed(lambda: read(count))
    cells[PREFETCH] = Timed(lambda: (read(makers), read(items)))
    return cells


def _pickled(own: Site) -> dict[str, Cell]:
    from django.core.cache import cache

    rows = [{"$id": str(number), **row} for number, row in enumerate(ROWS)]
    for size in SIZES:
        cache.set(f"{size}", rows[:size])
    cache.set(COUNT, 500)
    cache.set(PREFETCH, [{**maker, "items": [{"name": "Item"}] * 4} for maker in MAKERS])
    cells = _lists(lambda size: cache.get(f"{size}"), _columns)
    return {**cells, COUNT: Timed(lambda: cache.get(COUNT)), PREFETCH: Timed(lambda: cache.get(PREFETCH))}


def _sdk(stack: ExitStack) -> dict[str, Cell]:
    import tempfile

    from appwrite.client import Client
    from appwrite.query import Query
    from appwrite.services.tables_db import TablesDB

    from tests.support import http_server

    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    endpoint = stack.enter_context(http_server.running(folder / "rows.sqlite3"))
    client = TablesDB(Client().set_endpoint(endpoint).set_project("local").set_key("local"))
    client.create("shop", "Shop")
    columns = [
        {"key": "name", "type": "string", "size": 64},
        {"key": "price", "type": "double"},
        {"key": "stock", "type": "integer"},
        {"key": "category", "type": "string", "size": 16},
    ]
    client.create_table("shop", "products", "Products", columns=columns)
    for start in range(0, len(ROWS), 100):
        rows = [{"$id": f"row{n}", **row} for n, row in enumerate(ROWS[start : start + 100], start)]
        client.create_rows("shop", "products", rows)

    def read(size: int) -> list[Any]:
        if size == 1:
            return [client.get_row("shop", "products", "row0")]
        return list(client.list_rows("shop", "products", [Query.limit(size)]).rows)

    def attributes(rows: list[Any]) -> None:
        for row in rows:
            row.id, row.data["name"], row.data["price"], row.data["stock"], row.data["category"]

    return _lists(read, attributes)


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
    def grown() -> float:
        _forget()
        gc.collect()
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        list(classes.product.objects.all()[:1_000])
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return float(after - before)

    return {IN_PROCESS: Number(grown, per=1_000)}


def _forget() -> None:
    """Empty the process cache."""
    from django_appwrite_orm.connection import connections

    connections["default"].store.memory.clear()
