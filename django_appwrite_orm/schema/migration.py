"""Making a server's schema match the declared tables, in rounds.

A round reads what the server has, compares, and makes every change that can be made now; the last one finds
nothing to do. Nothing is remembered between rounds but what was asked for, so a run that was interrupted
anywhere is continued by the next one, and two runs at once only see each other's work.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from ..conf import DEFAULT_ALIAS
from ..connection import Connection, connections
from ..exceptions import AppwriteError, Conflict, NotFound, SchemaError
from ..plans import Request
from ..steps import Pause, Steps
from ..tables import Row
from .changes import Change, CreateTable
from .compare import Plan, compare
from .declared import declared_table
from .server import read_tables
from .state import TableState

Report = Callable[[str], None]

# Seconds given to Appwrite to build what it was asked for, and between two looks at it.
TIMEOUT = 300.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0


def migrate(
    tables: Iterable[type[Row]],
    using: str = DEFAULT_ALIAS,
    report: Report = lambda line: None,
    *,
    timeout: float = TIMEOUT,
) -> Steps[int]:
    """Create what the connection `using` lacks of `tables`; the number of changes made.

    `report` is called with a line for every change, and for what the server has and nobody declares.
    `timeout` is in seconds and counts from the last change. Raises `SchemaError` when there are differences it
    does not mend (then nothing was changed), when Appwrite refuses a change, or when it does not finish.
    """
    connection = connections[using]
    declared = [declared_table(table) for table in tables]
    if not declared:
        return 0
    asked: set[str] = set()
    count, pause, deadline = 0, _FIRST_PAUSE, time.monotonic() + timeout
    while True:
        found = yield from read_tables(connection)
        if found is None:
            found = {}
            count += yield from _create_database(connection, report)
        plan = compare(connection.settings.database_id, declared, found)
        _refuse(plan)
        if plan.is_empty:
            break
        made = yield from _round(connection, plan, found, asked, report)
        count += made
        if made:
            pause, deadline = _FIRST_PAUSE, time.monotonic() + timeout
        elif time.monotonic() + pause > deadline:
            left = "; ".join((*plan.waits, *map(str, plan.changes)))
            raise SchemaError(f"Not finished within {timeout:g} seconds: {left}. Run it again to go on.")
        else:
            yield Pause(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)
    for extra in plan.extras:
        report(f"Not declared, left alone: {extra}")
    return count


def _refuse(plan: Plan) -> None:
    if plan.obstacles:
        lines = "\n".join(f"- {obstacle}" for obstacle in plan.obstacles)
        raise SchemaError(f"The database differs from the declared tables in what cannot be mended here:\n{lines}")


def _create_database(connection: Connection, report: Report) -> Steps[int]:
    database = connection.settings.database_id
    try:
        yield from connection.send(Request("POST", "/tablesdb", body={"databaseId": database, "name": database}))
    except Conflict:
        return 0  # somebody else was faster
    report(f"Create database {database}")
    return 1


def _round(
    connection: Connection, plan: Plan, found: dict[str, TableState], asked: set[str], report: Report
) -> Steps[int]:
    """Make the changes that can be made now; how many."""
    count = 0
    for change in plan.changes:
        if not change.is_ready(found.get(change.ref.table.lower())):
            continue
        if str(change) in asked:
            raise SchemaError(f"Appwrite was asked to {change}, and it had no effect.")
        asked.add(str(change))
        if not (yield from _make(connection, change)):
            continue
        if isinstance(change, CreateTable):
            found[change.ref.table.lower()] = change.made
        report(str(change)[0].upper() + str(change)[1:])
        count += 1
    return count


def _make(connection: Connection, change: Change) -> Steps[bool]:
    """Send the change. False when somebody else was faster; the next round sees what they did."""
    try:
        if isinstance(change, CreateTable):
            yield from connection.send(change.request)
        else:
            # Rows look different afterwards, so cached answers must go.
            yield from connection.write([change.ref], change.request)
    except (Conflict, NotFound):
        return False
    except AppwriteError as error:
        raise SchemaError(f"Could not {change}. {error} Once that is put right, run it again to go on.") from error
    return True
