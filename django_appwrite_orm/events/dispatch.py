"""What follows from an event: tokens go first, always; then, once per change, the signal."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

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
from .parsing import RowChange, changes_of
from .webhook_verification import contradiction

logger = logging.getLogger("django_appwrite_orm.events")

# Seconds within which a second report of a change counts as a repeat of the first: by another webhook, by
# realtime besides a webhook, by a delivery that is sent again. Appwrite gives a webhook 15 s to answer.
REPEAT_WINDOW = 60
# In the payload of some routes and not of others.
_UNSTEADY = frozenset({"$databaseId", "$tableId"})


def dispatch_event(
    names: Sequence[str], payload: object, alias: str, *, contradictions: list[str] | None = None
) -> Operation[list[RowChange]]:
    """Take in an event of the project that `alias` connects to; the changes of registered tables' rows it reported.

    The tokens of the tables, and of those that relationships take the change to, go in the cache of every connection
    to that project. `row_changed` follows for a row, unless the same report has been seen a short time ago, by any
    process that shares the cache.

    Give `contradictions` for an event of which only the payload is known to be Appwrite's: a change of a row that the
    names say and the payload does not is noted there, and nobody is told of it; tokens go all the same.
    """
    told: list[RowChange] = []
    known = False
    for connection in connections_like(alias):
        tables = [(table, _ref(table, connection)) for table in registry.all()]
        changes = changes_of(names, payload, tables)
        for table in dict.fromkeys(
            table for one in changes for table in affected_tables_of_report(one.table, one.part, one.action)
        ):
            yield from invalidate_table(table, connection, "event")
        places = dict(tables)
        for change in changes:
            if change.row is not None and contradictions is not None:
                ref = places[change.table]
                if problem := (yield from contradiction(change, ref, connection, _all_places(alias))):
                    contradictions.append(problem)
                    continue
            own, using = change.table._meta.using, connection.settings.alias
            if change.row is not None and own in (None, using):
                row = change.table.from_appwrite(dict(change.row), using)
                told.append(RowChange(change.action, change.table, row, using))
                yield from _announce(told[-1], change.row, connection)
        known = known or bool(changes)
    if not known:
        logger.debug("An event of no registered table: %s", shortened(names[0]) if names else "no name")
    return told


def forget_all(alias: str, reason: str = "event") -> Operation[None]:
    """Drop the tokens of every registered table in the project of `alias`: anything may have changed unheard."""
    for connection in connections_like(alias):
        for table in registry.all():
            yield from invalidate_table(table, connection, reason)


def pay(alias: str) -> Operation[None]:
    """Try once more to drop what could not be dropped because the cache was away. A process that only listens reads
    nothing, so that it would never come to it, and the site would serve old answers until their lives end."""
    for connection in connections_like(alias):
        yield from retry_pending(connection.store)


def connections_like(alias: str) -> Iterator[Connection]:
    """The connection of `alias`, then the others to the same project."""
    first = connections[alias]
    yield first
    for other in connections.aliases():
        found = connections[other]
        if other != alias and _project(found) == _project(first):
            yield found


def _all_places(alias: str) -> set[TableRef]:
    return {_ref(table, connection) for connection in connections_like(alias) for table in registry.all()}


def _project(connection: Connection) -> tuple[str, str]:
    return connection.settings.server, connection.settings.project_id


def _ref(table: type[Row], connection: Connection) -> TableRef:
    return table._meta.ref(connection.settings.database_id)


def invalidate_table(table: type[Row], connection: Connection, reason: str) -> Operation[None]:
    """Drop a table's token in the cache of `connection`, and send `table_invalidated` with the reason."""
    if not (yield from connection.invalidate(_ref(table, connection))):
        logger.error(
            "%s has changed elsewhere, but the cache could not be told; other processes may serve older answers"
            " until it can be, or their life ends.",
            table._meta.label,
        )
    arguments = {"reason": reason, "using": connection.settings.alias}
    yield SendSignal(signals.table_invalidated, table, arguments)


def _announce(change: RowChange, row: Mapping[str, Any], connection: Connection) -> Operation[None]:
    if (yield from _is_repeat(change, row, connection)):
        return
    arguments = {"action": change.action, "row": change.row, "using": change.using, "table": change.table}
    yield SendSignal(signals.row_changed, change.table, arguments)


def _is_repeat(change: RowChange, row: Mapping[str, Any], connection: Connection) -> Operation[bool]:
    """Whether this very state of the row has been reported a moment ago. A cache that fails knows of none."""
    state = {name: value for name, value in row.items() if name not in _UNSTEADY}
    parts = [*_project(connection), *_ref(change.table, connection), change.action, state]
    digest = hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=16).hexdigest()
    key = f"{connection.settings.cache.prefix}:{digest}:seen"
    try:
        return not (yield from CacheAdd(connection.store, key, 1, REPEAT_WINDOW))
    except CacheUnavailable:
        return False
