"""Execute reads and writes of rows: cache policy, transactions, statistics and signals."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Iterator
from typing import Any

from . import signals
from .cache import CachePolicy, PolicyOverride, ReadResult, Status, effective_policy, note_private, note_read
from .conf import DEFAULT_ALIAS
from .connection import Connection, connections
from .credentials import IdentifiedAlias
from .exceptions import AppwriteError
from .plans import CreateRow, ReadPlan, UpdateRow, WritePlan
from .registry import registry
from .relations.cascades import affected_tables
from .routers import routed
from .sansio import Operation
from .signals import SendSignal
from .tables import Row
from .transactions import current, enclosing

logger = logging.getLogger("django_appwrite_orm.queries")


def alias_of(table: type[Row], using: str | None = None) -> str:
    """Return the alias a call goes to: the one given, else the router's, the table's or the default."""
    return using or routed(table) or table._meta.using or DEFAULT_ALIAS


def policy_of(table: type[Row], connection: Connection, asked: PolicyOverride | None) -> CachePolicy:
    """Return the policy of the table or connection, with the overrides of open blocks and of the query."""
    return effective_policy(table._meta.policy or connection.settings.cache.policy, asked)


def execute_read(table: type[Row], alias: str, plan: ReadPlan, policy: PolicyOverride | None = None) -> Operation[Any]:
    """Return the answer to `plan`, from the cache if it is current, and note the read."""
    connection = connections[alias]
    transaction = current(alias)
    if transaction is not None and transaction.concerns(plan):
        staged = yield from transaction.read(plan)
        note_read(_names_of(table, plan), ReadResult(staged, Status.BYPASS), 0.0)
        return staged
    yield from connections[connection.settings.alias].prepare()
    started = time.perf_counter()
    try:
        if isinstance(alias, IdentifiedAlias):
            found = yield from _read_as(connection, plan, policy)
        else:
            found = yield from connection.read(plan, policy_of(table, connection, policy))
    except BaseException as error:
        note_private()  # what is shown in its place is not what the tables hold
        if isinstance(error, AppwriteError):
            connection.statistics.note_error(table._meta.id)
        raise
    duration = time.perf_counter() - started
    connection.statistics.note_read(table._meta.id, found.status, duration, found.size)
    note_read(_names_of(table, plan), found, duration)
    logger.debug("%s %s in %.1f ms", found.status.name, plan, duration * 1000)
    if signals.cache_read.has_listeners(table):
        arguments = {"plan": plan, "status": found.status.name, "duration": duration, "using": alias}
        yield SendSignal(signals.cache_read, table, arguments)
    return found.data


def _names_of(table: type[Row], plan: ReadPlan) -> Iterator[str]:
    """Yield the names of the tables that the plan reads."""
    yield table._meta.name
    for ref in plan.tables[1:]:
        yield next((one._meta.name for one in registry.all() if one._meta.id == ref.table), ref.table)


def _read_as(connection: Connection, plan: ReadPlan, policy: PolicyOverride | None) -> Operation[ReadResult]:
    """Read for an identity other than the API key.

    The answer is cached only if the query asks for it, and responses that depend on it are private.
    """
    found = yield from connection.read(plan, (policy or PolicyOverride()).over(CachePolicy(ttl=0)))
    return dataclasses.replace(found, expires=0.0)


def execute_write(table: type[Row], alias: str, plan: WritePlan) -> Operation[Any]:
    """Carry out `plan`; the cached answers of every table it reaches are dropped, also when it fails.

    Inside `atomic()` the change is staged.
    """
    connection = connections[alias]
    yield from connections[connection.settings.alias].prepare()
    transaction = enclosing(alias)
    if transaction is not None:
        return (yield from transaction.stage(table, plan))
    tables = affected_tables(table, plan)
    refs = [one._meta.ref(connection.settings.database_id) for one in tables]
    try:
        data = yield from connection.write(refs, plan.request)
    finally:
        for one in tables:
            yield SendSignal(signals.table_invalidated, one, {"reason": "write", "using": alias})
    logger.debug("%s", plan.request)
    return _as_read(table, plan, data)


def _as_read(table: type[Row], plan: WritePlan, data: Any) -> Any:
    """Return the response to a change of one row with its relationships as a read would show them.

    Single links are ids, whatever row is at their other end; lists of links are left out.
    """
    meta = table._meta
    if not meta.relationships or not isinstance(plan, (CreateRow, UpdateRow)) or not isinstance(data, dict):
        return data
    row = {key: value for key, value in data.items() if key not in {one.key for one in meta.to_many.values()}}
    for name in meta.relationships.keys() & meta.references.keys():
        key = meta.columns[meta.references[name].column_name].key
        if key in plan.data or key in row or isinstance(plan, CreateRow):
            row[key] = plan.data[key] if key in plan.data else meta.by_key[key].to_python(row.get(key))
    return row


def announce(alias: str, send: SendSignal) -> Operation[None]:
    """Send the signal of a change; inside `atomic()` after the commit."""
    transaction = current(alias)
    if transaction is None:
        yield send
    else:
        transaction.announce(send)


def invalidate(table: type[Row], alias: str) -> Operation[bool]:
    """Make every cached answer about `table` a miss."""
    connection = connections[alias]
    done = yield from connection.invalidate(table._meta.ref(connection.settings.database_id))
    yield SendSignal(signals.table_invalidated, table, {"reason": "manual", "using": alias})
    return done
