"""Making a server's schema match the declared tables, in rounds.

A round reads what the server has, compares, and makes every change that can be made now; the last one finds
nothing to do. Nothing is remembered between rounds but what was asked for, so a run that was interrupted
anywhere is continued by the next one, and two runs at once only see each other's work.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ..conf import DEFAULT_ALIAS
from ..connection import Connection, connections
from ..exceptions import Conflict, SchemaError
from ..plans import Request
from ..registry import registry
from ..steps import Pause, Steps
from ..tables import Row
from .changes import Change, Report
from .compare import compare
from .declared import DeclaredTable, declared_table, relationship_ends, tables_named
from .making import Maker
from .planned import WARNING, Plan, Rules
from .server import read_tables
from .state import BROKEN, TableState
from .uniqueness import UniqueSurvey

# Asked before values are lost, with a line for each such change.
Confirm = Callable[[Sequence[str]], bool]

# Seconds given to Appwrite to build what it was asked for, and between two looks at it.
TIMEOUT = 300.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0
_NOTHING_ALLOWED = Rules()


def plan(tables: Sequence[type[Row]], using: str = DEFAULT_ALIAS, rules: Rules = _NOTHING_ALLOWED) -> Steps[Plan]:
    """What `migrate` would do now. Asks the rows too, where they have a say, and changes nothing."""
    migration = _Migration(tables, using, rules, _silent)
    return (yield from migration.plan((yield from read_tables(migration.connection))))


def migrate(
    tables: Sequence[type[Row]],
    using: str = DEFAULT_ALIAS,
    report: Report | None = None,
    *,
    rules: Rules = _NOTHING_ALLOWED,
    confirm: Confirm | None = None,
    wait: bool = True,
    timeout: float = TIMEOUT,
) -> Steps[int]:
    """Make the tables of connection `using` what `tables` declare; the number of changes made.

    `report` is called with a line for every change, and for what the server has and nobody declares; `confirm`
    once, when values would be lost, and False stops before anything is changed. Without `wait` it ends
    as soon as it would have to wait for Appwrite; `timeout` is in seconds and counts from the last change.
    Raises `SchemaError` when there are differences it may not or cannot migrate (then nothing was changed), when
    Appwrite refuses a change, or when it does not finish.
    """
    migration = _Migration(tables, using, rules, report or _silent)
    return (yield from migration.run(confirm, wait, timeout)) if tables else 0


def _silent(line: str) -> None:
    pass


class _Migration:
    """One run: what it is to reach, and which changes the rows have been asked about."""

    def __init__(self, tables: Sequence[type[Row]], using: str, rules: Rules, report: Report) -> None:
        self.connection: Connection = connections[using]
        self.rules = rules
        self.report = report
        self.declared: list[DeclaredTable] = [declared_table(table) for table in tables]
        known = (*registry.all(), *tables)
        self.known = {table._meta.id.lower() for table in known}
        self.ends = relationship_ends(known)
        # Only who migrates every table can tell that one is nobody's.
        self.is_whole = set(tables_named([], using)) <= set(tables)
        self.maker = Maker(self.connection, report)
        self.surveyed: set[str] = set()

    def plan(self, found: dict[str, TableState] | None) -> Steps[Plan]:
        """What is to be done, where the server has `found`; None: no database."""
        missing, found = found is None, found or {}
        undeclared = [table for id, table in found.items() if id not in self.known] if self.is_whole else []
        made = compare(self.connection.settings.database_id, self.declared, found, self.rules, undeclared, self.ends)
        asking: list[Change | UniqueSurvey] = [*made.changes, *made.surveys]
        for one in asking:
            if str(one) not in self.surveyed:
                made.obstacles += yield from one.objections(self.connection)
                self.surveyed.add(str(one))
        made.creates_database = missing and bool(self.declared)
        return made

    def run(self, confirm: Confirm | None, wait: bool, timeout: float) -> Steps[int]:
        count, pause, deadline = 0, _FIRST_PAUSE, time.monotonic() + timeout
        while True:
            found = yield from read_tables(self.connection)
            self._refuse_failed(found or {})
            todo = yield from self.plan(found)
            _refuse(todo)
            if confirm is not None and (lost := [str(change) for change in todo.changes if change.loses_data]):
                if not confirm(lost):
                    raise SchemaError("Nothing was changed.")
                confirm = None
            if todo.is_empty:
                break
            made = int(todo.creates_database and (yield from self._create_database()))
            made += yield from self.maker.make(todo.changes, found or {})
            count += made
            if made:
                pause, deadline = _FIRST_PAUSE, time.monotonic() + timeout
                continue
            left = "; ".join((*todo.waits, *map(str, todo.changes)))
            if not wait:
                self.report(f"Appwrite is still at work. Left to do: {left}. Run it again to go on.")
                return count
            if time.monotonic() + pause > deadline:
                raise SchemaError(f"Not finished within {timeout:g} seconds: {left}. Run it again to go on.")
            yield Pause(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)
        for extra in todo.extras:
            self.report(f"Not declared, left alone: {extra}")
        for warning in todo.warnings:
            self.report(f"{WARNING}{warning}")
        return count

    def _refuse_failed(self, found: dict[str, TableState]) -> None:
        """A part that failed before is built anew, once: what failed in this run would fail again."""
        for table in found.values():
            for part in table.parts:
                if part.status in BROKEN and (table.id.lower(), part.key) in self.maker.added:
                    raise SchemaError(
                        f"Appwrite could not build {table.id}.{part.key}: it is {part.status},"
                        f" {part.error or 'without a reason given'}. Change its declaration or the table's rows"
                        " accordingly; the next run drops what is there of it and builds it anew."
                    )

    def _create_database(self) -> Steps[bool]:
        """False when somebody else was faster."""
        database = self.connection.settings.database_id
        body = {"databaseId": database, "name": database}
        try:
            yield from self.connection.send(Request("POST", "/tablesdb", body=body))
        except Conflict:
            return False
        self.report(f"Create database {database}")
        return True


def _refuse(todo: Plan) -> None:
    if todo.obstacles:
        lines = "\n".join(f"- {obstacle}" for obstacle in todo.obstacles)
        raise SchemaError(f"These differences cannot be migrated as things are, and nothing more was changed:\n{lines}")
