"""Filling the cache before anybody waits for it: what tables and functions declare, read once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sized
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from django.apps import apps

from .cache import recording
from .querysets import QuerySet, Table
from .querysets.managers import rows_of
from .registry import registry
from .routers import alias_of
from .threads import close_caches_after

NOT_KEPT = "read, but not kept: the cache failed, the life of its answers is 0, or the table is being written"

Function = TypeVar("Function", bound=Callable[[], object])


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to warm: a table, or a function marked by `warms`.

    `names` are what it may be chosen by. `read` reads it and tells the rows; `is_current` tells whether that
    would find a cache that is warm already.
    """

    label: str
    names: frozenset[str]
    alias: str | None
    read: Callable[[], int]
    is_current: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Warmed:
    """What came of one job: `rows` read, `seconds` spent, `problem` in words when it is not warm; `skipped`
    when it was so already."""

    label: str
    rows: int
    seconds: float
    problem: str | None = None
    skipped: bool = False


_functions: dict[str, Callable[[], object]] = {}


def warms(function: Function) -> Function:
    """Mark a function without arguments as something to warm: what it reads is in the cache afterwards.

    For what is read of several tables, or through code of your own. A queryset that it returns is read too.
    """
    _functions[f"{function.__module__}.{function.__qualname__}"] = function
    return function


def jobs(alias: str | None = None, labels: Iterable[str] = ()) -> list[Job]:
    """Everything there is to warm: all of it, or of the connection `alias`, or what `labels` name (apps, tables
    by name, id or label, functions). Raises LookupError, which says what to write, for a label that names nothing."""
    found = [_table_job(table) for table in registry.all() if issubclass(table, Table) and table._meta.warm]
    found += [_function_job(name, function) for name, function in _functions.items()]
    found = [job for job in found if alias is None or job.alias == alias]
    wanted = list(labels)
    for label in wanted:
        if not any(label in job.names for job in found):
            raise LookupError(_names_nothing(label, alias, found))
    return [job for job in found if not wanted or job.names.intersection(wanted)]


def _names_nothing(label: str, alias: str | None, found: Iterable[Job]) -> str:
    for table in registry.all():
        meta = table._meta
        if label in (meta.name, meta.id, meta.label) and issubclass(table, Table):
            if meta.warm:
                return f"{label!r} is not on the connection {alias!r}, but on {alias_of(table)!r}."
            return (
                f"{label!r} names nothing that declares anything to warm. Set `warm = True` in the Meta of {meta.label}"
                " to read all of its rows, or name what to read there."
            )
    names = sorted({name for job in found for name in job.names})
    return f"{label!r} names nothing that declares anything to warm. There are: {', '.join(names) or 'none'}."


def _table_job(table: type[Table]) -> Job:
    meta = table._meta
    names = frozenset(filter(None, (meta.app_label, meta.name, meta.id, meta.label)))

    def read() -> int:
        return sum(_rows_in(warmer(rows_of(table))) for warmer in meta.warm)

    return Job(meta.name, names, alias_of(table), read, lambda: rows_of(table).is_updated())


def _function_job(name: str, function: Callable[[], object]) -> Job:
    config = apps.get_containing_app_config(function.__module__)
    names = frozenset([name, config.label] if config else [name])
    return Job(name, names, None, lambda: _rows_in(function()), lambda: False)


def warm(todo: Iterable[Job], *, concurrency: int = 1, if_stale: bool = False) -> Iterator[Warmed]:
    """Do each job, `concurrency` of them at a time; what came of it, in their order. One that fails is told of
    and stops no other. With `if_stale` a table whose answers are current is passed over."""
    work = partial(_do, if_stale=if_stale)
    if concurrency == 1:
        yield from map(work, todo)
    else:
        with ThreadPoolExecutor(concurrency, thread_name_prefix="appwrite-warming") as pool:
            yield from pool.map(close_caches_after(work), todo)


def _do(job: Job, *, if_stale: bool) -> Warmed:
    started = time.perf_counter()
    rows, problem = 0, None
    try:
        if if_stale and job.is_current():
            return Warmed(job.label, 0, time.perf_counter() - started, skipped=True)
        with recording() as record:
            rows = job.read()
        if record.expires <= 0:
            problem = NOT_KEPT
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
    return Warmed(job.label, rows, time.perf_counter() - started, problem)


def _rows_in(result: object) -> int:
    """Rows a warmer has read: a queryset it returned is read now, page by page; a number is not a row."""
    if isinstance(result, QuerySet):
        return sum(1 for _ in result.iterator())
    return len(result) if isinstance(result, Sized) else 0
