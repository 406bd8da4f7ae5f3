"""Selections that Appwrite answers: rows of one table, and of tables that it leads to by joins that only select."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.db.models.aggregates import Count
from django.db.models.expressions import Col, OrderBy, Ref, Star, Value
from django.db.models.sql.constants import INNER
from django.db.models.sql.datastructures import BaseTable, Join

from ...plans import EVERYTHING, NOTHING, Clause, Split, TableRef, column_values, size_in_url, split, surely_fit
from ...tables import Options
from ..columns import ROW_ID, BinaryColumn, JSONColumn, ListColumn, ModelColumn, column_of, columns_of
from ..model_table import table_of
from .instances import Instances
from .untranslatable import Untranslatable
from .where import where_clause

Raw = dict[str, Any]
# The alias of a table, the key of a column in its rows, and the column; or None, a constant, and None.
Selected = tuple[str | None, Any, ModelColumn | None]
Values = Callable[[Sequence[Raw]], list[tuple[Any, ...]]]


@dataclass(slots=True)
class JoinedTable:
    """A table whose rows are read by a column of rows that are there: `near` of those known by `parent`."""

    alias: str
    parent: str
    table: Options
    ref: TableRef
    near: str
    far: str
    is_inner: bool


@dataclass(slots=True)
class Selection:
    """What is read: rows of `table` that match `where`, in `order`, from `start` to `stop`.

    `columns`: what becomes of each row, as the alias of its table, the key and the column; a constant has no alias.
    `values`: what `values_of` returns for them, where it is known already.
    """

    table: Options
    ref: TableRef
    alias: str
    where: Clause
    order: tuple[Clause, ...] = ()
    start: int = 0
    stop: int | None = None
    keys: tuple[str, ...] = ()
    columns: list[Selected] = field(default_factory=list)
    values: Values | None = None
    joins: list[JoinedTable] = field(default_factory=list)
    is_counted: bool = False

    @property
    def strategy(self) -> str:
        return "joined" if self.joins else "direct"

    @property
    def filters(self) -> tuple[Clause, ...]:
        if self.where == EVERYTHING:
            return ()
        return tuple(self.where.values or ()) if self.where.method == "and" else (self.where,)

    @property
    def beside(self) -> tuple[Clause, ...]:
        """What a URL has beside the filters, without that which says where a page begins."""
        return *self.order, Clause("select", values=self.keys or (ROW_ID,))

    @property
    def row_id(self) -> str | None:
        """The id of the one row that can match, where the condition is nothing else."""
        is_id = self.where.method == "equal" and self.where.attribute == ROW_ID and len(self.where.values or ()) == 1
        return str((self.where.values or ("",))[0]) if is_id and not self.start and self.stop != 0 else None

    def tuples(self, rows: Sequence[Raw], joined: dict[str, dict[Any, Raw]]) -> list[tuple[Any, ...]]:
        """Return the values of rows, decoded, in the order of the selection."""
        if self.joins:
            return list(self._joined_tuples(rows, joined))
        return (self.values or values_of(self.columns))(rows)

    def _joined_tuples(self, rows: Sequence[Raw], joined: dict[str, dict[Any, Raw]]) -> Iterator[tuple[Any, ...]]:
        decoders = [(alias, key, None if column is None else column.decode) for alias, key, column in self.columns]
        for raw in rows:
            there: dict[str | None, Raw | None] = {self.alias: raw}
            for join in self.joins:
                near = there[join.parent]
                there[join.alias] = None if near is None else joined[join.alias].get(near[join.near])
            if any(there[join.alias] is None for join in self.joins if join.is_inner):
                continue
            values = []
            for alias, key, decode in decoders:
                if alias is None:
                    values.append(key)
                    continue
                row = there[alias]
                value = None if row is None else row[key]
                values.append(value if value is None or decode is None else decode(value))
            yield tuple(values)


def values_of(columns: Sequence[Selected]) -> Values:
    """Return what makes the tuples of rows of one table: column by column, because most of them are not decoded."""
    if not columns:
        return lambda rows: [()] * len(rows)
    parts = [(key, column, column.decoded if column and column.decode else None) for _, key, column in columns]

    def values(rows: Sequence[Raw]) -> list[tuple[Any, ...]]:
        by_column: list[Sequence[Any]] = []
        for key, column, decoded in parts:
            raw = [key] * len(rows) if column is None else column_values(rows, key)
            by_column.append(raw if decoded is None else decoded(raw))
        return list(zip(*by_column, strict=True))

    return values


def base_selection(compiler: Any) -> Selection:
    """Return which rows a query is about, without what is read of them. Raises Untranslatable."""
    query = compiler.query
    _refuse_what_is_not_a_selection(query)
    if query.model is None:
        raise Untranslatable("a query without a table")
    base = query.base_table or query.get_initial_alias()
    if not isinstance(query.alias_map[base], BaseTable):
        raise Untranslatable("a query without a table")
    table = table_of(query.model)._meta
    if query.alias_map[base].table_name != query.model._meta.db_table:
        raise Untranslatable("a query of another table than the model's")
    where = where_clause(query.where, base, compiler.connection)
    return Selection(table, compiler.connection.ref(table), base, where)


def _refuse_what_is_not_a_selection(query: Any) -> None:
    if query.combinator:
        raise Untranslatable(query.combinator)
    if query.group_by is not None:
        raise Untranslatable("groups")
    if query.distinct:
        raise Untranslatable("distinct")
    if query.extra_tables or query.extra_select:
        raise Untranslatable("extra()")


def count(compiler: Any) -> Selection | None:
    """Return the rows that a query counts; None for another query. Raises Untranslatable."""
    query = compiler.query
    annotations = query.annotation_select
    if query.default_cols or query.select or len(annotations) != 1 or query.is_sliced or query.extra_select:
        return None
    (aggregate,) = annotations.values()
    if type(aggregate) is not Count or aggregate.distinct or aggregate.filter is not None:  # type: ignore[attr-defined]
        return None
    if not isinstance(aggregate.source_expressions[0], Star):
        return None
    return rows_to_count(compiler)


def rows_to_count(compiler: Any) -> Selection:
    """Return the rows of a query, to be counted. Raises Untranslatable."""
    selection = _rows_of_one_table(compiler)
    selection.is_counted = True
    return selection


def existence(compiler: Any) -> Selection:
    """Return the rows of which it is asked whether there are any. Raises Untranslatable."""
    selection = _rows_of_one_table(compiler)
    if any(not isinstance(annotation, Value) for annotation in compiler.query.annotation_select.values()):
        raise Untranslatable("an annotation")
    selection.start, selection.stop = compiler.query.low_mark, compiler.query.high_mark
    return selection


def _rows_of_one_table(compiler: Any) -> Selection:
    selection = base_selection(compiler)
    if has_other_tables(compiler.query, selection.alias):
        raise Untranslatable("a join")
    _refuse_changed(compiler, selection)
    return selection


def selection(compiler: Any, order_by: Iterable[Any]) -> Selection:
    """Return what a query selects. `compiler` has set up its query. Raises Untranslatable."""
    query = compiler.query
    made = base_selection(compiler)
    if others := _other_aliases(query, made.alias):
        made.joins = list(_joins(compiler, made.alias, others))
    known = {made.alias, *(join.alias for join in made.joins)}
    whole = None if made.joins else compiler.whole_rows
    if whole is not None:
        made.columns, made.values = whole.columns, whole.values
    else:
        made.columns = [_selected(expression, known) for expression, _, _ in compiler.select]
    made.order = tuple(_ordered(expression, made.alias) for expression, _ in order_by)
    made.start, made.stop = query.low_mark, query.high_mark
    made.keys = () if whole is not None else _keys(query.model, made)
    _refuse_changed(compiler, made)
    return made


def has_other_tables(query: Any, base: str) -> bool:
    """Whether a query has tables besides its own."""
    return bool(_other_aliases(query, base))


def _refuse_changed(compiler: Any, made: Selection) -> None:
    """Raise Untranslatable where the open block has changed rows of a table: Appwrite does not see that yet.

    One row by its id can be read all the same.
    """
    staged = compiler.connection.staged
    if staged is None or (made.row_id is not None and not made.joins):
        return
    sources: list[Selection | JoinedTable] = [made, *made.joins]
    for source in sources:
        if staged.has_changed(source.ref):
            raise Untranslatable(f"rows of {source.table.id} were changed in this atomic() block")


def _other_aliases(query: Any, base: str) -> list[str]:
    return [alias for alias in query.alias_map if query.alias_refcount[alias] and alias != base]


def _joins(compiler: Any, base: str, others: Iterable[str]) -> Iterator[JoinedTable]:
    query = compiler.query
    known = {base}
    for alias in others:
        join = query.alias_map[alias]
        if not isinstance(join, Join) or join.filtered_relation is not None or len(join.join_fields) != 1:  # type: ignore[attr-defined]
            raise Untranslatable("a join")
        if join.parent_alias not in known:
            raise Untranslatable("a join")
        near, far = _ends(join)
        yield JoinedTable(
            alias=alias,
            parent=join.parent_alias,
            table=(table := table_of(far.field.model)._meta),
            ref=compiler.connection.ref(table),
            near=near.key,
            far=far.key,
            is_inner=join.join_type == INNER,
        )
        known.add(alias)


def _ends(join: Join) -> tuple[ModelColumn, ModelColumn]:
    """Return the columns that a join compares: one row at most may be at the far end. Raises Untranslatable."""
    if join.join_field.get_extra_restriction(join.table_alias, join.parent_alias) is not None:  # type: ignore[attr-defined]
        raise Untranslatable("a join")
    ((near, far),) = join.join_fields  # type: ignore[attr-defined]
    if not far.unique or far.model._meta.db_table != join.table_name:
        raise Untranslatable("a join with several rows")
    return column_of(near), column_of(far)


def reads_whole_rows(query: Any) -> bool:
    """Whether a query selects every field of its model, all of its own table, and nothing else."""
    return (
        query.default_cols
        and query.deferred_loading == (frozenset(), True)
        and not (query.select_related or query.extra or query.annotation_select)
        and not query.model._meta.concrete_model._meta.parents
    )


@dataclass(frozen=True, slots=True)
class WholeRows:
    """What is the same for all queries that select whole rows of a model under one alias of its table.

    `select` is as Django's compiler makes it. `columns` and `values` are those of `Selection`. `is_converted` is
    whether fields convert their values once more. `instances` makes instances of them.
    """

    fields: Sequence[Any]
    select: list[Any]
    columns: list[Selected]
    values: Values
    is_converted: bool
    instances: Instances


# Where the `_meta` of a model keeps its `WholeRows`, by the alias of the table and that of the database.
_WHOLE_ROWS = "_appwrite_whole_rows"


def whole_rows(query: Any, using: str, make: Callable[[], WholeRows]) -> WholeRows:
    """Return what is kept for the model of a query that selects whole rows, else what `make` returns."""
    meta, key = query.model._meta, (query.get_initial_alias(), using)
    by_alias: dict[tuple[str, str], WholeRows] = vars(meta).setdefault(_WHOLE_ROWS, {})
    kept = by_alias.get(key)
    if kept is None or kept.fields is not meta.concrete_fields:  # a model may get another field
        kept = by_alias[key] = make()
    return kept


def _selected(expression: Any, known: set[str]) -> Selected:
    if isinstance(expression, Value):
        return None, expression.value, None
    if not isinstance(expression, Col) or expression.alias not in known:
        raise Untranslatable(f"the expression {type(expression).__name__}")
    column = column_of(expression.target)
    return expression.alias, column.key, column


def _ordered(expression: Any, alias: str) -> Clause:
    if not isinstance(expression, OrderBy):
        raise Untranslatable("an order by an expression")
    if expression.nulls_first or expression.nulls_last:
        raise Untranslatable("an order with a place for nulls")
    source = expression.expression
    while isinstance(source, Ref):  # a selected column, by its name or place
        source = source.source  # type: ignore[attr-defined]
    if not isinstance(source, Col):
        raise Untranslatable("an order by an expression")
    if source.alias != alias:
        raise Untranslatable("an order by a joined table")
    column = column_of(source.target)
    if isinstance(column, (JSONColumn, BinaryColumn, ListColumn)):
        raise Untranslatable(f"an order by a {type(column.field).__name__}")
    return Clause("orderDesc" if expression.descending else "orderAsc", column.key)


def _keys(model: type[models.Model], made: Selection) -> tuple[str, ...]:
    """Return the columns to ask for; none where all are read, as of a whole row.

    Appwrite shows the id of a linked row in whole rows.
    """
    keys = {key for alias, key, _ in made.columns if alias == made.alias}
    keys |= {join.near for join in made.joins if join.parent == made.alias}
    relationships: Mapping[str, Any] = made.table.relationships
    if any(relationship.key in keys for relationship in relationships.values()):
        return ()
    every = {column.key for column in columns_of(model)}
    if keys | {ROW_ID} >= every:
        return ()
    return (ROW_ID, *sorted(keys - {ROW_ID}))


def _finds_rows_once(parts: Split) -> bool:
    """Whether no row matches in two of the requests."""
    return len(parts.by) == 1 and parts.by[0].method == "equal" and parts.by[0].attribute == ROW_ID


def requests_of(made: Selection, room: Callable[[], float]) -> tuple[tuple[Clause, ...], ...]:
    """Return the filters of each request. Raises Untranslatable where several are needed and their rows have an order.

    `room` returns the bytes that queries may take in a URL.
    """
    if made.where == NOTHING or (made.stop is not None and made.stop <= made.start):
        return ()
    filters = made.filters
    if not filters or surely_fit((*filters, *made.beside), room()):
        return (filters,)
    try:
        parts = split(filters, room() - size_in_url(*made.beside))
    except ValueError as error:
        raise Untranslatable(str(error)) from None
    if len(parts.requests) > 1 and (made.order or made.start or made.stop is not None):
        raise Untranslatable("more values than one request takes")
    if len(parts.requests) > 1 and made.is_counted and not _finds_rows_once(parts):
        raise Untranslatable("more conditions than one request takes")
    return parts.requests
