"""Which rows a change is about, and what is worked out of them for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.db.models.sql import Query

from ...plan_execution import execute_write
from ...plans import EVERYTHING, NOTHING, Clause, WritePlan
from ...sansio import Operation
from ..columns import ROW_ID, column_of
from ..in_memory.sources import conjuncts
from ..keys import key_of
from ..model_table import changed_tables, has_bulk_routes, table_of, unique_keys
from ..statements import Statement
from .selection import Selection, base_selection, has_other_tables
from .untranslatable import Untranslatable
from .where import where_clause


def selected_rows(compiler: Any) -> Selection:
    """Return the rows that a change is about: by its own conditions where Appwrite can check them, else by their ids.

    Inside `atomic()` they are those of this statement, whoever changes rows before the commit.
    """
    staged = compiler.connection.staged
    try:
        rows = base_selection(compiler)
        if not has_other_tables(compiler.query, rows.alias) and (
            staged is None or rows.row_id is not None or not staged.has_changed(rows.ref)
        ):
            return rows
    except Untranslatable:
        pass
    ids = tuple(row_id for row_id, _ in computed_rows(compiler, ()))
    table = table_of(compiler.query.model)._meta
    where = Clause("equal", ROW_ID, ids) if ids else NOTHING
    return Selection(table, compiler.connection.ref(table), compiler.query.get_initial_alias(), where)


def has_conditions(compiler: Any) -> bool:
    """Whether a row can cease to be one that the change is about, without being deleted."""
    try:
        rows = base_selection(compiler)
    except Untranslatable:
        return True
    named = rows.row_id is not None or rows.where == EVERYTHING or is_by_ids(rows.where)
    return not named or has_other_tables(compiler.query, rows.alias)


def is_guarded(compiler: Any, changed: Collection[str]) -> bool:
    """Whether a change is about one row, and only while that has certain values.

    The row is named by its id or by the values of a unique index. `changed` are the keys of the columns that are
    written: where they are those of that index, another writer may have renamed the row.
    """
    alias = compiler.query.get_initial_alias()
    equal: set[str] = set()
    has_others = False
    for condition in conjuncts(compiler.query.where):
        try:
            clause = where_clause(condition, alias, compiler.connection)
        except Untranslatable:
            has_others = True
            continue
        for part in (clause.values or ()) if clause.method == "and" else (clause,):
            if part.method == "equal" and part.attribute is not None and len(part.values or ()) == 1:
                equal.add(part.attribute)
            elif part != EVERYTHING:
                has_others = True
    if ROW_ID in equal:
        return has_others or len(equal) > 1
    names = (set(keys) for keys in unique_keys(table_of(compiler.query.model)._meta) if equal.issuperset(keys))
    return any(has_others or len(equal) > len(keys) or keys.intersection(changed) for keys in names)


def is_by_ids(where: Clause) -> bool:
    """Whether it names the rows by their ids alone."""
    return where.attribute == ROW_ID and where.method == "equal"


def one_by_one(compiler: Any, rows: Selection, *, bulk: bool = True) -> list[Selection]:
    """Return these rows in parts that one request each can change; `bulk`: whether a bulk route can write the values.

    Appwrite refuses these routes to users, and for tables with relationships.
    """
    has_bulk = bulk and has_bulk_routes(table_of(compiler.query.model)) and not compiler.connection.is_for_users
    if rows.row_id is not None or rows.where == NOTHING or has_bulk:
        return [rows]
    ids = [row_id for row_id, _ in computed_rows(compiler, ())]
    return [replace(rows, where=Clause("equal", ROW_ID, (row_id,))) for row_id in ids]


def run_change(compiler: Any, verb: str, rows: Selection, operation: Operation[int]) -> int:
    """Carry out a change of these rows as one statement; return how many there were."""
    text = f"{verb} {rows.table.id} {' and '.join(map(str, rows.filters))}".rstrip()
    connection = compiler.connection
    count: int = connection.run(Statement.of(text, operation, changes=True, strategy="direct"))
    connection.note_changed(rows.table.id)
    return count


def execute_change(connection: Any, table: Any, plan: WritePlan) -> Operation[Any]:
    """Carry out a change of a table, at once or in the open block; return the result of Appwrite."""
    return execute_write(changed_tables(table, plan), connection.using, plan)


def computed_rows(compiler: Any, expressions: Sequence[Any]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the id of each row that the compiler's query is about, and the values of expressions for it."""
    query: Any = compiler.query.chain(klass=Query)
    query.clear_ordering(force=True)
    query.select_related = False
    query.clear_select_clause()
    pk = query.get_meta().pk
    query.add_fields([pk.name])
    for place, expression in enumerate(expressions):
        query.add_annotation(expression, f"__value{place}", select=True)
    column, row_key = column_of(pk), key_of(pk)
    results = query.get_compiler(connection=compiler.connection).results_iter(tuple_expected=True)
    for value, *values in results:
        raw = column.encode(pk.get_db_prep_save(value, compiler.connection))
        yield row_key.row_id(raw) if row_key.has_column else raw, tuple(values)
