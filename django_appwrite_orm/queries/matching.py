"""Changes to every row that a queryset matches."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from .. import signals
from ..exceptions import NotFound
from ..plans import BULK_LIMIT, Clause, DeleteRow, DeleteRows, UpdateRow, UpdateRows
from ..registry import registry
from ..signals import Send
from ..steps import Steps
from ..tables import Row, clean_values
from .across import followed
from .chunks import chunks_of, goes_row_by_row
from .expressions import operators, separated
from .lookups import ids_for
from .merge import pages
from .operations import announce, write
from .related import ids_of
from .versions import counted
from .writes import known_columns

if TYPE_CHECKING:
    from .selection import Selection


def update_matching(query: Selection[Any], values: dict[str, Any]) -> Steps[int]:
    """Set columns in every row that a queryset matches."""
    table = query.model
    known_columns(table, values)
    plain, expressions = separated(_linked(table, values))
    data = {**clean_values(table, plain, whole=False), **operators(table, expressions)}
    query = yield from followed(query)
    if query.is_empty or not data:
        return 0
    data = counted(table, data)
    whole = UpdateRows(query.ref, data, query.filters)
    yield Send(signals.pre_bulk_update, table, {"plan": whole, "count": None, "using": query.db}, robust=False)
    count = yield from _sent(query, (yield from _updates(query, data)))
    arguments = {"plan": whole, "count": count, "using": query.db}
    yield from announce(query.db, Send(signals.post_bulk_update, table, arguments))
    return count


def _linked(table: type[Row], values: dict[str, Any]) -> dict[str, Any]:
    """The values, with ids where references and relationships were given rows. Raises ValueError for rows of another
    table."""
    linked: dict[str, Any] = {}
    for name, value in values.items():
        if name in table._meta.to_many:
            linked[name] = ids_of(table, table._meta.to_many[name], value)
        elif name in table._meta.references:
            reference = table._meta.references[name]
            linked[reference.column_name] = ids_for(partial(registry.target, table, reference), value)
        else:
            linked[name] = value
    return linked


def delete_matching(query: Selection[Any]) -> Steps[tuple[int, dict[str, int]]]:
    """Delete every row that a queryset matches."""
    table = query.model
    query = yield from followed(query)
    if query.is_empty:
        return 0, {}
    whole = DeleteRows(query.ref, query.filters)
    yield Send(signals.pre_bulk_delete, table, {"plan": whole, "count": None, "using": query.db}, robust=False)
    count = yield from _sent(query, (yield from _deletions(query)))
    arguments = {"plan": whole, "count": count, "using": query.db}
    yield from announce(query.db, Send(signals.post_bulk_delete, table, arguments))
    return count, {table._meta.label: count}


def _sent(query: Selection[Any], plans: Iterator[UpdateRow | UpdateRows | DeleteRow | DeleteRows]) -> Steps[int]:
    """Send them all; how many rows there were. A row that is gone by now is none."""
    count = 0
    for plan in plans:
        if isinstance(plan, (UpdateRows, DeleteRows)):
            count += int((yield from write(query.model, query.db, plan))["total"])
            continue
        try:
            yield from write(query.model, query.db, plan)
        except NotFound:
            continue
        count += 1
    return count


def _updates(query: Selection[Any], data: dict[str, Any]) -> Steps[Iterator[UpdateRow | UpdateRows]]:
    """Where several requests are needed the rows are found first and then changed by id: a row that one request
    has changed could otherwise match another one's values."""
    if goes_row_by_row(query.model, query.db):
        ids = yield from _ids(query)
        return (UpdateRow(query.ref, row_id, data) for row_id in ids)
    requests = query.requests().requests
    if len(requests) > 1:
        ids = yield from _ids(query)
        requests = tuple((Clause("equal", "$id", tuple(chunk)),) for chunk in chunks_of(ids, BULK_LIMIT))
    return (UpdateRows(query.ref, data, filters) for filters in requests)


def _deletions(query: Selection[Any]) -> Steps[Iterator[DeleteRow | DeleteRows]]:
    if goes_row_by_row(query.model, query.db):
        ids = yield from _ids(query)
        return (DeleteRow(query.ref, row_id) for row_id in ids)
    return (DeleteRows(query.ref, filters) for filters in query.requests().requests)


def _ids(query: Selection[Any]) -> Steps[list[str]]:
    ids: list[str] = []
    walk = pages(query._clone(order=(), select=("$id",), is_distinct=False).uncached())
    while not walk.finished:
        ids += [raw["$id"] for raw in (yield from walk.page())]
    return ids
