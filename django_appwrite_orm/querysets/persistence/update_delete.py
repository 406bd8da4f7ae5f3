"""Update and delete all rows that a queryset matches."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from ... import signals
from ...exceptions import AppwriteError, IntegrityError, NotFound, NotSupportedError, UniqueViolation
from ...integrity import unique_violation
from ...plan_execution import announce, execute_write
from ...plans import (
    BULK_LIMIT,
    SHOWN_LIMIT,
    Clause,
    DeleteRow,
    DeleteRows,
    IncrementRow,
    Progress,
    UpdateRow,
    UpdateRows,
)
from ...registry import registry
from ...relations.cascades import changed_by
from ...sansio import Operation
from ...signals import SendSignal
from ...tables import Row, clean_values
from ...tables.validation import has_operators
from ...transactions import enclosing
from ..expressions import operators, separated
from ..lookups.compiler import ids_for
from ..pagination import pages
from ..prefetch import ids_of
from ..resolver import resolve
from .batching import chunks_of, goes_row_by_row
from .increments import operator_obstacles, workable
from .optimistic_lock import counted
from .save import known_columns

if TYPE_CHECKING:
    from ..query import Query


def update_matching(query: Query[Any], values: dict[str, Any]) -> Operation[int]:
    """Set columns in every row that a query matches; return how many there were."""
    table = query.model
    known_columns(table, values)
    plain, expressions = separated(_linked(table, values))
    data = {**clean_values(table, plain, whole=False), **operators(table, expressions)}
    query = yield from resolve(query)
    if query.is_empty or not data:
        return 0
    data = counted(table, data)
    whole = UpdateRows(query.ref, data, query.filters)
    if has_operators(data):
        workable(table, UpdateRow(query.ref, "", data))
    yield SendSignal(signals.pre_bulk_update, table, {"plan": whole, "count": None, "using": query.db}, robust=False)
    try:
        count = yield from _update(query, data)
    except UniqueViolation:
        raise
    except IntegrityError as error:
        raise (yield from unique_violation(table, query.db, [data], error)) from error
    arguments = {"plan": whole, "count": count, "using": query.db}
    yield from announce(query.db, SendSignal(signals.post_bulk_update, table, arguments))
    return count


def _linked(table: type[Row], values: dict[str, Any]) -> dict[str, Any]:
    """Return the values, with ids in place of the rows that references and relationships are set to.

    Raises ValueError for rows of another table.
    """
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


def delete_matching(query: Query[Any]) -> Operation[tuple[int, dict[str, int]]]:
    """Delete every row that a query matches; return how many there were, as Django does."""
    table = query.model
    query = yield from resolve(query)
    if query.is_empty:
        return 0, {}
    whole = DeleteRows(query.ref, query.filters)
    yield SendSignal(signals.pre_bulk_delete, table, {"plan": whole, "count": None, "using": query.db}, robust=False)
    count = yield from _delete(query)
    arguments = {"plan": whole, "count": count, "using": query.db}
    yield from announce(query.db, SendSignal(signals.post_bulk_delete, table, arguments))
    return count, {table._meta.label: count}


def _total(changes: Iterable[Operation[int]]) -> Operation[int]:
    """Make these changes one after the other; return how many rows they changed."""
    count = 0
    for change in changes:
        count += yield from change
    return count


def _change_row(query: Query[Any], plan: UpdateRow | IncrementRow | DeleteRow) -> Operation[int]:
    """Change one row. Return 0 if it is gone by now, else 1."""
    try:
        yield from execute_write(changed_by(query.model, plan), query.db, plan)
    except NotFound:
        return 0
    return 1


def _delete_rows(query: Query[Any], plan: DeleteRows) -> Operation[int]:
    """Delete many rows in one request; return how many there were."""
    response = yield from execute_write(changed_by(query.model, plan), query.db, plan)
    return int(response["total"])


def _update_rows(query: Query[Any], plan: UpdateRows) -> Operation[tuple[int, list[dict[str, Any]]]]:
    """Change many rows in one request.

    Return how many there were, and those rows that the response shows. Raises what a failure means.
    """
    try:
        response = yield from execute_write(changed_by(query.model, plan), query.db, plan)
    except AppwriteError as error:
        from .bulk_failures import meaning_of

        meaning = yield from meaning_of(query.model, query.db, plan, error)
        if meaning is error:
            raise
        raise meaning from error
    return int(response["total"]), response.get("rows") or []


def _update(query: Query[Any], data: dict[str, Any]) -> Operation[int]:
    """Change the rows of a resolved query.

    Where several requests are needed the ids are read first and the rows then changed by id: a row that one request
    has changed could otherwise match the conditions of another one.
    """
    ids = _staged_one_by_one(query, data)
    if ids is None:
        by_operators = has_operators(data)
        if not (goes_row_by_row(query.model, query.db) or (by_operators and operator_obstacles(query.model))):
            return (yield from _update_together(query, data, by_operators))
        ids = yield from _ids(query)
    plans = (workable(query.model, UpdateRow(query.ref, row_id, data)) for row_id in ids)
    return (yield from _total(_change_row(query, plan) for plan in plans))


def _update_together(query: Query[Any], data: dict[str, Any], by_operators: bool) -> Operation[int]:
    """Change the matching rows by bulk requests."""
    requests = query.requests(in_url=False).requests
    if len(requests) > 1:
        ids = yield from _ids(query)
        requests = tuple((Clause("equal", "$id", tuple(chunk)),) for chunk in chunks_of(ids, BULK_LIMIT))
    elif by_operators and enclosing(query.db) is None:
        return (yield from _operate(query, data, requests[0]))
    count = 0
    for filters in requests:
        plan = UpdateRows(query.ref, data, filters, by_operators=by_operators)
        count += (yield from _update_rows(query, plan))[0]
    return count


def _operate(query: Query[Any], data: dict[str, Any], filters: tuple[Clause, ...]) -> Operation[int]:
    """Change the matching rows by operators, as many in a request as its response shows.

    Each request begins after the last row that the one before it has changed.
    """
    count, total, after = 0, SHOWN_LIMIT, filters
    progress = Progress(f"table {query.ref.table}")
    while total == SHOWN_LIMIT:
        plan = UpdateRows(query.ref, data, after, first=SHOWN_LIMIT, by_operators=True)
        total, rows = yield from _update_rows(query, plan)
        count += total
        last = max((int(row["$sequence"]) for row in rows), default=0)
        progress.reached(last)
        after = (*filters, Clause("greaterThan", "$sequence", (str(last),)))
    return count


def _staged_one_by_one(query: Query[Any], data: dict[str, Any]) -> list[str] | None:
    """Return the ids of the rows that are changed one by one inside `atomic()`; None for a bulk change.

    One row that is named by its id is, so that reads inside see its change; they do not see a bulk change (recorded of
    Appwrite 1.9.6). And a bulk change by operators is applied twice to the rows that the block has changed before
    (observed). Raises NotSupportedError where these cannot be distinguished from others: lists are wrong inside a
    transaction.
    """
    transaction = enclosing(query.db)
    if transaction is None:
        return None
    ids = _named_ids(query)
    if ids is not None and len(ids) == 1:
        return ids
    version = query.model._meta.version  # a version that is incremented twice is new too
    if not has_operators({key: value for key, value in data.items() if version is None or key != version.key}):
        return None
    if not transaction.has_changed(query.ref):
        return None
    if ids is None:
        raise NotSupportedError(
            f"This atomic() block has already changed {query.model.__name__}, and Appwrite would apply F() and Apply()"
            " twice to the changed rows. Filter by id only, filter(pk__in=[...]).update(...), or make this the first"
            " change of the block."
        )
    return ids


def _named_ids(query: Query[Any]) -> list[str] | None:
    """Return the ids of the rows, where the query has no other condition."""
    match query.filters:
        case (Clause("equal", "$id", values),) if values is not None:
            return list(values)
    return None


def _delete(query: Query[Any]) -> Operation[int]:
    """Delete the rows of a resolved query; return how many there were."""
    ids = _staged_one_by_one(query, {})
    if ids is None and goes_row_by_row(query.model, query.db):
        ids = yield from _ids(query)
    if ids is not None:
        return (yield from _total(_change_row(query, DeleteRow(query.ref, row_id)) for row_id in ids))
    plans = [DeleteRows(query.ref, filters) for filters in query.requests(in_url=False).requests]
    return (yield from _total(_delete_rows(query, plan) for plan in plans))


def _ids(query: Query[Any]) -> Operation[list[str]]:
    """Read the ids of the rows that match, past the cache."""
    ids: list[str] = []
    walk = pages(query.replace(order=(), select=("$id",), is_distinct=False).uncached())
    while not walk.finished:
        ids += [raw["$id"] for raw in (yield from walk.page())]
    return ids
