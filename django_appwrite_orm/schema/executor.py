"""Making the changes of a plan that can be made now: several tables at once, or several columns of one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..conf import DEFAULT_ALIAS
from ..connection import Connection, connections
from ..exceptions import AppwriteError, Conflict, IntegrityError, NotFound, SchemaError
from ..plans import Request
from ..registry import registry
from ..sansio import AT_ONCE, Gather, Operation, Sleep
from ..tables import Row
from .autodetector import compare
from .declared import declared_table, relationship_ends, tables_named
from .introspection import read_tables
from .operations.base import Report, SchemaOperation
from .operations.columns import AddColumn
from .operations.indexes import UniqueCheck
from .plan import WARNING, MigrationOptions, MigrationPlan
from .state import BROKEN, TableState


class _Outcome(NamedTuple):
    """What a request ended in: an error, or None when it succeeded."""

    error: AppwriteError | None


@dataclass(frozen=True, slots=True)
class _Sent:
    """What became of several requests. `unclear`: one of them may yet be applied."""

    outcomes: list[_Outcome]

    @property
    def unclear(self) -> bool:
        return any(error is not None and error.unclear for (error,) in self.outcomes)


class OperationRunner:
    """What makes changes, and remembers through all rounds of a run which it has asked for."""

    def __init__(self, connection: Connection, report: Report) -> None:
        self.connection = connection
        self.report = report
        self.asked: set[str] = set()
        # Columns and indexes by table: what of them ends as failed has been tried in this run.
        self.added: set[tuple[str, str]] = set()
        # Whether a change that settles alone was made since the server was last looked at.
        self._settling = False

    def apply(self, changes: Sequence[SchemaOperation], found: Mapping[str, TableState]) -> Operation[int]:
        """Make those that can be made, where the server has `found`; how many."""
        by_table: dict[str, list[SchemaOperation]] = {}
        for change in changes:
            by_table.setdefault(change.ref.table.lower(), []).append(change)
        self._settling = False
        if not by_table:
            return 0
        # Two writers of one table at a time would leave an in-doubt marker, which keeps answers out of the cache.
        alone = any(change.spans and change.is_ready_among(found) for change in changes)
        tables_at_once = 1 if alone else min(AT_ONCE, len(by_table))
        at_once = AT_ONCE // tables_at_once
        works = [self._table(changes, found.get(id), found, at_once) for id, changes in by_table.items()]
        counts = yield from Gather(works, tables_at_once)
        return sum(counts)

    def _table(
        self, changes: list[SchemaOperation], table: TableState | None, found: Mapping[str, TableState], at_once: int
    ) -> Operation[int]:
        """The changes of one table, in their order, as far as they can be made now; neighbouring columns together."""
        count = 0
        waiting: set[str] = set()
        adding: list[AddColumn] = []
        for change in changes:
            if change.touches & waiting or not self._is_ready(change, table, found):
                waiting |= change.touches
                continue
            self._refuse_repeated(change)
            if isinstance(change, AddColumn):
                adding.append(change)
            else:
                self._settling = self._settling or change.settles_alone
                added = yield from self._add(adding, at_once)
                count += added
                if added < len(adding) or not (yield from self._apply(change)):
                    return count  # what follows may rest on it; the next round sees what they did
                count, adding = count + 1, []
            table = change.state_after(table or TableState(change.ref.table, change.ref.table))
        return count + (yield from self._add(adding, at_once))

    def _is_ready(self, change: SchemaOperation, table: TableState | None, found: Mapping[str, TableState]) -> bool:
        if change.settles_alone and self._settling:
            return False
        return change.is_ready(table) and change.is_ready_among(found)

    def _refuse_repeated(self, change: SchemaOperation) -> None:
        if str(change) in self.asked:
            raise SchemaError(
                f"Appwrite was asked to {change}, and the difference is there again. Look at the table in the"
                " Appwrite console and at what else changes it (another migration?), and run it again."
            )
        self.asked.add(str(change))
        if change.adds is not None:
            self.added.add((change.ref.table.lower(), change.adds))

    def _apply(self, change: SchemaOperation) -> Operation[bool]:
        try:
            yield from change.apply(self.connection, self.report)
        except AppwriteError as error:
            return self._is_done(change, error)
        return self._is_done(change, None)

    def _add(self, columns: list[AddColumn], at_once: int) -> Operation[int]:
        """Add columns of one table, several requests in flight under one fence; how many of them were added."""
        if not columns:
            return 0
        requests = [change.request for change in columns]
        sent: _Sent = yield from self.connection.fenced([columns[0].ref], lambda: self._send(requests, at_once))
        return sum(self._is_done(change, error) for change, (error,) in zip(columns, sent.outcomes, strict=True))

    def _send(self, requests: list[Request], at_once: int) -> Operation[_Sent]:
        return _Sent((yield from Gather([self._attempt(request) for request in requests], at_once)))

    def _attempt(self, request: Request) -> Operation[_Outcome]:
        try:
            yield from self.connection.send(request)
        except AppwriteError as error:
            return _Outcome(error)
        return _Outcome(None)

    def _is_done(self, change: SchemaOperation, error: AppwriteError | None) -> bool:
        """Reports a change that was made; False when somebody else was faster. Raises `SchemaError`."""
        if error is None:
            self.report(str(change)[0].upper() + str(change)[1:])
            return True
        if isinstance(error, IntegrityError):  # a row stands against it, and nobody was faster
            raise SchemaError(f"Could not {change}. A unique index forbids it: {error}") from error
        if isinstance(error, (Conflict, NotFound)):
            return False
        raise SchemaError(f"Could not {change}. {error} Once that is put right, run it again to go on.") from error


# Asked before values are lost, with a line for each such change.
Confirm = Callable[[Sequence[str]], bool]
# The plan for a server that has these tables, by id in lower case.
Compare = Callable[[Mapping[str, TableState]], MigrationPlan]

# Seconds given to Appwrite to build what it was asked for, and between two looks at it.
TIMEOUT = 300.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0
_NOTHING_ALLOWED = MigrationOptions()


def plan(
    tables: Sequence[type[Row]], using: str = DEFAULT_ALIAS, rules: MigrationOptions = _NOTHING_ALLOWED
) -> Operation[MigrationPlan]:
    """Return what `migrate` would do now. Reads rows where they can stand against a change, and changes nothing."""
    migration = Migration(connections[using], _comparison(tables, using, rules), _silent)
    return (yield from migration.plan((yield from read_tables(migration.connection))))


def migrate(
    tables: Sequence[type[Row]],
    using: str = DEFAULT_ALIAS,
    report: Report | None = None,
    *,
    rules: MigrationOptions = _NOTHING_ALLOWED,
    confirm: Confirm | None = None,
    wait: bool = True,
    timeout: float = TIMEOUT,
) -> Operation[int]:
    """Make the tables of connection `using` what `tables` declare; the number of changes made.

    `report` is called with a line for every change, and for what the server has and nobody declares; `confirm`
    once, when values would be lost, and False stops before anything is changed. Without `wait` it ends
    as soon as it would have to wait for Appwrite; `timeout` is in seconds and counts from the last change.
    Raises `SchemaError` when there are differences it may not or cannot migrate (then nothing was changed), when
    Appwrite refuses a change, or when it does not finish.
    """
    if not tables:
        return 0
    migration = Migration(connections[using], _comparison(tables, using, rules), report or _silent)
    return (yield from migration.run(confirm, wait, timeout))


def _silent(line: str) -> None:
    pass


def _comparison(tables: Sequence[type[Row]], using: str, rules: MigrationOptions) -> Compare:
    """Compare with what the classes declare; and, where they are all of the connection's, with what nobody does."""
    database = connections[using].settings.database_id
    declared = [declared_table(table) for table in tables]
    known = (*registry.all(), *tables)
    ids = {table._meta.id.lower() for table in known}
    ends = relationship_ends(known)
    is_whole = set(tables_named([], using)) <= set(tables)

    def compared(existing: Mapping[str, TableState]) -> MigrationPlan:
        undeclared = [table for id, table in existing.items() if id not in ids] if is_whole else []
        return compare(database, declared, existing, rules, undeclared, ends)

    return compared


