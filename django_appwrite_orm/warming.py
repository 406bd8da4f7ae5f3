"""Warm the cache: read what tables and functions declare before a visitor waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sized
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from django.apps import apps

from .backend.model_table import ModelRow
from .cache import recording
from .connection import connections
from .querysets import QuerySet, Table
from .querysets.managers import rows_of
from .registry import registry
from .routers import aliases
from .sansio import run_sync
from .tables import Row
from .threads import close_caches_after

NOT_STORED = "the rows were read but not stored: the cache failed, the TTL is 0, or the table is being written"

Function = TypeVar("Function", bound=Callable[[], object])


@dataclass(frozen=True, slots=True)
class Job:
    """A table, or a function marked by `warms`.

    `names` are the labels that choose it. `read` reads it and returns the number of rows; `is_current` returns whether
    the cache has its current results already.
    """

    label: str
    names: frozenset[str]
    alias: str | None
    read: Callable[[], int]
    is_current: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Warmed:
    """The result of one job: rows read and seconds spent.

    `problem`: the reason why the cache is not warm. `skipped`: the cache was warm already.
    """

    label: str
    rows: int
    seconds: float
    problem: str | None = None
    skipped: bool = False


_functions: dict[str, Callable[[], object]] = {}


def warms(function: Function) -> Function:
    """Mark a function without arguments: when the cache is warmed, it is called, so that what it reads is cached.

    Use it for reads of several tables and for your own code. A queryset that it returns is read too.
    """
    _functions[f"{function.__module__}.{function.__qualname__}"] = function
    return function


def jobs(alias: str | None = None, labels: Iterable[str] = ()) -> list[Job]:
    """Return the jobs: all, those of the connection `alias`, or those that `labels` choose.

    A label is an app, a table or model by name, id or label, or a function. Raises LookupError, with advice, for a
    label that chooses no job.
    """
    result = [_table_job(table) for table in registry.every() if _can_be_warmed(table) and table._meta.warm]
    result += [_function_job(name, function) for name, function in _functions.items()]
    result = [job for job in result if alias is None or job.alias == alias]
    chosen = list(labels)
    for label in chosen:
        if not any(label in job.names for job in result):
            raise LookupError(_unknown_label(label, alias, result))
    return [job for job in result if not chosen or job.names.intersection(chosen)]


def _unknown_label(label: str, alias: str | None, known: Iterable[Job]) -> str:
    for table in registry.every():
        meta = table._meta
        if label in (meta.name, meta.id, meta.label) and _can_be_warmed(table):
            if meta.warm:
                return f"{label!r} is not on the connection {alias!r}, but on {aliases[table]!r}."
            place = "class Appwrite" if issubclass(table, ModelRow) else "Meta"
            return (
                f"Table {label!r} declares nothing to warm. Set `warm = True` in the {place} of {meta.label} to read"
                " all of its rows, or set it to a list of functions that read from a queryset."
            )
    names = sorted({name for job in known for name in job.names})
    return (
        f"{label!r} is not an app, table or function that declares something to warm. Choose one of:"
        f" {', '.join(names) or 'none'}."
    )


def _can_be_warmed(table: type[Row]) -> bool:
    return issubclass(table, Table | ModelRow)


def _table_job(table: type[Row]) -> Job:
    meta, alias = table._meta, aliases[table]
    names = frozenset(filter(None, (meta.app_label, meta.name, meta.id, meta.label)))

    def rows() -> Any:
        return table._model._default_manager.all() if issubclass(table, ModelRow) else rows_of(table)

    def read() -> int:
        return sum(_rows_in(warmer(rows())) for warmer in meta.warm)

    def is_current() -> bool:
        connection = connections[alias]
        return run_sync(connection.is_current(meta.ref(connection.settings.database_id)))

    return Job(meta.name, names, alias, read, is_current)


def _function_job(name: str, function: Callable[[], object]) -> Job:
    config = apps.get_containing_app_config(function.__module__)
    names = frozenset([name, config.label] if config else [name])
    return Job(name, names, None, lambda: _rows_in(function()), lambda: False)


def warm(todo: Iterable[Job], *, concurrency: int = 1, if_stale: bool = False) -> Iterator[Warmed]:
    """Run the jobs, `concurrency` at a time; yield their results in order.

    A job that fails stops no other one. With `if_stale` a table whose cached results are current is skipped.
    """
    run = partial(_run, if_stale=if_stale)
    if concurrency == 1:
        yield from map(run, todo)
    else:
        with ThreadPoolExecutor(concurrency, thread_name_prefix="appwrite-warming") as pool:
            yield from pool.map(close_caches_after(run), todo)


def _run(job: Job, *, if_stale: bool) -> Warmed:
    started = time.perf_counter()
    rows, problem = 0, None
    try:
        if if_stale and job.is_current():
            return Warmed(job.label, 0, time.perf_counter() - started, skipped=True)
        with recording() as record:
            rows = job.read()
        if record.expires <= 0:
            problem = NOT_STORED
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
    return Warmed(job.label, rows, time.perf_counter() - started, problem)


def _rows_in(result: object) -> int:
    """Return the number of rows in a warmer's result: a queryset is read now, page by page; a number is not a row."""
    if isinstance(result, QuerySet):
        return sum(1 for _ in result.iterator())
    return len(result) if isinstance(result, Sized) else 0
