"""Carry out migrations: apply the operations of a plan, several tables or columns at once, until nothing is left."""

from __future__ import annotations

import time
from collections import Counter
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
    """The error that a request ended with, or None when it succeeded."""

    error: AppwriteError | None


@dataclass(frozen=True, slots=True)
class _Sent:
    """The outcomes of several requests. `unclear`: one of them may be applied later."""

    outcomes: list[_Outcome]

    @property
    def unclear(self) -> bool:
        return any(error is not None and error.unclear for (error,) in self.outcomes)


class OperationRunner:
    """Apply operations, and remember over all rounds of a run which ones were sent.

    A server may accept a request and change nothing. An operation that is planned again in the same words, or the
    `MAX_OPERATIONS`-th one for the same column, index or table, is therefore an error and not another round.
    """

    def __init__(self, connection: Connection, report: Report) -> None:
        self.connection = connection
        self.report = report
        self.applied: set[str] = set()
        # The number of operations for each column, index and table.
        self.operations: Counter[str] = Counter()
        # Table and key of the columns and indexes that were added: those with status failed were tried in this run.
        self.added: set[tuple[str, str]] = set()
        # Whether an operation that settles alone was sent since the server's tables were last read.
        self._settling = False

    def apply(self, changes: Sequence[SchemaOperation], existing: Mapping[str, TableState]) -> Operation[int]:
        """Apply the changes that the `existing` tables can take now; return their number."""
        by_table: dict[str, list[SchemaOperation]] = {}
        for change in changes:
            by_table.setdefault(change.ref.table.lower(), []).append(change)
        self._settling = False
        if not by_table:
            return 0
        # Two writers of one table at a time would leave an in-doubt marker, which keeps results out of the cache.
        alone = any(change.spans and change.is_ready_among(existing) for change in changes)
        tables_at_once = 1 if alone else min(AT_ONCE, len(by_table))
        at_once = AT_ONCE // tables_at_once
        tables = [self._table(changes, existing.get(id), existing, at_once) for id, changes in by_table.items()]
        counts = yield from Gather(tables, tables_at_once)
        return sum(counts)

    def _table(
        self, changes: list[SchemaOperation], table: TableState | None, existing: Mapping[str, TableState], at_once: int
    ) -> Operation[int]:
        """Apply the changes of one table in order, as far as it can take them; adjacent new columns go together."""
        count = 0
        waiting: set[str] = set()
        adding: list[AddColumn] = []
        for change in changes:
            if change.touches & waiting or not self._is_ready(change, table, existing):
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
                    return count  # later changes may depend on it; the next round plans them again
                count, adding = count + 1, []
            table = change.state_after(table or TableState(change.ref.table, change.ref.table))
        return count + (yield from self._add(adding, at_once))

    def _is_ready(self, change: SchemaOperation, table: TableState | None, existing: Mapping[str, TableState]) -> bool:
        if change.settles_alone and self._settling:
            return False
        return change.is_ready(table) and change.is_ready_among(existing)

    def _refuse_repeated(self, change: SchemaOperation) -> None:
        self.operations[change.subject] += 1
        if str(change) in self.applied or self.operations[change.subject] > MAX_OPERATIONS:
            raise SchemaError(
                f"Appwrite accepted the requests to change {change.subject}, but it still differs from its declaration."
                f" The next step would again be to {change}. Check the table in the Appwrite console, and whether"
                " another program or migration changes it; then run the migration again."
            )
        self.applied.add(str(change))
        if change.adds is not None:
            self.added.add((change.ref.table.lower(), change.adds))

    def _apply(self, change: SchemaOperation) -> Operation[bool]:
        try:
            yield from change.apply(self.connection, self.report)
        except AppwriteError as error:
            return self._is_done(change, error)
        return self._is_done(change, None)

    def _add(self, columns: list[AddColumn], at_once: int) -> Operation[int]:
        """Add columns of one table, with several requests in flight under one fence; return how many were added."""
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
        """Report a change that was applied; False when another client applied it first. Raises `SchemaError`."""
        if error is None:
            self.report(str(change)[0].upper() + str(change)[1:])
            return True
        if isinstance(error, IntegrityError):  # a conflict of rows, not of two migrations
            raise SchemaError(f"Could not {change}. A unique index does not allow it: {error}") from error
        if isinstance(error, (Conflict, NotFound)):
            return False
        raise SchemaError(f"Could not {change}. {error} Fix that, then run the migration again to continue.") from error


# Called before values are lost, with a line for each such change; False refuses.
Confirm = Callable[[Sequence[str]], bool]
# Returns the plan for a server that has these tables, by id in lower case.
Compare = Callable[[Mapping[str, TableState]], MigrationPlan]

# Seconds until Appwrite must have built what was requested.
TIMEOUT = 300.0
# Operations of one column, index or table in one run. A conversion of a column, the longest change, takes seven.
MAX_OPERATIONS = 20
# Seconds between two reads of the server's tables.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0
_NOTHING_ALLOWED = MigrationOptions()


