"""Load the rows of a file, with their ids, times and permissions, in batches of up to 100 rows and one megabyte.

An existing row is overwritten only on request. If it has the same values it counts as unchanged, which is how an
interrupted load continues. A batch that the server refuses, or that is too large for it, is sent row by row, so that
each invalid row is reported and the others are written. Rows are only created by POST: a PUT of a missing row whose
values are all empty creates nothing, with status 200 (observed on Appwrite 1.9.6).
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
from .load_relationships import LinkWriter, links_of, send, without_links
from .reader import Entry, entries
from .row_checks import problem, weight

# Bytes of the rows in one request: the usual default limit of proxies before a server.
BYTES_LIMIT = 1_000_000
_TOO_LARGE = 413
_WRITABLE = frozenset({"$id", "$createdAt", "$updatedAt", "$permissions"})


@dataclass(slots=True)
class Summary:
    """The numbers of rows by result, and problems of the tables after the load."""

    created: int = 0
    overwritten: int = 0
    present: int = 0  # existing rows with the same values
    refused: int = 0
    unlinked: int = 0  # rows whose lists of links were refused
    problems: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """The number of rows of the file so far."""
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

    If rows have lists of links, the file is read a second time, so it must be seekable. `refuse` is called with a line
    for every row that was not written, `progress` after every batch. A `summary` that is passed is filled, also when
    the load fails. Raises an `AppwriteError` when the server cannot be reached or denies access; loading the same file
    again continues.
    """
    return (yield from _Load(connection, tables, overwrite, refuse, progress, summary or Summary()).run(file))


