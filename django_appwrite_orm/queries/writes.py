"""Changes to rows: checked first, then signals, then one request each under the cache protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from appwrite.id import ID
from django.core.exceptions import FieldError, ValidationError

from .. import signals
from ..connection import connections
from ..plans import BULK_LIMIT, Clause, CreateRow, CreateRows, DeleteRow, DeleteRows, TableRef, UpdateRow, UpdateRows
from ..signals import Send
from ..steps import Steps
from ..tables import Row, clean_values, unknown_column
from .merge import pages
from .operations import write

if TYPE_CHECKING:
    from .selection import Selection

R = TypeVar("R", bound=Row)


def _ref(table: type[Row], alias: str) -> TableRef:
    return table._meta.ref(connections[alias].settings.database_id)


def create(row: R, alias: str) -> Steps[R]:
    """Write a new row under an id of our own."""
    table = type(row)
    row._new_data()  # nothing invalid gets as far as a receiver
    yield Send(signals.pre_create, table, {"row": row, "values": dict(row._values), "using": alias}, robust=False)
    data, values = row._new_data(), dict(row._values)
    row.id = row.id if row.id is not None else ID.unique()
    permissions = None if row._permissions is None else tuple(row._permissions)
    raw = yield from write(table, alias, CreateRow(_ref(table, alias), row.id, data, permissions))
    row._using = alias
    row._load(raw)
    yield Send(signals.post_create, table, {"row": row, "values": values, "using": alias})
    return row


def save(row: R, alias: str) -> Steps[R]:
    """Write a new row, or what has changed of one that is there; nothing changed, nothing sent."""
    if not row.is_saved:
        return (yield from create(row, alias))
    table = type(row)
    if not row._changes() and row._permissions is None:
        return row
    arguments = {"row": row, "values": _changed_values(row), "using": alias}
    yield Send(signals.pre_update, table, arguments, robust=False)
    data, values = row._changes(), _changed_values(row)
    permissions = None if row._permissions is None else tuple(row._permissions)
    if data or permissions is not None:
        raw = yield from write(table, alias, UpdateRow(_ref(table, alias), row._raw["$id"], data, permissions))
        row._load(raw)
    yield Send(signals.post_update, table, {"row": row, "values": values, "using": alias})
    return row


def _changed_values(row: Row) -> dict[str, Any]:
    return {row._meta.by_key[key].name: getattr(row, row._meta.by_key[key].name) for key in row._changes()}


def delete(row: Row, alias: str) -> Steps[tuple[int, dict[str, int]]]:
    """Delete one row. Raises ValueError for a row that was never saved, `NotFound` for one that is gone."""
    table = type(row)
    if not row.is_saved:
        raise ValueError(f"This {table.__name__} has not been saved, so it cannot be deleted.")
    arguments = {"row": row, "values": {}, "using": alias}
    yield Send(signals.pre_delete, table, arguments, robust=False)
    yield from write(table, alias, DeleteRow(_ref(table, alias), row._raw["$id"]))
    yield Send(signals.post_delete, table, arguments)
    return 1, {table._meta.label: 1}


def bulk_create(table: type[R], rows: list[R], alias: str) -> Steps[list[R]]:
    """Write new rows by hundreds, after all of them have been checked."""
    _check_all(table, rows)
    arguments = {"rows": rows, "count": len(rows), "using": alias}
    yield Send(signals.pre_bulk_create, table, arguments, robust=False)
    data = _check_all(table, rows)
    ref = _ref(table, alias)
    for start in range(0, len(rows), BULK_LIMIT):
        plan = CreateRows(ref, tuple(data[start : start + BULK_LIMIT]))
        answer = yield from write(table, alias, plan)
        for row, raw in zip(rows[start : start + BULK_LIMIT], answer["rows"], strict=True):
            row._using = alias
            row._load(raw)
    yield Send(signals.post_bulk_create, table, arguments)
    return rows


def _check_all(table: type[Row], rows: list[R]) -> list[dict[str, Any]]:
    data, errors = [], {}
    for position, row in enumerate(rows):
        if type(row) is not table:
            raise TypeError(f"bulk_create of {table.__name__} was given {type(row).__name__} at position {position}.")
        if row.is_saved:
            raise ValueError(f"bulk_create: the row at position {position} ({row!r}) has been saved before.")
        try:
            values = row._new_data()
        except ValidationError as error:
            errors.update({f"{position}.{name}": messages for name, messages in error.message_dict.items()})
            continue
        row.id = row.id if row.id is not None else ID.unique()
        permissions = {} if row._permissions is None else {"$permissions": row._permissions}
        data.append({"$id": row.id, **permissions, **values})
    if errors:
        raise ValidationError(errors)
    return data


def update_matching(query: Selection[Any], values: dict[str, Any]) -> Steps[int]:
    """Set columns in every row that a queryset matches."""
    table = query.model
    for name in values:
        if name not in table._meta.columns:
            raise FieldError(unknown_column(table, name))
    data = clean_values(table, values, whole=False)
    if query.is_empty or not data:
        return 0
    whole = UpdateRows(query.ref, data, query.filters)
    yield Send(signals.pre_bulk_update, table, {"plan": whole, "count": None, "using": query.db}, robust=False)
    count = 0
    for filters in (yield from _targets(query)):
        count += int((yield from write(table, query.db, UpdateRows(query.ref, data, filters)))["total"])
    yield Send(signals.post_bulk_update, table, {"plan": whole, "count": count, "using": query.db})
    return count


def _targets(query: Selection[Any]) -> Steps[tuple[tuple[Clause, ...], ...]]:
    """The filters of each request of an update. Where several are needed the rows are found first and then
    changed by id: a row that one request has changed could otherwise match another one's values."""
    requests = query.requests().requests
    if len(requests) == 1:
        return requests
    ids: list[str] = []
    walk = pages(query._clone(order=(), select=("$id",)).uncached())
    while not walk.finished:
        ids += [raw["$id"] for raw in (yield from walk.page())]
    return tuple(
        (Clause("equal", "$id", tuple(ids[start : start + BULK_LIMIT])),) for start in range(0, len(ids), BULK_LIMIT)
    )


def delete_matching(query: Selection[Any]) -> Steps[tuple[int, dict[str, int]]]:
    """Delete every row that a queryset matches."""
    table = query.model
    if query.is_empty:
        return 0, {}
    whole = DeleteRows(query.ref, query.filters)
    yield Send(signals.pre_bulk_delete, table, {"plan": whole, "count": None, "using": query.db}, robust=False)
    count = 0
    for filters in query.requests().requests:
        count += int((yield from write(table, query.db, DeleteRows(query.ref, filters)))["total"])
    yield Send(signals.post_bulk_delete, table, {"plan": whole, "count": count, "using": query.db})
    return count, {table._meta.label: count}
