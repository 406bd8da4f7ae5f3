"""Find the cause of a 409 response: a taken id, a taken value, or an earlier copy of the same request.

Appwrite responds in the same way to a taken id and to a taken value, and it refuses the second copy of a create whose
first copy was applied and whose response was lost. So the rows are read by their ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from .connection import connections
from .credentials import Using
from .exceptions import AppwriteError, Conflict, DuplicateId, IntegrityError, NotFound, UniqueViolation
from .plans import (
    BULK_LIMIT,
    NOTHING,
    Clause,
    CreateRow,
    CreateRows,
    DeleteRow,
    GetRow,
    IncrementRow,
    ListRows,
    TableRef,
    UpdateRow,
    UpdateRows,
    WritePlan,
    conjunction,
    disjunction,
    fits,
)
from .sansio import Operation
from .tables import Index, Row
from .tables.columns import Column
from .tables.validation import without_operators
from .transactions import TableMeta, Transaction

E = TypeVar("E", bound=AppwriteError)
Raw = Mapping[str, Any]

# The types of errors by which Appwrite says that a row does not exist; its routes to increment say the last of these.
NO_ROW = ("row_not_found", "document_not_found")
NO_ROW_TO_INCREMENT = (*NO_ROW, "column_not_found")
# Requests at most to find out which value is taken, for each index.
_LOOKUPS = 20


def resolve_create_conflict(
    table: type[Row], alias: Using, sent: Sequence[Raw], error: IntegrityError, *, made_here: Collection[str]
) -> Operation[list[dict[str, Any]]]:
    """Return the rows that a refused create has written after all, in order.

    `sent` holds the values with their `$id`, 100 rows at most. The stored rows are ours if an earlier copy of the
    request may have been applied and nobody else can have created them: their ids were `made_here`, or their values are
    equal to those sent. Otherwise raises `DuplicateId` or `UniqueViolation`.
    """
    ref = table._meta.ref(connections[alias].settings.database_id)
    stored = yield from rows_by_id(alias, ref, [row["$id"] for row in sent])
    rows = [stored[row["$id"].lower()] for row in sent if row["$id"].lower() in stored]
    if not rows:
        raise (yield from unique_violation(table, alias, sent, error)) from error
    ours = (_is_ours(mine, stored[mine["$id"].lower()], made_here) for mine in sent)
    if error.repeated and len(rows) == len(sent) and all(ours):
        return rows
    raise _meaning(DuplicateId, _id_taken(table, rows), error) from error


def unique_violation(
    table: type[Row], alias: Using, rows: Sequence[Raw], error: AppwriteError
) -> Operation[UniqueViolation]:
    """Return the error for rows whose values were refused as taken; Appwrite does not say which value.

    `rows` are the values that were to be written, by key, with `$id` where it is known. The unique indexes are looked
    up one after the other, one request each, until another row is found that has the values.
    """
    violation = yield from _taken(table, alias, rows)
    return _like(error, violation or UniqueViolation(_unknown(table)))


def commit(transaction: Transaction) -> Operation[None]:
    """Commit a transaction. Raises `Conflict`, `DuplicateId` or `UniqueViolation` when it is refused as a whole.

    Appwrite does not report the reason. Therefore the ids and unique values of the staged rows are looked up, unless a
    copy of the commit may have written them.
    """
    try:
        yield from transaction.commit()
    except AppwriteError as error:
        if error.type != "transaction_conflict":
            raise
        staged = [(table.model, plan) for table, plan in transaction.staged if issubclass(table.model, Row)]
        raise (yield from _refused_commit(transaction.alias, staged, error)) from error


def commit_together(
    alias: Using,
    *requests: tuple[Sequence[TableMeta], Sequence[WritePlan]],
    check: Callable[[], Operation[None]] | None = None,
) -> Operation[None]:
    """Carry out changes, all or none, in a transaction of their own: those of each request, with their tables.

    `check` is carried out when all is staged: what it raises is raised, and nothing is written. Raises what `commit`
    raises, and the error of a change that Appwrite does not stage. Only an error of the commit itself is unclear.
    """
    transaction = Transaction(alias)
    try:
        for tables, plans in requests:
            yield from transaction.stage_all(tables, plans)
        if check is not None:
            yield from check()
    except BaseException as error:
        if isinstance(error, AppwriteError):
            error.unclear = False
        yield from transaction.roll_back()
        raise
    yield from commit(transaction)


def _refused_commit(
    alias: Using, staged: Sequence[tuple[type[Row], WritePlan]], error: AppwriteError
) -> Operation[Conflict]:
    nothing = "Nothing of this transaction was written."
    tables = () if error.repeated else dict.fromkeys(table for table, _ in staged)
    for table in tables:
        written, created = _written([plan for other, plan in staged if other is table])
        ref = table._meta.ref(connections[alias].settings.database_id)
        try:
            existing = yield from rows_by_id(alias, ref, created[:BULK_LIMIT])
        except AppwriteError:  # the cause stays unknown
            existing = {}
        if existing:
            return _meaning(DuplicateId, f"{_id_taken(table, existing.values())} {nothing}", error)
        violation = yield from unique_violation(table, alias, written, error)
        if violation.index is not None:
            violation.args = (f"{violation} {nothing}",)
            return violation
    return _meaning(
        Conflict,
        "A row of this transaction was changed in the meantime, or one of its ids or unique values is taken; Appwrite"
        f" does not report which. {nothing} Run the block again.",
        error,
    )


def _written(plans: Sequence[WritePlan]) -> tuple[list[Raw], list[str]]:
    """Return the values that these changes of a table write, and the ids of new rows.

    The values of one row are together where its id is known.
    """
    rows: dict[str, dict[str, Any]] = {}
    created: list[str] = []
    for n, plan in enumerate(plans):
        if isinstance(plan, DeleteRow):
            rows.pop(plan.row_id.lower(), None)
        elif isinstance(plan, UpdateRows):
            rows[f"/{n}"] = dict(plan.data)
        elif isinstance(plan, CreateRows):
            rows |= {row["$id"].lower(): dict(row) for row in plan.rows}
            created += [row["$id"] for row in plan.rows]
        elif isinstance(plan, (CreateRow, UpdateRow, IncrementRow)):
            rows.setdefault(plan.row_id.lower(), {"$id": plan.row_id}).update(plan.data)
            created += [plan.row_id] if isinstance(plan, CreateRow) else []
    return list(rows.values()), created


def _id_taken(table: type[Row], rows: Iterable[Raw]) -> str:
    taken = ", ".join(repr(row["$id"]) for row in islice(rows, 5))
    return f"A {table.__name__} with the id {taken} already exists."


def value_taken(index: Index, subject: str, columns: Sequence[Column], row: Raw) -> UniqueViolation:
    """Return the error for the values of a row, in the columns of a unique index, that another row has already.

    `subject` is the beginning of its message, such as "Another Product has".
    """
    values = {column.name: column.to_python(row[column.key]) for column in columns}
    described = " with ".join(f"{name}={value!r}" for name, value in values.items())
    violation = UniqueViolation(
        f"{subject} {described} already (unique index {index.key!r}).", status=409, type="row_already_exists"
    )
    violation.index, violation.values = index.key, values
    return violation


def _taken(table: type[Row], alias: Using, rows: Sequence[Raw]) -> Operation[UniqueViolation | None]:
    """Return the error for a unique index that one of these rows violates; None if it is not found out."""
    ref = table._meta.ref(connections[alias].settings.database_id)
    own = {row["$id"].lower() for row in rows if "$id" in row}
    for index in table._meta.unique_indexes:
        columns = [table._meta.get_column(name) for name in index.columns]
        keys = tuple(column.key for column in columns)
        plain = [without_operators(row) for row in rows]
        whole = [row for row in plain if has_values(keys, row)]
        counts = Counter(tuple(row[key] for key in keys) for row in whole)
        twice = next((dict(zip(keys, values, strict=True)) for values, count in counts.items() if count > 1), None)
        if twice is not None:
            return value_taken(index, f"Two of these {table.__name__} have", columns, twice)
        for clause in islice(_clauses(keys, whole), _LOOKUPS):
            plan = ListRows(ref, (clause,), limit=len(whole), select=("$id", *keys))
            try:
                rows_found = (yield from connections[alias].follow(plan.fetch())).data["rows"]
            except AppwriteError:  # the cause stays unknown
                break
            for raw in rows_found:
                if raw["$id"].lower() not in own:
                    return value_taken(index, f"Another {table.__name__} has", columns, raw)
    return None


def _clauses(keys: Sequence[str], rows: Sequence[Raw]) -> Iterator[Clause]:
    """Yield the conditions of `any_of` these rows, as few as fit."""
    clause = any_of(keys, rows)
    if len(rows) > 1 and not fits(clause):
        middle = len(rows) // 2
        yield from _clauses(keys, rows[:middle])
        yield from _clauses(keys, rows[middle:])
    elif rows and fits(clause):
        yield clause


def _unknown(table: type[Row]) -> str:
    """Return the message when no index was identified: the other row is gone or hidden, or no class declares it."""
    indexes = ", ".join(f"{index.key!r} ({' with '.join(index.columns)})" for index in table._meta.unique_indexes)
    return f"Another {table.__name__} already has a value that must be unique. Unique indexes: {indexes or 'unknown'}."


def has_values(keys: Sequence[str], row: Raw) -> bool:
    """Whether a row has a value under each of these keys: rows with a null violate no unique index."""
    return all(row.get(key) is not None for key in keys)


def any_of(keys: Sequence[str], rows: Collection[Raw]) -> Clause:
    """Return the condition for rows that have the values of one of `rows` under `keys`."""
    if len(keys) == 1:
        values = tuple(row[keys[0]] for row in rows)
        return Clause("equal", keys[0], values) if values else NOTHING
    return disjunction(conjunction(Clause("equal", key, (row[key],)) for key in keys) for row in rows)


def gone(table: type[Row], row_id: str, error: NotFound, done: str) -> AppwriteError:
    """Return the table's `RowGone` if Appwrite reported that the row does not exist, else `error`."""
    if error.type not in NO_ROW:
        return error
    message = f"The {table.__name__} with the id {row_id!r} no longer exists, so it cannot be {done}."
    return _meaning(table.RowGone, message, error)


