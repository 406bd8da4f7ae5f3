"""Create many rows, 100 per request: each request is applied whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from appwrite.id import ID
from django.core.exceptions import ValidationError

from ... import signals
from ...credentials import Using
from ...exceptions import AppwriteError, IntegrityError, NotSupportedError, RateLimited, Unavailable
from ...integrity import resolve_create_conflict
from ...plan_execution import announce, execute_write
from ...plans import BULK_LIMIT, CreateRow, CreateRows
from ...relations.cascades import changed_by
from ...sansio import Operation
from ...signals import SendSignal
from ...tables import Row
from ...transactions import enclosing
from .batching import Errors, batch_of, by_position, chunks_of, goes_row_by_row, is_refusal
from .save import ref_of
from .upsert import Conflicts

R = TypeVar("R", bound=Row)
Progress = Callable[[int, int], object]
Data = dict[int, dict[str, Any]]


def bulk_create(
    table: type[R],
    rows: list[R],
    alias: Using,
    progress: Progress | None = None,
    errors: Errors | None = None,
    conflicts: Conflicts | None = None,
    batch_size: int | None = None,
) -> Operation[list[R]]:
    """Write new rows, after all of them have been validated; see `QuerySet.bulk_create`."""
    together = batch_of(batch_size, 1 if goes_row_by_row(table, alias) else BULK_LIMIT)
    made_here = {position for position, row in enumerate(rows) if row.id is None}
    data = _checked(table, rows, errors, conflicts)  # before receivers run
    transaction = enclosing(alias)
    if conflicts is not None and transaction is not None:
        raise NotSupportedError(
            "Inside atomic(), Appwrite reports conflicts only at the commit. Use ignore_conflicts and"
            " update_conflicts outside the block."
        )
    if signals.pre_bulk_create.has_listeners(table):
        arguments = {"rows": rows, "count": len(rows), "using": alias}
        yield SendSignal(signals.pre_bulk_create, table, arguments, robust=False)
        data = _checked(table, rows, errors, conflicts)  # with what receivers have set
    chunks = list(chunks_of(list(data), together))
    if transaction is not None:
        transaction.require(len(chunks))
    creation = _BulkCreate(
        table, rows, alias, data, {data[n]["$id"] for n in made_here & data.keys()}, errors, conflicts
    )
    done = 0
    for chunk in chunks:
        try:
            yield from creation.write(chunk)
        except (Unavailable, RateLimited) as error:
            if transaction is None:
                error.args = (_cut_off(error, done, len(data), len(chunk)),)
            raise
        done += len(chunk)
        if progress is not None:
            progress(done, len(data))
    written = [row for position, row in enumerate(rows) if position in creation.written]
    arguments = {"rows": written, "count": len(written), "using": alias}
    yield from announce(alias, SendSignal(signals.post_bulk_create, table, arguments))
    return written if conflicts is None else [row for n, row in enumerate(rows) if n not in (errors or ())]


def _cut_off(error: AppwriteError, done: int, whole: int, chunk: int) -> str:
    """Return the message of an error after which the rest of the rows was not sent."""
    unknown = f", and perhaps some or all of the next {chunk}" if error.unclear else ""
    cause = str(error) if str(error).endswith((".", "?")) else f"{error}."
    return (
        f"{cause} {done} of {whole} rows are written{unknown}. The others keep their ids; to"
        " continue, run bulk_create([row for row in rows if not row.is_saved], ignore_conflicts=True)."
    )


class _BulkCreate(Generic[R]):
    """The rows of one call by position, and which of them are written."""

    def __init__(
        self,
        table: type[R],
        rows: list[R],
        alias: Using,
        data: Data,
        made_here: set[str],
        errors: Errors | None,
        conflicts: Conflicts | None,
    ) -> None:
        self._table = table
        self._rows = rows
        self._alias = alias
        self._data = data
        self._made_here = made_here
        self._errors = errors
        self._conflicts = conflicts
        self.written: set[int] = set()
        self._written_as: dict[str, set[int]] = {}  # the positions that each row, by its id, was written from

    def write(self, positions: list[int]) -> Operation[None]:
        """Write these rows, 100 at most, or those of them that can be written."""
        if self._conflicts is None:
            return (yield from self._in_halves(positions, self._create))
        yield from self._in_halves(positions, self._change)
        positions = [position for position in positions if not self._is_done(position)]
        if positions:
            yield from self._in_halves(positions, self._create)

    def _is_done(self, position: int) -> bool:
        return position in self.written or (self._errors is not None and position in self._errors)

    def _in_halves(self, positions: list[int], write: Callable[[list[int]], Operation[None]]) -> Operation[None]:
        """Run `write` on all of them; if it is refused and can be resolved, on halves, down to single rows."""
        try:
            yield from write(positions)
        except AppwriteError as refusal:
            if not self._goes_on(refusal):
                raise
            if len(positions) == 1:
                return (yield from self._resolve_one(positions[0], refusal))
            for half in chunks_of(positions, (len(positions) + 1) // 2):
                yield from self._in_halves(half, write)

    def _goes_on(self, refusal: AppwriteError) -> bool:
        """Whether a refusal of several rows is to be resolved row by row."""
        is_conflict = self._conflicts is not None and isinstance(refusal, IntegrityError)
        return is_refusal(refusal) and (self._errors is not None or is_conflict)

    def _change(self, positions: list[int]) -> Operation[None]:
        """Update those of these rows that exist already."""
        if self._conflicts is not None:
            part = {position: self._data[position] for position in positions}
            self._load((yield from self._conflicts.settled(self._table, self._alias, part)))

    def _create(self, positions: list[int]) -> Operation[None]:
        """Create these rows in one request."""
        sent = [self._data[position] for position in positions]
        try:
            plan = _creation(self._table, self._alias, sent)
            response = yield from execute_write(changed_by(self._table, plan), self._alias, plan)
            # Inside a transaction the response to a bulk create has no rows.
            rows = [response] if "$id" in response else response["rows"] or sent
        except IntegrityError as error:
            if not error.repeated and self._goes_on(error) and (len(sent) > 1 or self._conflicts is not None):
                raise  # resolved row by row
            rows = yield from resolve_create_conflict(self._table, self._alias, sent, error, made_here=self._made_here)
        self._load(dict(zip(positions, rows, strict=True)))

    def _resolve_one(self, position: int, refusal: AppwriteError) -> Operation[None]:
        """Resolve the refusal of one row: it exists, or its error is noted or raised."""
        if self._conflicts is not None and isinstance(refusal, IntegrityError):
            yield from self._change([position])
            if position in self.written or self._conflicts.ignore:
                return
            try:
                yield from resolve_create_conflict(
                    self._table, self._alias, [self._data[position]], refusal, made_here=()
                )
            except IntegrityError as meaning:
                refusal = meaning
        if self._errors is None:
            raise refusal
        self._errors[position] = refusal

    def _load(self, raws: dict[int, dict[str, Any]]) -> None:
        """Note what was written. Of several rows that were written to one, the last one is stored."""
        for position, raw in raws.items():
            self.written.add(position)
            same = self._written_as.setdefault(raw["$id"].lower(), set())
            same.add(position)
            for written in same:
                self._rows[written]._using = self._alias
                self._rows[written]._load(dict(raw))


def _creation(table: type[Row], alias: Using, data: Sequence[dict[str, Any]]) -> CreateRow | CreateRows:
    """Return the plan that creates these rows, or the single one where rows go one at a time."""
    if not goes_row_by_row(table, alias):
        return CreateRows(ref_of(table, alias), tuple(data))
    values = dict(data[0])
    granted = values.pop("$permissions", None)
    permissions = None if granted is None else tuple(granted)
    return CreateRow(ref_of(table, alias), values.pop("$id"), values, permissions)


def _checked(table: type[Row], rows: Sequence[Row], errors: Errors | None, conflicts: Conflicts | None) -> Data:
    """Return what is sent for each row, by position; invalid ones are raised, or noted in `errors`."""
    data: Data = {}
    refused: dict[int, ValidationError] = {}
    for position, row in enumerate(rows):
        if type(row) is not table:
            raise TypeError(
                f"bulk_create: expected {table.__name__}, not {type(row).__name__}, at position {position}."
            )
        if row.is_saved:
            raise ValueError(f"bulk_create: the row at position {position} ({row!r}) is already saved.")
        try:
            values = row._new_data()
            if conflicts is not None:
                conflicts.check(row)
        except ValidationError as error:
            refused[position] = error
            continue
        row.id = row.id if row.id is not None else ID.unique()
        permissions = {} if row._permissions is None else {"$permissions": row._permissions}
        data[position] = {"$id": row.id, **permissions, **values}
    if errors is not None:
        errors |= refused
    elif refused:
        raise ValidationError(by_position(refused))
    return data
