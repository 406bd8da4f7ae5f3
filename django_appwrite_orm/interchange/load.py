"""Writing the rows of a file, in hundreds of at most a megabyte, with their ids, times and permissions.

A row whose id is taken is never overwritten unasked: when it has the same values it counts as there already,
which is how an interrupted load goes on. A hundred that the server refuses is sent row by row, so that each bad
row is named and the others get in; so is one that is larger than the server takes. Rows are created by POST alone: a
PUT of a missing row whose values are all empty creates nothing and answers 200 (observed on Appwrite 1.9.6).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TextIO

from ..connection import Connection
from ..exceptions import AppwriteError, Conflict, InvalidRequest, SchemaError, one_line
from ..plans import (
    BULK_LIMIT,
    Clause,
    CountRows,
    CreateRow,
    CreateRows,
    GetRow,
    ListRows,
    TableRef,
    UpdateRow,
    WritePlan,
)
from ..plans.splitting import split
from ..relations.cascades import has_relationships
from ..sansio import Operation
from ..schema.conversions import same
from ..tables import Row
from ..tables.validation import looks_like_operator
from .load_relationships import Linking, links_of, send, without_links
from .reader import Entry, entries
from .row_checks import problem, weight

# Bytes of the rows in one request. Proxies before a server take a megabyte unless told otherwise.
BYTES_LIMIT = 1_000_000
_TOO_LARGE = 413
_KEPT = frozenset({"$id", "$createdAt", "$updatedAt", "$permissions"})


@dataclass(slots=True)
class Summary:
    """Numbers of rows, and what is wrong with tables afterwards."""

    created: int = 0
    overwritten: int = 0
    present: int = 0
    refused: int = 0
    unlinked: int = 0  # rows whose links to many were refused
    problems: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """The number of rows in the file."""
        return self.created + self.overwritten + self.present + self.refused


def load(
    connection: Connection,
    file: TextIO,
    tables: Mapping[str, type[Row]],
    *,
    overwrite: bool = False,
    refuse: Callable[[str], None],
    progress: Callable[[Summary], None] | None = None,
    summary: Summary | None = None,
) -> Operation[Summary]:
    """Write the rows of a file into `tables`, by their names in the file.

    Where rows are linked to many, the file is read a second time, so it must be one that can be. `refuse` is called
    with a line for every row that did not get in, `progress` after every request of many; a `summary` that is given is
    filled, so that it can be looked at when the load breaks off. Raises an `AppwriteError` when the
    server cannot be reached or lets nobody in; loading the same file again goes on.
    """
    return (yield from _Load(connection, tables, overwrite, refuse, progress, summary or Summary()).run(file))


@dataclass(slots=True)
class _Load:
    connection: Connection
    tables: Mapping[str, type[Row]]
    overwrite: bool
    refuse: Callable[[str], None]
    progress: Callable[[Summary], None] | None
    summary: Summary
    # Rows that a table should have at the end: those it had, and those created.
    expected: dict[TableRef, int] = field(default_factory=dict)
    defaulted: int = 0
    # Of rows that are linked to many, those that were refused; their links are, too.
    refused: set[tuple[str, str]] = field(default_factory=set)
    # Of rows that may be linked to many, those that were there: they may have links that the file does not know.
    were_there: set[tuple[str, str]] = field(default_factory=set)
    linked: bool = False

    def run(self, file: TextIO) -> Operation[Summary]:
        batch: list[Entry] = []
        size = 0
        try:
            for entry in entries(file):
                if reason := problem(entry, self.tables):
                    self._refused(entry, reason)
                    continue
                try:
                    added = weight(entry)
                except UnicodeEncodeError:
                    self._refused(entry, "a text in it is not UTF-8, or has half a surrogate pair, and cannot be sent")
                    continue
                full = len(batch) == BULK_LIMIT or size + added > BYTES_LIMIT
                if batch and (full or entry.table != batch[0].table):
                    sent, batch, size = batch, [], 0
                    yield from self._batch(sent)
                batch.append(entry)
                size += added
        except SchemaError:  # the file breaks off
            yield from self._batch(batch)
            raise
        yield from self._batch(batch)
        yield from self._check()
        if self.linked:
            file.seek(0)
            linking = Linking(self.connection, self.tables, self.overwrite, self._unlinked)
            for entry in entries(file):
                row = entry.table, _id(entry)
                if not problem(entry, self.tables) and row not in self.refused:
                    yield from linking.link(entry, was_there=row in self.were_there)
        return self.summary

    def _refused(self, entry: Entry, reason: object) -> None:
        self.summary.refused += 1
        if entry.row is not None and links_of(entry, self.tables):
            self.refused.add((entry.table, _id(entry)))
        self._say(entry, reason)

    def _say(self, entry: Entry, reason: object) -> None:
        row = f", row {entry.row.get('$id')}" if entry.row is not None else ""
        self.refuse(one_line(f"Line {entry.line}{f', table {entry.table}' if entry.table else ''}{row}: {reason}"))

    def _unlinked(self, entry: Entry, reason: object) -> None:
        self.summary.unlinked += 1
        self._say(entry, f"its links were not written: {reason}")

    def _batch(self, batch: list[Entry]) -> Operation[None]:
        if not batch:
            return
        table = self.tables[batch[0].table]
        ref = table._meta.ref(self.connection.settings.database_id)
        self.linked = self.linked or any(links_of(entry, self.tables) for entry in batch)
        if ref not in self.expected:
            self.expected[ref] = (yield from self.connection.follow(CountRows(ref).fetch())).data
        try:
            if has_relationships(table):  # bulk is refused
                yield from self._one_by_one(ref, batch)
            else:
                yield from self._create_all(ref, batch)
        except Conflict:
            yield from self._around_present(ref, batch)
        except AppwriteError as error:
            if not _is_refusal(error):
                raise
            yield from self._one_by_one(ref, batch)
        if self.progress is not None:
            self.progress(self.summary)

    def _create_all(self, ref: TableRef, batch: list[Entry]) -> Operation[None]:
        answer = yield from self._send(CreateRows(ref, tuple(self._data(entry) for entry in batch)))
        for entry, row in zip(batch, answer["rows"], strict=True):
            self._created(ref, entry, row)

    def _around_present(self, ref: TableRef, batch: list[Entry]) -> Operation[None]:
        """Some ids are taken: settle those, and create the others."""
        present: dict[str, dict[str, Any]] = {}
        ids = tuple(_id(entry) for entry in batch)
        for filters in split([Clause("equal", "$id", ids)]).requests:
            plan = ListRows(ref, filters, limit=BULK_LIMIT)
            rows = (yield from self.connection.follow(plan.fetch())).data["rows"]
            present |= {row["$id"].lower(): row for row in rows}
        absent = [entry for entry in batch if _id(entry).lower() not in present]
        for entry in batch:
            if _id(entry).lower() in present:
                yield from self._settle(ref, entry, present[_id(entry).lower()])
        if len(absent) == len(batch):
            yield from self._one_by_one(ref, absent)
        elif absent:
            try:
                yield from self._create_all(ref, absent)
            except AppwriteError as error:
                if not (isinstance(error, Conflict) or _is_refusal(error)):
                    raise
                yield from self._one_by_one(ref, absent)

    def _one_by_one(self, ref: TableRef, batch: list[Entry]) -> Operation[None]:
        for entry in batch:
            data = self._data(entry)
            permissions = data.pop("$permissions", None)
            try:
                plan = CreateRow(ref, _id(entry), data, None if permissions is None else tuple(permissions))
                self._created(ref, entry, (yield from self._send(plan)))
            except Conflict as error:
                there = (yield from self.connection.follow(GetRow(ref, _id(entry)).fetch())).data
                if there is None:
                    self._refused(entry, error)
                else:
                    yield from self._settle(ref, entry, there)
            except AppwriteError as error:
                self._refused_by_server(entry, error)

    def _settle(self, ref: TableRef, entry: Entry, there: dict[str, Any]) -> Operation[None]:
        """A row whose id is taken: by itself, by one to overwrite, or by one to leave alone."""
        data = self._data(entry)
        if all(_agrees(name, value, there.get(name)) for name, value in data.items()):
            self.summary.present += 1
            self._was_there(entry)
        elif not self.overwrite:
            self._refused(entry, "a row with this id is there and has other values; --overwrite replaces them")
        elif any(map(_is_operator, data.values())):
            self._refused(entry, "a text in it has the form of an Appwrite operator, which an update would run")
        else:
            permissions = data.pop("$permissions", None)
            del data["$id"]
            try:
                plan = UpdateRow(ref, there["$id"], data, None if permissions is None else tuple(permissions))
                yield from self._send(plan)
                self.summary.overwritten += 1
                self._was_there(entry)
            except AppwriteError as error:
                self._refused_by_server(entry, error)

    def _refused_by_server(self, entry: Entry, error: AppwriteError) -> None:
        """Raises `error` where it is not about the row."""
        if error.status == _TOO_LARGE:
            self._refused(entry, f"it takes {weight(entry):,} bytes, more than the server takes in a request")
        elif isinstance(error, Conflict) or _is_refusal(error):
            self._refused(entry, error)
        else:
            raise error

    def _was_there(self, entry: Entry) -> None:
        if links_of(entry, self.tables, none=True):
            self.were_there.add((entry.table, _id(entry)))
            self.linked = True

    def _created(self, ref: TableRef, entry: Entry, row: Mapping[str, Any]) -> None:
        self.summary.created += 1
        self.expected[ref] += 1
        self.defaulted += any(
            value is None and row.get(name) not in (None, []) for name, value in self._data(entry).items()
        )

    def _send(self, plan: WritePlan) -> Operation[Any]:
        table = next(table for table in self.tables.values() if table._meta.id == plan.table.table)
        return (yield from send(self.connection, table, plan))

    def _data(self, entry: Entry) -> dict[str, Any]:
        """What is written of a row at first, which is all but its links to many."""
        row = without_links(entry, self.tables)
        return {name: value for name, value in row.items() if not name.startswith("$") or name in _KEPT}

    def _check(self) -> Operation[None]:
        """Whether the tables have the rows they should."""
        for ref, expected in self.expected.items():
            count = (yield from self.connection.follow(CountRows(ref).fetch())).data
            if count != expected:
                self.summary.problems.append(
                    f"Table {ref.table} has {count} rows, where {expected} were expected: somebody else writes to it."
                )
        if self.defaulted:
            self.summary.problems.append(
                f"In {self.defaulted} rows a missing value became the default of its column, as Appwrite has it."
            )


def _id(entry: Entry) -> str:
    return str(entry.row["$id"]) if entry.row is not None else ""


def _is_refusal(error: AppwriteError) -> bool:
    """Whether the server says that it does not take what it was sent, and would take something else."""
    return isinstance(error, InvalidRequest) or error.status == _TOO_LARGE


def _agrees(name: str, value: Any, there: Any) -> bool:
    """Whether a value is the one that is there; times do not tell rows apart, nor does an id's case."""
    if name in ("$createdAt", "$updatedAt", "$id"):
        return True
    if name == "$permissions":
        return isinstance(value, list) and sorted(map(str, value)) == sorted(there or ())
    return same(value, there)


def _is_operator(value: Any) -> bool:
    texts = value if isinstance(value, list) else [value]
    return any(isinstance(text, str) and looks_like_operator(text) for text in texts)
