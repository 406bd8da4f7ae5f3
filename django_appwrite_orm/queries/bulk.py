"""Changes to many rows at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from appwrite.id import ID
from django.core.exceptions import ValidationError

from .. import signals
from ..exceptions import AppwriteError
from ..identity import IdentifiedAlias
from ..plans import BULK_LIMIT, OPERATIONS_LIMIT, CreateRow, CreateRows, UpdateRow
from ..signals import Send
from ..steps import Steps
from ..tables import Row
from .expressions import separated
from .operations import announce, write
from .transactions import Transaction, current
from .writes import changes_of, known_columns, ref_of

if TYPE_CHECKING:
    pass

R = TypeVar("R", bound=Row)
Progress = Callable[[int, int], object]
Errors = dict[int, Exception]
Item = TypeVar("Item")


def bulk_create(
    table: type[R], rows: list[R], alias: str, progress: Progress | None = None, errors: Errors | None = None
) -> Steps[list[R]]:
    """Write new rows by hundreds, after all of them have been checked."""
    _checked(table, rows, errors)
    arguments = {"rows": rows, "count": len(rows), "using": alias}
    yield Send(signals.pre_bulk_create, table, arguments, robust=False)
    data = _checked(table, rows, errors)
    chunks = list(chunks_of(list(data), 1 if isinstance(alias, IdentifiedAlias) else BULK_LIMIT))
    if transaction := current(alias):
        transaction.require(len(chunks))
    done = 0
    written: list[R] = []
    for chunk in chunks:
        part = {position: data[position] for position in chunk}
        written += yield from _create_chunk(table, alias, rows, part, errors)
        done += len(chunk)
        if progress is not None:
            progress(done, len(data))
    arguments = {"rows": written, "count": len(written), "using": alias}
    yield from announce(alias, Send(signals.post_bulk_create, table, arguments))
    return written


def _create_chunk(
    table: type[R], alias: str, rows: list[R], data: dict[int, dict[str, Any]], errors: Errors | None
) -> Steps[list[R]]:
    """Write these rows, by position. With `errors` to note them in, a refused chunk is halved until what is
    refused stands alone."""
    try:
        answer = yield from write(table, alias, creation(table, alias, list(data.values())))
    except AppwriteError as error:
        if errors is None or error.unclear or error.status not in (400, 409):
            raise
        if len(data) == 1:
            errors[next(iter(data))] = error
            return []
        written: list[R] = []
        for half in chunks_of(list(data), (len(data) + 1) // 2):
            part = {position: data[position] for position in half}
            written += yield from _create_chunk(table, alias, rows, part, errors)
        return written
    # Inside a transaction Appwrite answers a bulk create without its rows.
    shown = [answer] if "$id" in answer else answer["rows"] or data.values()
    for position, raw in zip(data, shown, strict=True):
        rows[position]._using = alias
        rows[position]._load(dict(raw))
    return [rows[position] for position in data]


def _checked(table: type[Row], rows: Sequence[Row], errors: Errors | None) -> dict[int, dict[str, Any]]:
    """What is sent for each row, by position; those that are not valid are raised, or noted in `errors`."""
    data: dict[int, dict[str, Any]] = {}
    refused: dict[int, ValidationError] = {}
    for position, row in enumerate(rows):
        if type(row) is not table:
            raise TypeError(f"bulk_create of {table.__name__} was given {type(row).__name__} at position {position}.")
        if row.is_saved:
            raise ValueError(f"bulk_create: the row at position {position} ({row!r}) has been saved before.")
        try:
            values = row._new_data()
        except ValidationError as error:
            refused[position] = error
            continue
        row.id = row.id if row.id is not None else ID.unique()
        permissions = {} if row._permissions is None else {"$permissions": row._permissions}
        data[position] = {"$id": row.id, **permissions, **values}
    if errors is not None:
        errors |= refused
    elif refused:
        raise ValidationError(_by_position(refused))
    return data


def _by_position(refused: dict[int, ValidationError]) -> dict[str, Any]:
    return {f"{n}.{name}": messages for n, error in refused.items() for name, messages in error.message_dict.items()}


def bulk_update(table: type[R], rows: list[R], fields: Collection[str], alias: str) -> Steps[int]:
    """Write these columns of many rows, each row its own values, a hundred rows in a transaction."""
    known_columns(table, fields)
    if not fields:
        raise ValueError("bulk_update() needs the names of the columns to write.")
    _updates(table, rows, fields, alias)
    arguments = {"rows": rows, "count": len(rows), "using": alias}
    yield Send(signals.pre_bulk_update, table, arguments, robust=False)
    updates = [(row, plan) for row, plan in zip(rows, _updates(table, rows, fields, alias), strict=True) if plan.data]
    outer = current(alias)
    if outer is not None:
        outer.require(len(updates))
    for chunk in chunks_of(updates, OPERATIONS_LIMIT):
        transaction = outer or Transaction(alias)
        try:
            yield from transaction.stage_all(table, [plan for _, plan in chunk])
        except BaseException:
            if outer is None:
                yield from transaction.roll_back()
            raise
        if outer is None:
            yield from transaction.commit()
        for row, plan in chunk:
            _note_written(row, plan)
    yield from announce(alias, Send(signals.post_bulk_update, table, {**arguments, "count": len(updates)}))
    return len(updates)


def _updates(table: type[Row], rows: Sequence[Row], fields: Collection[str], alias: str) -> list[UpdateRow]:
    plans: list[UpdateRow] = []
    refused: dict[int, ValidationError] = {}
    for position, row in enumerate(rows):
        if type(row) is not table or not row.is_saved:
            raise ValueError(f"bulk_update of {table.__name__} needs saved rows of it, not {row!r} at {position}.")
        try:
            plans.append(UpdateRow(ref_of(table, alias), row._raw["$id"], changes_of(row, fields)))
        except ValidationError as error:
            refused[position] = error
    if refused:
        raise ValidationError(_by_position(refused))
    return plans


def _note_written(row: Row, plan: UpdateRow) -> None:
    """The row as it is now. What only the server knows, the date of the change and what operators came to, is
    no longer known."""
    names = {row._meta.by_key[key].name for key in plan.data}
    worked_out = {row._meta.columns[name].key for name in separated(row._values)[1]}
    unknown = {"$updatedAt", *(worked_out & plan.data.keys())}
    later = {name: value for name, value in row._values.items() if name not in names}
    permissions = row._permissions
    raw = {**row._raw, **plan.data}
    row._load({key: value for key, value in raw.items() if key not in unknown})
    row._values, row._permissions = later, permissions


def creation(table: type[Row], alias: str, data: Sequence[dict[str, Any]]) -> CreateRow | CreateRows:
    """The request for these rows. A user's may write one at a time."""
    if not isinstance(alias, IdentifiedAlias):
        return CreateRows(ref_of(table, alias), tuple(data))
    values = dict(data[0])
    granted = values.pop("$permissions", None)
    permissions = None if granted is None else tuple(granted)
    return CreateRow(ref_of(table, alias), values.pop("$id"), values, permissions)


def chunks_of(items: list[Item], size: int) -> Iterator[list[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))