def plan(
    tables: Sequence[type[Row]], using: str = DEFAULT_ALIAS, rules: MigrationOptions = _NOTHING_ALLOWED
) -> Operation[MigrationPlan]:
    """Return what `migrate` would do now. Checks rows where a change depends on them, and changes nothing."""
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
    verbose: bool = False,
) -> Operation[int]:
    """Change the tables of connection `using` to what `tables` declare; return the number of changes.

    `report` is called with a line for every change, and for every part of the server's tables that is not declared.
    `confirm` is called once, when values would be lost; False stops the migration before anything is changed.
    Without `wait` the migration ends as soon as it would have to wait for Appwrite. `timeout` is in seconds and counts
    from the last change. `verbose` names the tables of models, which are counted otherwise. Raises `SchemaError` when
    there are differences that it may not or cannot migrate; then nothing was changed. Also raises it when Appwrite
    refuses a change, or when Appwrite does not finish.
    """
    if not tables:
        return 0
    migration = Migration(connections[using], _comparison(tables, using, rules), report or _silent, verbose=verbose)
    return (yield from migration.run(confirm, wait, timeout))


def _silent(line: str) -> None:
    pass


def _comparison(tables: Sequence[type[Row]], using: str, rules: MigrationOptions) -> Compare:
    """Return a comparison with the classes. If they are all tables of the connection, it includes undeclared tables."""
    database = connections[using].settings.database_id
    declared = [declared_table(table) for table in tables]
    all_tables = (*registry.all(), *tables)
    ids = {table._meta.id.lower() for table in all_tables}
    of_models = {table._meta.id.lower() for table in registry.every() if table not in all_tables}
    of_models |= {id.lower() for find in registry.other_ids for id in find()} - ids
    ids |= of_models
    ends = relationship_ends(all_tables)
    is_complete = set(tables_named([], using)) <= set(tables)

    def compared(existing: Mapping[str, TableState]) -> MigrationPlan:
        undeclared = [table for id, table in existing.items() if id not in ids] if is_complete else []
        plan = compare(database, declared, existing, rules, undeclared, ends)
        plan.of_models = [table.id for id, table in existing.items() if id in of_models] if is_complete else []
        return plan

    return compared


class Migration:
    """One run of a migration: plans, applies the plan, and plans again until nothing is left to do."""

    def __init__(self, connection: Connection, compare: Compare, report: Report, *, verbose: bool = False) -> None:
        self.connection = connection
        self.compare = compare
        self.report = report
        self.verbose = verbose
        self.runner = OperationRunner(connection, report)
        self.surveyed: set[str] = set()

    def plan(self, existing: dict[str, TableState] | None) -> Operation[MigrationPlan]:
        """Return the plan for a server that has the `existing` tables, or no database (None). Checks the rows."""
        plan = self.compare(existing or {})
        checked: list[SchemaOperation | UniqueCheck] = [*plan.changes, *plan.surveys]
        for change in checked:
            if str(change) not in self.surveyed:
                plan.obstacles += yield from change.preflight(self.connection)
                self.surveyed.add(str(change))
        plan.creates_database = existing is None and bool(plan.changes)
        return plan

    def run(self, confirm: Confirm | None = None, wait: bool = True, timeout: float = TIMEOUT) -> Operation[int]:
        """Run the migration; return the number of changes."""
        count, pause, deadline = 0, _FIRST_PAUSE, time.monotonic() + timeout
        while True:
            existing = yield from read_tables(self.connection)
            self._refuse_failed(existing or {})
            todo = yield from self.plan(existing)
            _refuse(todo)
            if confirm is not None and (lost := [str(change) for change in todo.changes if change.loses_data]):
                if not confirm(lost):
                    raise SchemaError("Nothing was changed.")
                confirm = None
            if todo.is_empty:
                break
            made = int(todo.creates_database and (yield from self._create_database()))
            made += yield from self.runner.apply(todo.changes, existing or {})
            count += made
            if made:
                pause, deadline = _FIRST_PAUSE, time.monotonic() + timeout
                continue
            left = "; ".join((*todo.waits, *map(str, todo.changes)))
            if not wait:
                self.report(f"Appwrite has not finished. Left to do: {left}. Run the migration again to continue.")
                return count
            if time.monotonic() + pause > deadline:
                raise SchemaError(
                    f"Not finished within {timeout:g} seconds: {left}. Run the migration again to continue."
                )
            yield Sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)
        for line in todo.left_alone(verbose=self.verbose):
            self.report(line)
        for warning in todo.warnings:
            self.report(f"{WARNING}{warning}")
        return count

    def _refuse_failed(self, existing: dict[str, TableState]) -> None:
        """Raise `SchemaError` for a part that failed in this run; one that failed in an earlier run is built again."""
        for table in existing.values():
            for part in table.parts:
                if part.status in BROKEN and (table.id.lower(), part.key) in self.runner.added:
                    raise SchemaError(
                        f"Appwrite could not build {table.id}.{part.key}: it is {part.status},"
                        f" {part.error or 'no reason given'}. Change its declaration or the table's rows"
                        " accordingly; the next run drops it and builds it again."
                    )

    def _create_database(self) -> Operation[bool]:
        """Create the database; False when another client created it first."""
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
        raise SchemaError(f"These differences cannot be migrated now, and nothing else was changed:\n{lines}")
