"""Execute read and write plans: cache policy, transactions, statistics and signals.

Every query of the Table API (querysets, facade, warming) and of the Django database backend passes through here. The
module knows no rows or columns: a call takes a plan, an alias, and a `TableMeta` for each table concerned.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from . import signals
from .cache import CachePolicy, PolicyOverride, ReadResult, Status, effective_policy, note_private, note_read, open_logs
from .connection import connections
from .credentials import ConnectionRef, Using
from .exceptions import AppwriteError
from .plans import ReadPlan, TableRef, WritePlan
from .registry import registry
from .sansio import Operation
from .signals import SendSignal
from .signals.observers import Activity, observed, observers, rows_in
from .transactions import TableMeta, current, enclosing, note_staged, open_blocks, other_blocks

if TYPE_CHECKING:
    from .connection import Connection

logger = logging.getLogger("django_appwrite_orm.queries")


def execute_read(
    table: TableMeta, alias: Using, plan: ReadPlan, override: PolicyOverride | None = None
) -> Operation[Any]:
    """Return the JSON result of `plan`, from the cache if it is current, and note the read.

    The policy is the table's or the connection's, with the changes of open `cache_policy` blocks and of `override`.
    """
    connection = connections[alias]
    transaction = current(alias) if open_blocks.held() or other_blocks else None
    if transaction is not None and transaction.concerns(plan):
        steps = transaction.read(plan)
        staged = yield from (observed("read", plan, alias, steps, _note_staged_read) if observers else steps)
        note_read(_names_of(table, plan), ReadResult(staged, Status.BYPASS), 0.0, _sources_of(connection, plan))
        return staged
    if connection.has_hooks:
        yield from connections[connection.settings.alias].prepare()
    started = time.perf_counter()
    try:
        if isinstance(alias, ConnectionRef) and alias.credentials is not None:
            result = yield from _read_as(connection, plan, override)
        else:
            policy = effective_policy(table.policy or connection.settings.cache.policy, override)
            result = yield from connection.read(plan, policy)
    except BaseException as error:
        note_private()  # the page that reports the error must not be shared
        if isinstance(error, AppwriteError):
            connection.statistics.note_error(table.id)
        raise
    duration = time.perf_counter() - started
    connection.statistics.note_read(table.id, result.status, duration, result.size)
    if open_logs:
        note_read(_names_of(table, plan), result, duration, _sources_of(connection, plan))
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug("%s %s in %.1f ms", result.status.name, plan, duration * 1000)
    if signals.cache_read.receivers and signals.cache_read.has_listeners(table.model):
        arguments = {"plan": plan, "status": result.status.name, "duration": duration, "using": alias}
        yield SendSignal(signals.cache_read, table.model, arguments)
    return result.data


def _names_of(table: TableMeta, plan: ReadPlan) -> Iterator[str]:
    """Yield the names of the tables that the plan reads, in its order; `table` is one of them."""
    for ref in plan.tables:
        if ref.table == table.id:
            yield table.name
        else:
            yield next((other._meta.name for other in registry.all() if other._meta.id == ref.table), ref.table)


def _sources_of(connection: Connection, plan: ReadPlan) -> list[tuple[str, TableRef]]:
    return [(connection.settings.alias, ref) for ref in plan.tables]


def _read_as(connection: Connection, plan: ReadPlan, override: PolicyOverride | None) -> Operation[ReadResult]:
    """Read for an identity other than the API key.

    The result is cached only if the query asks for it, and responses that depend on it are private.
    """
    result = yield from connection.read(plan, (override or PolicyOverride()).over(CachePolicy(ttl=0)))
    return result._replace(expires=0.0)


def execute_write(changed: Sequence[TableMeta], alias: Using, plan: WritePlan) -> Operation[Any]:
    """Carry out `plan`; return the JSON response. Inside `atomic()` the change is staged.

    `changed`: every table whose rows the plan may change, its own first. Their cached results are dropped, also when
    the request fails.
    """
    connection = connections[alias]
    if connection.has_hooks:
        yield from connections[connection.settings.alias].prepare()
    transaction = enclosing(alias) if open_blocks.held() or other_blocks else None
    steps = _write(changed, alias, plan) if transaction is None else transaction.stage(changed, plan)
    if not observers:
        return (yield from steps)
    note = _note_write if transaction is None else note_staged
    return (yield from observed("write", plan, alias, steps, note))


def _note_staged_read(activity: Activity, data: Any) -> None:
    activity.status, activity.rows = Status.BYPASS.name, rows_in(data)


def _note_write(activity: Activity, data: Any) -> None:
    activity.status, activity.rows = "WRITTEN", rows_in(data)


def _write(changed: Sequence[TableMeta], alias: Using, plan: WritePlan) -> Operation[Any]:
    connection = connections[alias]
    database, request = connection.settings.database_id, plan.request
    try:
        data = yield from connection.write([TableRef(database, table.id) for table in changed], request)
    finally:
        for table in changed:
            if signals.table_invalidated.has_listeners(table.model):
                yield SendSignal(signals.table_invalidated, table.model, {"reason": "write", "using": alias})
    logger.debug("%s", request)
    return changed[0].written(plan, data) if changed[0].relationships else data


def announce(alias: Using, send: SendSignal) -> Operation[None]:
    """Send the signal of a change; inside `atomic()` after the commit."""
    transaction = current(alias) if open_blocks.held() or other_blocks else None
    if transaction is not None:
        transaction.announce(send)
    elif send.signal.has_listeners(send.sender):
        yield send


def invalidate(table: TableMeta, alias: Using) -> Operation[bool]:
    """Make every cached result of `table` a miss; return False when the cache failed."""
    connection = connections[alias]
    done = yield from connection.invalidate(TableRef(connection.settings.database_id, table.id))
    yield SendSignal(signals.table_invalidated, table.model, {"reason": "manual", "using": alias})
    return done
