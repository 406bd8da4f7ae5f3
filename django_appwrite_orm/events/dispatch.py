"""Handle an event: invalidate the tables first, always; then send the signal, once per change."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import DataError

from .. import signals
from ..cache.effects import CacheAdd
from ..cache.writes import retry_pending
from ..connection import Connection, connections
from ..exceptions import CacheUnavailable, shortened
from ..plans import TableRef
from ..registry import registry
from ..relations.cascades import affected_tables_of_report
from ..sansio import Operation
from ..signals import SendSignal
from ..tables import Row
from .parsing import RowChange, changes_of, ids_in
from .webhook_contradictions import contradiction

logger = logging.getLogger("django_appwrite_orm.events")

# Seconds within which a second report of a change counts as a repeat of the first. It may come from another webhook,
# from realtime, or from a delivery that is sent again. A webhook has 15 s to respond.
REPEAT_WINDOW = 60
# Keys that only some routes have in their payload.
_OPTIONAL = frozenset({"$databaseId", "$tableId"})


def dispatch_event(
    names: Sequence[str], payload: object, alias: str, *, contradictions: list[str] | None = None
) -> Operation[list[RowChange]]:
    """Handle an event of the project that `alias` connects to; return the changes of registered tables' rows.

    The tables, and those that the change affects through relationships, are invalidated in the cache of every
    connection to the project. Then `row_changed` is sent for a row, unless a process that shares the cache has handled
    the same report within `REPEAT_WINDOW`.

    Pass `contradictions` if only the payload is known to be Appwrite's: a change of a row that contradicts the payload
    is added there and not sent as a signal; its tables are invalidated all the same.
    """
    row_changes: list[RowChange] = []
    is_registered = False
    for connection in connections_like(alias):
        ids = ids_in(names, connection.settings.database_id)
        tables = [(table, _ref(table, connection)) for table in registry.every_possible(ids)]
        changes = changes_of(names, payload, tables)
        for table in dict.fromkeys(
            affected
            for change in changes
            for affected in affected_tables_of_report(change.table, change.part, change.action)
        ):
            yield from invalidate_table(table, connection, "event")
        refs = dict(tables)
        for change in changes:
            if change.row is not None and contradictions is not None:
                ref = refs[change.table]
                if problem := (yield from contradiction(change, ref, connection, _all_refs(alias))):
                    contradictions.append(problem)
                    continue
            using = connection.settings.alias
            if change.row is not None and change.table._meta.may_be_on(using):
                try:
                    row = change.table.from_appwrite(dict(change.row), using)
                except DataError as error:  # such as a row from the console whose id is not a model's number
                    logger.warning("row_changed is not sent: %s", shortened(error))
                    continue
                row_changes.append(RowChange(change.action, change.table, row, using))
                yield from _send_signal(row_changes[-1], change.row, connection)
        is_registered = is_registered or bool(changes)
    if not is_registered:
        logger.debug("An event of no registered table: %s", shortened(names[0]) if names else "no name")
    return row_changes


def invalidate_all_tables(alias: str, reason: str = "event") -> Operation[None]:
    """Invalidate every registered table in the project of `alias`, when reports of changes may have been missed."""
    for connection in connections_like(alias):
        for table in registry.every_possible():
            yield from invalidate_table(table, connection, reason)


def retry_invalidations(alias: str) -> Operation[None]:
    """Retry the invalidations that failed because the cache was not available.

    Reads retry them too, but a process that only listens reads nothing; without this the site would serve outdated
    results until their TTL ends.
    """
    for connection in connections_like(alias):
        yield from retry_pending(connection.store)


def connections_like(alias: str) -> Iterator[Connection]:
    """Yield the connection of `alias`, then the other ones to the same project."""
    first = connections[alias]
    yield first
    for other_alias in connections.aliases():
        other = connections[other_alias]
        if other_alias != alias and _project(other) == _project(first):
            yield other


def _all_refs(alias: str) -> set[TableRef]:
    return {_ref(table, connection) for connection in connections_like(alias) for table in registry.every_possible()}


def _project(connection: Connection) -> tuple[str, str]:
    return connection.settings.server, connection.settings.project_id


def _ref(table: type[Row], connection: Connection) -> TableRef:
    return table._meta.ref(connection.settings.database_id)


def invalidate_table(table: type[Row], connection: Connection, reason: str) -> Operation[None]:
    """Invalidate a table in the cache of `connection`, and send `table_invalidated` with the reason."""
    if not (yield from connection.invalidate(_ref(table, connection))):
        logger.error(
            "%s has changed elsewhere, but the cache could not be reached; other processes may serve outdated results"
            " until it can, or until their TTL ends.",
            table._meta.label,
        )
    arguments = {"reason": reason, "using": connection.settings.alias}
    yield SendSignal(signals.table_invalidated, table, arguments)


def _send_signal(change: RowChange, row: Mapping[str, Any], connection: Connection) -> Operation[None]:
    if (yield from _is_repeat(change, row, connection)):
        return
    arguments = {"action": change.action, "row": change.row, "using": change.using, "table": change.table}
    yield SendSignal(signals.row_changed, change.table, arguments)


def _is_repeat(change: RowChange, row: Mapping[str, Any], connection: Connection) -> Operation[bool]:
    """Whether the same state of the row was reported within `REPEAT_WINDOW`; False when the cache fails."""
    state = {name: value for name, value in row.items() if name not in _OPTIONAL}
    parts = [*_project(connection), *_ref(change.table, connection), change.action, state]
    digest = hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=16).hexdigest()
    key = f"{connection.settings.cache.prefix}:{digest}:seen"
    try:
        return not (yield from CacheAdd(connection.store, key, 1, REPEAT_WINDOW))
    except CacheUnavailable:
        return False
