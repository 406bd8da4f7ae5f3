"""Create, update and delete one row: validate, send signals, make one request under the cache protocol."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from appwrite.id import ID
from django.core.exceptions import FieldError

from ... import signals
from ...connection import connections
from ...credentials import Using
from ...exceptions import IntegrityError, NotFound
from ...integrity import commit_together, gone, resolve_create_conflict, unique_violation
from ...plan_execution import announce, execute_write
from ...plans import CreateRow, DeleteRow, IncrementRow, TableRef, UpdateRow, WritePlan
from ...registry import registry
from ...relations.cascades import changed_by, relationship_ends_at
from ...sansio import Operation
from ...signals import SendSignal
from ...tables import Row, unknown_column
from ...tables.options import Options
from ...tables.validation import without_operators
from ..expressions import operators, separated
from .increments import workable
from .optimistic_lock import counted, update_if_unchanged

R = TypeVar("R", bound=Row)


def ref_of(table: type[Row], alias: Using) -> TableRef:
    """Return the table as Appwrite knows it."""
    return TableRef(connections[alias].settings.database_id, table._meta.id)


def _affected(table: type[Row], plan: WritePlan) -> list[Options]:
    """Return the `_meta` of each table that the change may change: of `table` alone if no relationship ends in it."""
    return changed_by(table, plan) if relationship_ends_at(table, registry.version) else [table._meta]


def create(row: R, alias: Using) -> Operation[R]:
    """Write a new row under an id of our own. Raises `DuplicateId` or `UniqueViolation`."""
    table = type(row)
    data = row._new_data()  # validated before receivers run
    if signals.pre_create.has_listeners(table):
        arguments = {"row": row, "values": dict(row._values), "using": alias}
        yield SendSignal(signals.pre_create, table, arguments, robust=False)
        data = row._new_data()  # with what receivers have set
    values = dict(row._values)
    id_before, row.id = row.id, row.id if row.id is not None else ID.unique()
    permissions = None if row._permissions is None else tuple(row._permissions)
    plan = CreateRow(ref_of(table, alias), row.id, data, permissions)
    try:
        raw = yield from execute_write(_affected(table, plan), alias, plan)
    except IntegrityError as error:
        made_here = (row.id,) if id_before is None else ()
        sent = [{"$id": row.id, **data}]
        (raw,) = yield from resolve_create_conflict(table, alias, sent, error, made_here=made_here)
    row._using = alias
    row._load(raw)
    yield from announce(alias, SendSignal(signals.post_create, table, {"row": row, "values": values, "using": alias}))
    return row


def update(
    table: type[Row], alias: Using, plan: UpdateRow | IncrementRow, before: Mapping[str, Any] | None = None
) -> Operation[Any]:
    """Change one row; return the updated row. Raises `UniqueViolation`, and the table's `RowGone`.

    `before`: the values that were read, by key, to find the unique index of a violation.
    """
    try:
        return (yield from execute_write(_affected(table, plan), alias, plan))
    except NotFound as error:
        raise gone(table, plan.row_id, error, "changed") from error
    except IntegrityError as error:
        written = {**(before or {}), **plan.data, "$id": plan.row_id}
        raise (yield from unique_violation(table, alias, [written], error)) from error


def update_all(table: type[Row], alias: Using, plans: Sequence[UpdateRow | IncrementRow]) -> Operation[None]:
    """Change these rows, all or none. Raises `Conflict`, `UniqueViolation`, `NotFound`.

    A single one takes its own request, whose errors say more; 100 at most take one transaction of three requests.
    """
    if len(plans) == 1:
        yield from update(table, alias, plans[0])
    elif plans:
        yield from commit_together(alias, (changed_by(table, *plans), plans))


def save(
    row: R, alias: Using, *, update_fields: Collection[str] | None = None, if_unchanged: bool = False
) -> Operation[R]:
    """Write a new row, or the changes of an existing one; send nothing without changes."""
    table = type(row)
    if not row.is_saved:
        if update_fields is not None or if_unchanged:
            raise ValueError(
                f"This {table.__name__} has not been saved, so it cannot be updated. Call save() without update_fields"
                " and if_unchanged."
            )
        return (yield from create(row, alias))
    known_columns(table, update_fields or ())
    data = changes_of(row, update_fields)
    if not data and row._permissions is None:
        return row
    values = _values_of(row, data)
    if signals.pre_update.has_listeners(table):
        arguments = {"row": row, "values": values, "using": alias}
        yield SendSignal(signals.pre_update, table, arguments, robust=False)
        data = changes_of(row, update_fields)  # with what receivers have set
        values = _values_of(row, data)
    permissions = None if row._permissions is None else tuple(row._permissions)
    if data or permissions is not None:
        later = {name: value for name, value in row._values.items() if name not in values}
        plan = workable(table, UpdateRow(ref_of(table, alias), row._raw["$id"], counted(table, data), permissions))
        raw = yield from update_if_unchanged(row, alias, plan) if if_unchanged else update(table, alias, plan, row._raw)
        row._load(_known({**row._raw, **raw}, plan), unsaved=later)
    yield from announce(alias, SendSignal(signals.post_update, table, {"row": row, "values": values, "using": alias}))
    return row


def _known(raw: dict[str, Any], plan: UpdateRow | IncrementRow) -> dict[str, Any]:
    """Return a row after this change, without what only the commit of a transaction computes."""
    return {key: value for key, value in raw.items() if key not in plan.data or key in without_operators({key: value})}


def changes_of(row: Row, only: Collection[str] | None = None) -> dict[str, Any]:
    """Return the JSON that a save would send, expressions as operators, by column key."""
    row._note_changed_arrays()
    before = row._values
    plain, expressions = separated(before)
    row._values = plain
    try:
        data = row._changes()
    finally:
        row._values = before
    data |= operators(type(row), expressions)
    keys = None if only is None else {row._meta.key_of(name) for name in only}
    return {key: value for key, value in data.items() if keys is None or key in keys}


def _values_of(row: Row, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row's values of these columns, which are given by key, by name."""
    names = (row._meta.name_of(key) for key in data)
    return {name: row._values[name] if name in row._meta.to_many else getattr(row, name) for name in names}


def delete(row: Row, alias: Using) -> Operation[tuple[int, dict[str, int]]]:
    """Delete one row. Raises ValueError if it was never saved, the table's `RowGone` if it is gone."""
    table = type(row)
    if not row.is_saved:
        raise ValueError(f"This {table.__name__} has not been saved, so it cannot be deleted.")
    arguments = {"row": row, "values": {}, "using": alias}
    yield SendSignal(signals.pre_delete, table, arguments, robust=False)
    try:
        plan = DeleteRow(ref_of(table, alias), row._raw["$id"])
        yield from execute_write(_affected(table, plan), alias, plan)
    except NotFound as error:
        raise gone(table, row._raw["$id"], error, "deleted") from error
    yield from announce(alias, SendSignal(signals.post_delete, table, arguments))
    row._forget()
    return 1, {table._meta.label: 1}


def known_columns(table: type[Row], names: Iterable[str]) -> None:
    """Raise FieldError, with similar names, for a name that is neither a column nor a relation."""
    for name in names:
        if name not in table._meta.columns and name not in table._meta.relations:
            raise FieldError(unknown_column(table, name))
