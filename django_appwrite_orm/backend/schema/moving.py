"""Give a table another id: a new table, a copy of the rows, and then the old one is dropped.

A row keeps its id, its permissions, its times and its place in the order of creation. Interrupted, it continues when it
is called again. Rows that others write while it runs may be lost at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...connection import Connection
from ...exceptions import SchemaError
from ...plans import Clause, CreateRows, DeleteRows, ListRows, TableRef
from ...sansio import Operation
from ...schema import DeclaredTable, migrate_tables, read_tables
from ...schema.rows import RawRow, newest, walk
from ...schema.state import AVAILABLE, TableState

# How many times rows that others have changed are copied again.
_PASSES = 5
# Rows of one request: 90 ids of 36 characters stay below Appwrite's limit of 4096 characters.
_PART = 90


def moved_table(connection: Connection, old: str, new: str, name: str) -> Operation[None]:
    """Move the table with the id `old`. Raises `SchemaError` if it does not exist, or rows change all the time."""
    tables = (yield from read_tables(connection)) or {}
    source = tables.get(old.lower())
    if source is None:
        if new.lower() in tables:  # an interrupted move was at its end
            return
        raise SchemaError(f"table {old} does not exist. Run the migration that creates it first.")
    database = connection.settings.database_id
    yield from migrate_tables(connection, [(None, DeclaredTable(_copied(source, new, name), {}))])
    yield from _copy_rows(connection, TableRef(database, source.id), TableRef(database, new))
    yield from migrate_tables(connection, [(DeclaredTable(source, {}), None)])


def _copied(source: TableState, id: str, name: str) -> TableState:
    columns = {key: replace(column, fixed_range=False) for key, column in source.columns.items()}
    for part in source.parts:
        if part.status != AVAILABLE:
            raise SchemaError(
                f"{source.id}.{part.key} is {part.status}. Wait for it, or drop it, before the table moves."
            )
    return replace(source, id=id, name=name, columns=columns)


def _copy_rows(connection: Connection, source: TableRef, target: TableRef) -> Operation[None]:
    filters: tuple[Clause, ...] = ()
    for _ in range(_PASSES):
        moment = yield from newest(connection, source)
        copied = 0

        def copy(rows: list[RawRow]) -> Operation[None]:
            nonlocal copied
            for start in range(0, len(rows), _PART):
                copied += yield from _copy_part(connection, target, rows[start : start + _PART])

        yield from walk(connection, source, copy, (), filters)
        if not copied:
            return
        filters = (Clause("greaterThanEqual", "$updatedAt", (moment,)),) if moment else ()
    raise SchemaError(
        f"The rows of {source.table} are written all the time. Run the migration again when they are not."
    )


def _copy_part(connection: Connection, target: TableRef, rows: Sequence[RawRow]) -> Operation[int]:
    """Write the rows that the target does not have as they are; return how many those are."""
    plan = ListRows(target, (_by_id(rows),), limit=len(rows))
    stored = {row["$id"]: row for row in (yield from connection.follow(plan.fetch())).data["rows"]}
    different = [row for row in rows if row["$id"] not in stored or _content(stored[row["$id"]]) != _content(row)]
    if outdated := [row for row in different if row["$id"] in stored]:
        yield from connection.write([target], DeleteRows(target, (_by_id(outdated),)).request)
    if different:
        new = tuple({**{key: row[key] for key in _KEPT}, **_content(row)} for row in different)
        yield from connection.write([target], CreateRows(target, new).request)
    return len(different)


# What a row keeps besides its permissions and the values of its columns.
_KEPT = ("$id", "$createdAt", "$updatedAt")


def _by_id(rows: Sequence[RawRow]) -> Clause:
    return Clause("equal", "$id", tuple(row["$id"] for row in rows))


def _content(row: RawRow) -> RawRow:
    return {key: value for key, value in row.items() if key == "$permissions" or not key.startswith("$")}
