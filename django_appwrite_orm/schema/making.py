"""Making the changes of a plan that can be made now: several tables at once, or several columns of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..connection import Connection
from ..exceptions import AppwriteError, Conflict, IntegrityError, NotFound, SchemaError
from ..plans import Request
from ..steps import Steps
from .changes import Change, Report
from .column_changes import AddColumn
from .state import TableState
from .together import AT_ONCE, Together


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


class Maker:
    """What makes changes, and remembers through all rounds of a run which it has asked for."""

    def __init__(self, connection: Connection, report: Report) -> None:
        self.connection = connection
        self.report = report
        self.asked: set[str] = set()
        # Columns and indexes by table: what of them ends as failed has been tried in this run.
        self.added: set[tuple[str, str]] = set()
        # Whether a change that settles alone was made since the server was last looked at.
        self._settling = False

    def make(self, changes: Sequence[Change], found: Mapping[str, TableState]) -> Steps[int]:
        """Make those that can be made, where the server has `found`; how many."""
        by_table: dict[str, list[Change]] = {}
        for change in changes:
            by_table.setdefault(change.ref.table.lower(), []).append(change)
        self._settling = False
        if not by_table:
            return 0
        # Two writers of one table at a time would leave a doubt that keeps answers out of the cache for a while.
        alone = any(change.spans and change.is_ready_among(found) for change in changes)
        tables_at_once = 1 if alone else min(AT_ONCE, len(by_table))
        at_once = AT_ONCE // tables_at_once
        works = [self._table(changes, found.get(id), found, at_once) for id, changes in by_table.items()]
        counts: list[int] = yield Together(works, tables_at_once)
        return sum(counts)

    def _table(
        self, changes: list[Change], table: TableState | None, found: Mapping[str, TableState], at_once: int
    ) -> Steps[int]:
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
                if added < len(adding) or not (yield from self._make(change)):
                    return count  # what follows may rest on it; the next round sees what they did
                count, adding = count + 1, []
            table = change.effect(table or TableState(change.ref.table, change.ref.table))
        return count + (yield from self._add(adding, at_once))

    def _is_ready(self, change: Change, table: TableState | None, found: Mapping[str, TableState]) -> bool:
        if change.settles_alone and self._settling:
            return False
        return change.is_ready(table) and change.is_ready_among(found)

    def _refuse_repeated(self, change: Change) -> None:
        if str(change) in self.asked:
            raise SchemaError(
                f"Appwrite was asked to {change}, and the difference is there again. Look at the table in the"
                " Appwrite console and at what else changes it (another migration?), and run it again."
            )
        self.asked.add(str(change))
        if change.adds is not None:
            self.added.add((change.ref.table.lower(), change.adds))

    def _make(self, change: Change) -> Steps[bool]:
        try:
            yield from change.make(self.connection, self.report)
        except AppwriteError as error:
            return self._is_done(change, error)
        return self._is_done(change, None)

    def _add(self, columns: list[AddColumn], at_once: int) -> Steps[int]:
        """Add columns of one table, several requests in flight under one fence; how many of them were added."""
        if not columns:
            return 0
        requests = [change.request for change in columns]
        sent: _Sent = yield from self.connection.fenced([columns[0].ref], lambda: self._send(requests, at_once))
        return sum(self._is_done(change, error) for change, (error,) in zip(columns, sent.outcomes, strict=True))

    def _send(self, requests: list[Request], at_once: int) -> Steps[_Sent]:
        return _Sent((yield Together([self._attempt(request) for request in requests], at_once)))

    def _attempt(self, request: Request) -> Steps[_Outcome]:
        try:
            yield from self.connection.send(request)
        except AppwriteError as error:
            return _Outcome(error)
        return _Outcome(None)

    def _is_done(self, change: Change, error: AppwriteError | None) -> bool:
        """Reports a change that was made; False when somebody else was faster. Raises `SchemaError`."""
        if error is None:
            self.report(str(change)[0].upper() + str(change)[1:])
            return True
        if isinstance(error, IntegrityError):  # a row stands against it, and nobody was faster
            raise SchemaError(f"Could not {change}. A unique index forbids it: {error}") from error
        if isinstance(error, (Conflict, NotFound)):
            return False
        raise SchemaError(f"Could not {change}. {error} Once that is put right, run it again to go on.") from error