class Migration:
    """One run: the plan it works off, and which changes the rows were checked for."""

    def __init__(self, connection: Connection, compare: Compare, report: Report) -> None:
        self.connection = connection
        self.compare = compare
        self.report = report
        self.runner = OperationRunner(connection, report)
        self.surveyed: set[str] = set()

    def plan(self, existing: dict[str, TableState] | None) -> Operation[MigrationPlan]:
        """Return what has to be done on a server that has the `existing` tables; None: it has no database."""
        plan = self.compare(existing or {})
        checked: list[SchemaOperation | UniqueCheck] = [*plan.changes, *plan.surveys]
        for change in checked:
            if str(change) not in self.surveyed:
                plan.obstacles += yield from change.preflight(self.connection)
                self.surveyed.add(str(change))
        plan.creates_database = existing is None and bool(plan.changes)
        return plan

    def run(self, confirm: Confirm | None = None, wait: bool = True, timeout: float = TIMEOUT) -> Operation[int]:
        """Carry out the plan, and plan again, until nothing is left to do; the number of changes made."""
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
            made += yield from self.runner.apply(todo.changes, found or {})
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
            yield Sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)
        for extra in todo.extras:
            self.report(f"Not declared, left alone: {extra}")
        for warning in todo.warnings:
            self.report(f"{WARNING}{warning}")
        return count

    def _refuse_failed(self, found: dict[str, TableState]) -> None:
        """A part that failed before is built again, once: what failed in this run would fail again."""
        for table in found.values():
            for part in table.parts:
                if part.status in BROKEN and (table.id.lower(), part.key) in self.runner.added:
                    raise SchemaError(
                        f"Appwrite could not build {table.id}.{part.key}: it is {part.status},"
                        f" {part.error or 'without a reason given'}. Change its declaration or the table's rows"
                        " accordingly; the next run drops what is there of it and builds it anew."
                    )

    def _create_database(self) -> Operation[bool]:
        """False when somebody else was faster."""
        database = self.connection.settings.database_id
        body = {"databaseId": database, "name": database}
        try:
            yield from self.connection.send(Request("POST", "/tablesdb", body=body))
        except Conflict:
            return False
        self.report(f"Create database {database}")
        return True


def _refuse(todo: MigrationPlan) -> None:
    if todo.obstacles:
        lines = "\n".join(f"- {obstacle}" for obstacle in todo.obstacles)
        raise SchemaError(f"These differences cannot be migrated as things are, and nothing more was changed:\n{lines}")
