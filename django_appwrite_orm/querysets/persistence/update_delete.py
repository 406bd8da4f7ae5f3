"""Changes to every row that a queryset matches."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from ... import signals
from ...exceptions import AppwriteError, IntegrityError, NotFound, NotSupportedError, UniqueViolation
from ...execution import announce, execute_write
from ...integrity import unique_violation
from ...plans import BULK_LIMIT, SHOWN_LIMIT, Clause, DeleteRow, DeleteRows, Progress, UpdateRow, UpdateRows, WritePlan
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
from .bulk_failures import meaning_of
from .increments import operator_obstacles, workable
from .optimistic_lock import counted
from .save import known_columns

if TYPE_CHECKING:
    from ..query import Query


def update_matching(query: Query[Any], values: dict[str, Any]) -> Operation[int]:
    """Set columns in every row that a queryset matches."""
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


def delete_matching(query: Query[Any]) -> Operation[tuple[int, dict[str, int]]]:
    """Delete every row that a queryset matches."""
    table = query.model
    query = yield from resolve(query)
    if query.is_empty:
        return 0, {}
    whole = DeleteRows(query.ref, query.filters)
    yield SendSignal(signals.pre_bulk_delete, table, {"plan": whole, "count": None, "using": query.db}, robust=False)
    count = yield from _sent(query, (yield from _deletions(query)))
    arguments = {"plan": whole, "count": count, "using": query.db}
    yield from announce(query.db, SendSignal(signals.post_bulk_delete, table, arguments))
    return count, {table._meta.label: count}


def _sent(query: Query[Any], plans: Iterator[WritePlan]) -> Operation[int]:
    """Send them all; how many rows there were. A row that is gone by now is none."""
    count = 0
    for plan in plans:
        if isinstance(plan, UpdateRows):
            count += int((yield from _changed(query, plan))["total"])
            continue
        if isinstance(plan, DeleteRows):
            count += int((yield from execute_write(changed_by(query.model, plan), query.db, plan))["total"])
            continue
        try:
            yield from execute_write(changed_by(query.model, plan), query.db, plan)
        except NotFound:
            continue
        count += 1
    return count


def _update(query: Query[Any], data: dict[str, Any]) -> Operation[int]:
    """Where several requests are needed the rows are found first and then changed by id: a row that one request
    has changed could otherwise match another one's values."""
    ids = _staged_one_by_one(query, data)
    if ids is None:
        by_operators = has_operators(data)
        if not (goes_row_by_row(query.model, query.db) or (by_operators and operator_obstacles(query.model))):
            return (yield from _update_together(query, data, by_operators))
        ids = yield from _ids(query)
    return (yield from _sent(query, (workable(query.model, UpdateRow(query.ref, row_id, data)) for row_id in ids)))


def _changed(query: Query[Any], plan: UpdateRows) -> Operation[Any]:
    """What Appwrite answers to a change of many rows. Raises what its failure means."""
    try:
        return (yield from execute_write(changed_by(query.model, plan), query.db, plan))
    except AppwriteError as error:
        meaning = yield from meaning_of(query.model, query.db, plan, error)
        if meaning is error:
            raise
        raise meaning from error


def _update_together(query: Query[Any], data: dict[str, Any], by_operators: bool) -> Operation[int]:
    requests = query.requests(in_url=False).requests
    if len(requests) > 1:
        found = yield from _ids(query)
        requests = tuple((Clause("equal", "$id", tuple(chunk)),) for chunk in chunks_of(found, BULK_LIMIT))
    elif by_operators and enclosing(query.db) is None:
        return (yield from _operate(query, data, requests[0]))
    plans = (UpdateRows(query.ref, data, filters, by_operators=by_operators) for filters in requests)
    return (yield from _sent(query, plans))


def _operate(query: Query[Any], data: dict[str, Any], filters: tuple[Clause, ...]) -> Operation[int]:
    """Change the matching rows by operators, as many in a request as its answer shows: each begins after the last row
    that the one before it has changed."""
    count, total, after = 0, SHOWN_LIMIT, filters
    progress = Progress(f"table {query.ref.table}")
    while total == SHOWN_LIMIT:
        plan = UpdateRows(query.ref, data, after, first=SHOWN_LIMIT, by_operators=True)
        answer = yield from _changed(query, plan)
        total = int(answer["total"])
        count += total
        last = max((int(row["$sequence"]) for row in answer["rows"]), default=0)
        progress.reached(last)
        after = (*filters, Clause("greaterThan", "$sequence", (str(last),)))
    return count


def _staged_one_by_one(query: Query[Any], data: dict[str, Any]) -> list[str] | None:
    """The ids of the rows that are changed one by one inside `atomic()`; None for those that are not.

    One row that is named by its id is, so that reads inside see its change; they do not see a bulk change (recorded of
    Appwrite 1.9.6). And a bulk change by operators is applied twice to the rows that the block has changed before
    (observed). Raises NotSupportedError where these cannot be told from others: no list is right inside a transaction.
    """
    transaction = enclosing(query.db)
    if transaction is None:
        return None
    ids = _named_ids(query)
    if ids is not None and len(ids) == 1:
        return ids
    version = query.model._meta.version  # one that counts twice is a new one all the same
    if not has_operators({key: value for key, value in data.items() if version is None or key != version.key}):
        return None
    if not transaction.has_changed(query.ref):
        return None
    if ids is None:
        raise NotSupportedError(
            f"This atomic() block has changed {query.model.__name__} before, and Appwrite would apply F() and Apply()"
            " twice to the rows that it changed. Name the rows by id alone, filter(pk__in=[...]).update(...), or make"
            " this change the first one of the block."
        )
    return ids


def _named_ids(query: Query[Any]) -> list[str] | None:
    """The ids of the rows, where the queryset asks for nothing else."""
    match query.filters:
        case (Clause("equal", "$id", values),) if values is not None:
            return list(values)
    return None


def _deletions(query: Query[Any]) -> Operation[Iterator[DeleteRow | DeleteRows]]:
    ids = _staged_one_by_one(query, {})
    if ids is None and goes_row_by_row(query.model, query.db):
        ids = yield from _ids(query)
    if ids is not None:
        return (DeleteRow(query.ref, row_id) for row_id in ids)
    return (DeleteRows(query.ref, filters) for filters in query.requests(in_url=False).requests)


def _ids(query: Query[Any]) -> Operation[list[str]]:
    ids: list[str] = []
    walk = pages(query.replace(order=(), select=("$id",), is_distinct=False).uncached())
    while not walk.finished:
        ids += [raw["$id"] for raw in (yield from walk.page())]
    return ids
