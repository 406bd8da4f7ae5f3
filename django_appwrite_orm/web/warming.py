"""Filling the cache before anybody waits for it: what tables declare in `Meta.warm`, read once."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterable, Iterator, Sized
from dataclasses import dataclass

from django.core.cache import caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache

from ..caching import recording
from ..conf import configured
from ..queries import QuerySet, Table
from ..queries.operations import alias_of
from ..registry import registry

logger = logging.getLogger("django_appwrite_orm.web")

NOT_KEPT = "read, but not kept: the cache failed, the life of its answers is 0, or the table is being written"


@dataclass(frozen=True, slots=True)
class Warmed:
    """What came of one table: `rows` read, `seconds` spent, and `problem` in words when it is not warm."""

    table: str
    rows: int
    seconds: float
    problem: str | None = None


def tables_to_warm(alias: str | None = None) -> list[type[Table]]:
    """The tables that declare something to warm: all, or those that live on the connection `alias`."""
    found = [table for table in registry.all() if issubclass(table, Table) and table._meta.warm]
    return [table for table in found if alias is None or alias_of(table) == alias]


def warm(tables: Iterable[type[Table]]) -> Iterator[Warmed]:
    """Read what each table declares; a table that fails is told of and does not stop the others."""
    for table in tables:
        started = time.perf_counter()
        rows, problem = 0, None
        try:
            with recording() as record:
                for warmer in table._meta.warm:
                    rows += _rows_in(warmer(table.objects.all()))
            if record.expires <= 0:
                problem = NOT_KEPT
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        yield Warmed(table._meta.name, rows, time.perf_counter() - started, problem)


def _rows_in(result: object) -> int:
    """Rows a warmer has read: a queryset it returned is read now, page by page; a number is no row."""
    if isinstance(result, QuerySet):
        return sum(1 for _ in result.iterator())
    return len(result) if isinstance(result, Sized) else 0


def is_per_process(cache_alias: str) -> bool:
    """Whether this cache is seen by one process alone, so that warming it helps no other."""
    return isinstance(caches[cache_alias], (LocMemCache, DummyCache))


# One entry per process: the parent's stays in the memory that a fork copies, under the parent's id.
_claims: dict[int, object] = {}


def claim() -> bool:
    """Take on the warming of this process; False for whoever comes second. Needs no lock, which a fork could
    copy while it is held."""
    mine = object()
    return _claims.setdefault(os.getpid(), mine) is mine


def start_once() -> None:
    """At the first request of a server process, warm the connections with WARM_ON_START in the background."""
    if os.getpid() in _claims:
        return
    aliases = [alias for alias, given in configured().items() if given.get("WARM_ON_START") is True]
    if aliases and claim():
        threading.Thread(target=_warm_all, args=(aliases,), name="appwrite-warming", daemon=True).start()


def _warm_all(aliases: list[str]) -> None:
    try:
        for alias in aliases:
            for done in warm(tables_to_warm(alias)):
                if done.problem is None:
                    logger.info("Warmed table %r: %d rows in %.0f ms.", done.table, done.rows, done.seconds * 1000)
                else:
                    logger.warning("Table %r could not be warmed: %s", done.table, done.problem)
    finally:
        caches.close_all()