@dataclass(slots=True)
class _Load:
    """The state of one load."""

    connection: Connection
    tables: Mapping[str, type[Row]]
    overwrite: bool
    refuse: Callable[[str], None]
    progress: Callable[[Summary], None] | None
    summary: Summary
    # The number of rows that a table should have at the end: those it had, and those created.
    expected: dict[TableRef, int] = field(default_factory=dict)
    defaulted: int = 0
    # Table and id of refused rows with lists of links, which are not written either.
    refused: set[tuple[str, str]] = field(default_factory=set)
    # Table and id of existing rows that may have lists of links: they may have links that the file does not contain.
    existing: set[tuple[str, str]] = field(default_factory=set)
    has_links: bool = False

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
        except SchemaError:  # the file is incomplete
            yield from self._batch(batch)
            raise
        yield from self._batch(batch)
        yield from self._check()
        if self.has_links:
            file.seek(0)
            writer = LinkWriter(self.connection, self.tables, self.overwrite, self._unlinked)
            for entry in entries(file):
                row = entry.table, _id(entry)
                if not problem(entry, self.tables) and row not in self.refused:
                    yield from writer.write(entry, existed=row in self.existing)
        return self.summary

    def _refused(self, entry: Entry, reason: object) -> None:
        self.summary.refused += 1
        if entry.row is not None and links_of(entry, self.tables):
            self.refused.add((entry.table, _id(entry)))
        self._report(entry, reason)

    def _report(self, entry: Entry, reason: object) -> None:
        row = f", row {entry.row.get('$id')}" if entry.row is not None else ""
        self.refuse(one_line(f"Line {entry.line}{f', table {entry.table}' if entry.table else ''}{row}: {reason}"))

    def _unlinked(self, entry: Entry, reason: object) -> None:
        self.summary.unlinked += 1
        self._report(entry, f"its links were not written: {reason}")

    def _batch(self, batch: list[Entry]) -> Operation[None]:
        if not batch:
            return
        table = self.tables[batch[0].table]
        ref = table._meta.ref(self.connection.settings.database_id)
        self.has_links = self.has_links or any(links_of(entry, self.tables) for entry in batch)
        if ref not in self.expected:
            self.expected[ref] = (yield from self.connection.follow(CountRows(ref).fetch())).data
        try:
            if has_relationships(table):  # bulk is refused
                yield from self._one_by_one(ref, batch)
            else:
                yield from self._create_all(ref, batch)
        except Conflict:
            yield from self._create_absent(ref, batch)
        except AppwriteError as error:
            if not _is_refusal(error):
                raise
            yield from self._one_by_one(ref, batch)
        if self.progress is not None:
            self.progress(self.summary)

    def _create_all(self, ref: TableRef, batch: list[Entry]) -> Operation[None]:
        response = yield from self._send(CreateRows(ref, tuple(self._data(entry) for entry in batch)))
        for entry, row in zip(batch, response["rows"], strict=True):
            self._created(ref, entry, row)

    def _create_absent(self, ref: TableRef, batch: list[Entry]) -> Operation[None]:
        """Handle a batch with ids that are taken: compare those rows, and create the others."""
        present: dict[str, dict[str, Any]] = {}
        ids = tuple(_id(entry) for entry in batch)
        for filters in split([Clause("equal", "$id", ids)]).requests:
            plan = ListRows(ref, filters, limit=BULK_LIMIT)
            rows = (yield from self.connection.follow(plan.fetch())).data["rows"]
            present |= {row["$id"].lower(): row for row in rows}
        absent = [entry for entry in batch if _id(entry).lower() not in present]
        for entry in batch:
            if _id(entry).lower() in present:
                yield from self._handle_existing(ref, entry, present[_id(entry).lower()])
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
                existing = (yield from self.connection.follow(GetRow(ref, _id(entry)).fetch())).data
                if existing is None:
                    self._refused(entry, error)
                else:
                    yield from self._handle_existing(ref, entry, existing)
            except AppwriteError as error:
                self._refused_by_server(entry, error)

    def _handle_existing(self, ref: TableRef, entry: Entry, existing: dict[str, Any]) -> Operation[None]:
        """Compare a row with the existing one of its id: count, overwrite or refuse it."""
        data = self._data(entry)
        if all(_is_equal(name, value, existing.get(name)) for name, value in data.items()):
            self.summary.present += 1
            self._existed(entry)
        elif not self.overwrite:
            self._refused(entry, "a row with this id exists and has other values; --overwrite replaces them")
        elif any(map(_is_operator, data.values())):
            self._refused(entry, "a text in it has the form of an Appwrite operator, which an update would execute")
        else:
            permissions = data.pop("$permissions", None)
            del data["$id"]
            try:
                plan = UpdateRow(ref, existing["$id"], data, None if permissions is None else tuple(permissions))
                yield from self._send(plan)
                self.summary.overwritten += 1
                self._existed(entry)
            except AppwriteError as error:
                self._refused_by_server(entry, error)

    def _refused_by_server(self, entry: Entry, error: AppwriteError) -> None:
        """Report a refused row. Raises `error` if it is not about the row."""
        if error.status == _TOO_LARGE:
            self._refused(entry, f"it has {weight(entry):,} bytes, more than the server accepts in a request")
        elif isinstance(error, Conflict) or _is_refusal(error):
            self._refused(entry, error)
        else:
            raise error

    def _existed(self, entry: Entry) -> None:
        if links_of(entry, self.tables, include_empty=True):
            self.existing.add((entry.table, _id(entry)))
            self.has_links = True

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
        """Return what is written first of a row: everything except its lists of links."""
        row = without_links(entry, self.tables)
        return {name: value for name, value in row.items() if not name.startswith("$") or name in _WRITABLE}

    def _check(self) -> Operation[None]:
        """Note a problem for each table that does not have the expected number of rows."""
        for ref, expected in self.expected.items():
            count = (yield from self.connection.follow(CountRows(ref).fetch())).data
            if count != expected:
                self.summary.problems.append(
                    f"Table {ref.table} has {count} rows, where {expected} were expected: another client writes to it."
                )
        if self.defaulted:
            self.summary.problems.append(
                f"In {self.defaulted} rows Appwrite has set a missing value to the default of its column."
            )


def _id(entry: Entry) -> str:
    return str(entry.row["$id"]) if entry.row is not None else ""


def _is_refusal(error: AppwriteError) -> bool:
    """Whether the server refuses the content of the request, so that another content may be accepted."""
    return isinstance(error, InvalidRequest) or error.status == _TOO_LARGE


def _is_equal(name: str, value: Any, existing: Any) -> bool:
    """Whether a value equals that of the existing row; times and the case of the id do not count."""
    if name in ("$createdAt", "$updatedAt", "$id"):
        return True
    if name == "$permissions":
        return isinstance(value, list) and sorted(map(str, value)) == sorted(existing or ())
    return same(value, existing)


def _is_operator(value: Any) -> bool:
    texts = value if isinstance(value, list) else [value]
    return any(isinstance(text, str) and looks_like_operator(text) for text in texts)