def _meaning(kind: type[E], message: str, error: AppwriteError) -> E:
    """Return an error of `kind` with the attributes of `error`."""
    return _like(error, kind(message))


def _like(error: AppwriteError, meaning: E) -> E:
    meaning.status, meaning.type = error.status, error.type
    meaning.request_id, meaning.repeated = error.request_id, error.repeated
    return meaning


def rows_by_id(alias: Using, table: TableRef, ids: list[str]) -> Operation[dict[str, dict[str, Any]]]:
    """Return the rows with these ids, past the cache, by their ids in lower case.

    Appwrite ignores the case of ids. A hundred ids of 36 characters fit into one condition.
    """
    if not ids:
        return {}
    if len(ids) == 1:
        row = (yield from connections[alias].follow(GetRow(table, ids[0]).fetch())).data
        return {} if row is None else {ids[0].lower(): row}
    plan = ListRows(table, (Clause("equal", "$id", tuple(ids)),), limit=len(ids))
    response = yield from connections[alias].follow(plan.fetch())
    return {row["$id"].lower(): row for row in response.data["rows"]}


def _is_ours(sent: Raw, stored: Raw, made_here: Collection[str]) -> bool:
    return sent["$id"] in made_here or all(stored.get(key) == sent[key] for key in sent if key[0] != "$")
