"""Update many rows, each with its own values: a hundred in a transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import ValidationError

from ... import signals
from ...credentials import Using
from ...exceptions import AppwriteError, NotSupportedError
from ...plan_execution import announce
from ...plans import OPERATIONS_LIMIT, IncrementRow, UpdateRow
from ...relations.cascades import changed_by
from ...sansio import Operation
from ...signals import SendSignal
from ...tables import Row
from ...transactions import Transaction, enclosing
from ..expressions import separated
from ..query import read_rows
from .batching import Errors, batch_of, by_position, chunks_of, is_refusal
from .increments import workable
from .optimistic_lock import counted, refuse_version
from .save import changes_of, known_columns, ref_of, update_all

if TYPE_CHECKING:
    from ..queryset import QuerySet

R = TypeVar("R", bound=Row)
Updates = dict[int, UpdateRow | IncrementRow]


def bulk_update(
    table: type[R],
    rows: list[R],
    fields: Collection[str],
    alias: Using,
    errors: Errors | None = None,
    batch_size: int | None = None,
) -> Operation[int]:
    """Write these columns of many rows; see `QuerySet.bulk_update`."""
    together = batch_of(batch_size, OPERATIONS_LIMIT)
    known_columns(table, fields)
    refuse_version(table, fields)
    if not fields:
        raise ValueError("bulk_update() needs the names of the columns to write.")
    updates = _updates(table, rows, fields, alias, errors)  # before receivers run
    outer = enclosing(alias)
    if outer is not None and errors is not None:
        raise NotSupportedError(
            "bulk_update() cannot take errors= inside atomic(), because Appwrite refuses rows only at the commit."
        )
    arguments = {"rows": rows, "count": len(rows), "using": alias}
    if signals.pre_bulk_update.has_listeners(table):
        yield SendSignal(signals.pre_bulk_update, table, arguments, robust=False)
        updates = _updates(table, rows, fields, alias, errors)  # with what receivers have set
    if outer is not None:
        outer.require(len(updates))
    count = 0
    for chunk in chunks_of(list(updates), together):
        written = yield from _write(table, alias, {n: updates[n] for n in chunk}, outer, errors)
        for n in written:
            _note_written(rows[n], updates[n])
        count += len(written)
    yield from announce(alias, SendSignal(signals.post_bulk_update, table, {**arguments, "count": count}))
    return count


def update_by_id(
    query: QuerySet[R], changes: Sequence[tuple[str, Mapping[str, Any]]], errors: Errors | None
) -> Operation[list[R]]:
    """Set columns of the rows with these ids, each its own; return the rows, in order.

    Raises the table's DoesNotExist, or notes it in `errors`, by position in `changes`, as every other refusal of a row.
    """
    rows = yield from read_rows(query.uncached().filter(pk__in=[id for id, _ in changes]))
    by_id = {str(row.id).lower(): row for row in rows}  # Appwrite ignores the case of ids
    noted: Errors = {}
    for n, (id, data) in enumerate(changes):
        try:
            if id.lower() not in by_id:
                raise query.model.DoesNotExist(f"There is no {query.model.__name__} with the id {id!r}.")
            _set(by_id[id.lower()], data)
        except (ValueError, query.model.DoesNotExist) as error:
            if errors is None:
                raise
            noted[n] = error
    refused: Errors | None = None if errors is None else {}
    names = {name for id, data in changes if id.lower() in by_id for name in data}
    references = query.model._meta.references
    if fields := {references[name].column_name if name in references else name for name in names}:
        yield from bulk_update(query.model, rows, fields, query.db, refused)
    errors_by_id = {str(rows[n].id).lower(): error for n, error in (refused or {}).items()}
    noted = {n: errors_by_id[id.lower()] for n, (id, _) in enumerate(changes) if id.lower() in errors_by_id} | noted
    if errors is not None:
        errors |= noted
    return [by_id[id.lower()] for n, (id, _) in enumerate(changes) if n not in noted]


def _set(row: Row, data: Mapping[str, Any]) -> None:
    """Set all of these columns, or none: a relation refuses what is not a row of its table."""
    before = dict(row._values)
    try:
        for name, value in data.items():
            setattr(row, name, value)
    except ValueError:
        row._values = before
        raise


def _write(
    table: type[Row], alias: Using, updates: Updates, outer: Transaction | None, errors: Errors | None
) -> Operation[list[int]]:
    """Write these rows, by position, in one transaction; return which were written.

    With `errors` to note them in, refused ones are halved down to single rows.
    """
    if outer is not None:
        plans = list(updates.values())
        yield from outer.stage_all(changed_by(table, *plans), plans)
        return list(updates)
    try:
        yield from update_all(table, alias, list(updates.values()))
    except AppwriteError as error:
        if errors is None or not is_refusal(error):
            raise
        if len(updates) == 1:
            errors[next(iter(updates))] = error
            return []
        written: list[int] = []
        for half in chunks_of(list(updates), (len(updates) + 1) // 2):
            written += yield from _write(table, alias, {n: updates[n] for n in half}, outer, errors)
        return written
    return list(updates)


def _updates(
    table: type[Row], rows: Sequence[Row], fields: Collection[str], alias: Using, errors: Errors | None
) -> Updates:
    """Return the plan for each row that has changed, by position; invalid ones are raised, or noted."""
    plans: Updates = {}
    refused: dict[int, ValidationError] = {}
    for position, row in enumerate(rows):
        if type(row) is not table or not row.is_saved:
            raise ValueError(f"bulk_update: expected a saved {table.__name__}, not {row!r}, at position {position}.")
        try:
            data = changes_of(row, fields)
        except ValidationError as error:
            refused[position] = error
            continue
        if data:
            plan = UpdateRow(ref_of(table, alias), row._raw["$id"], counted(table, data))
            plans[position] = workable(table, plan)
    if errors is not None:
        errors |= refused
    elif refused:
        raise ValidationError(by_position(refused))
    return plans


def _note_written(row: Row, plan: UpdateRow | IncrementRow) -> None:
    """Load what was written into the row.

    Values that only the server knows, the date of the change and the results of operators, are unknown from now on.
    """
    names = {row._meta.name_of(key) for key in plan.data}
    computed = {row._meta.columns[name].key for name in separated(row._values)[1]}
    if row._meta.version is not None:
        computed.add(row._meta.version.key)
    unknown = {"$updatedAt", *(computed & plan.data.keys())}
    later = {name: value for name, value in row._values.items() if name not in names}
    permissions = row._permissions
    raw = {**row._raw, **plan.data}
    row._load({key: value for key, value in raw.items() if key not in unknown}, unsaved=later)
    row._permissions = permissions
