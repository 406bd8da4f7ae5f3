"""The tables that a compiled query reads, and which of their rows it needs.

The names come from the SQL: what is fetched is what SQLite will look for, however Django came to it. Conditions come
from the query: a condition that all rows of the result meet can be left to Appwrite. A table that stands in the SQL
several times is fetched once, with any of the conditions of its places; one whose place has none is fetched whole.
LIMIT is never passed on: other conditions of the query, which Appwrite does not see, may drop rows.
"""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model
from django.db.models.expressions import Col
from django.db.models.sql import Query
from django.db.models.sql.constants import INNER
from django.db.models.sql.datastructures import Join
from django.db.models.sql.where import AND, WhereNode

from ...cache import CachePolicy
from ...plans import EVERYTHING, Clause, TableRef, conjunction, disjunction
from ...transactions import TableMeta
from ..columns import ROW_ID, KeyColumn, ModelColumn, column_of
from .load import MemoryTable


def json_text(*parts: object) -> str:
    """Return parts of a plan's canonical text as JSON."""
    return json.dumps(parts, separators=(",", ":"), ensure_ascii=False, default=_of_bytes)


def _of_bytes(value: bytes) -> dict[str, str]:
    return {"bytes": base64.b64encode(value).decode()}


class Link(NamedTuple):
    """A join that says which rows of a source are needed: those whose `key` is one of `other_key` in `other`.

    `other` is the place of another source. Where not `eager`, the rows are fetched by it only when the source without
    it has too many.
    """

    key: str
    other: int
    other_key: str
    eager: bool


@dataclass(frozen=True, slots=True)
class Source:
    """A table that a query reads: its copy, the condition on its rows that Appwrite can check.

    `meta` is the table's, `policy` that of its reads.
    """

    meta: TableMeta = field(compare=False)
    ref: TableRef
    copy: MemoryTable
    condition: Clause = EVERYTHING
    links: tuple[Link, ...] = ()
    policy: CachePolicy = field(default=CachePolicy(), compare=False)

    def __str__(self) -> str:
        return json_text(*self.ref, *self.copy, str(self.condition), self.links)


# A condition as Appwrite checks it, of the columns of one alias; None where it cannot.
Translate = Callable[[Any, Query, str], Clause | None]


def never(condition: Any, query: Query, alias: str) -> None:
    """Leave every condition to SQLite."""


# `FROM "shop_product"`, `JOIN "shop_product" T3`, and the tables of extra(), which follow a comma.
_PLACE = re.compile(
    r"""(?: \b(?:FROM|JOIN)\s+\(* | ,\s*(?=") )  (?: "([^"]+)" | (\w+) ) (?!\s*[.(])  (?: \s+(?:AS\s+)? "?(\w+)"? )?""",
    re.IGNORECASE | re.VERBOSE,
)
_AFTER_A_TABLE = frozenset(
    {"cross", "except", "full", "group", "having", "inner", "intersect", "join", "left", "limit", "natural", "on"}
    | {"order", "outer", "right", "union", "using", "where", "window"}
)


@dataclass(slots=True)
class Place:
    """A table where it stands in a query, by its alias there."""

    table: str
    alias: str
    condition: Clause = EVERYTHING
    joins: list[tuple[Place, ModelColumn, ModelColumn, bool]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Need:
    """Which rows of a table a query needs."""

    table: str
    condition: Clause
    links: tuple[Link, ...]


def tables_of(sql: str, models: Iterable[type[Model]]) -> dict[str, list[type[Model]]]:
    """Return the tables that stand in `sql`, by their names in the database, each with its models."""
    by_name: dict[str, list[type[Model]]] = {name: [] for name, _ in _places(sql)}
    for model in models:
        if not model._meta.proxy and (its := by_name.get(model._meta.db_table.strip('"'))) is not None:
            its.append(model)
    return {name: its for name, its in by_name.items() if its}


def needs_of(
    query: Query, sql: str, tables: Sequence[str], connection: BaseDatabaseWrapper, translate: Translate
) -> list[Need]:
    """Return what the query needs of each table, in the order in which they are to be fetched.

    `sql` is what its compiler made for `connection`.
    """
    in_sql = Counter(_places(sql))
    times = Counter(name for name, _ in in_sql.elements())
    places: dict[str, list[Place]] = {}
    for scope in _scopes(query):
        for place in _places_of(scope, sql, connection, translate):
            places.setdefault(place.table, []).append(place)
    conditions: dict[str, Clause] = {}
    single: dict[str, Place] = {}
    for table in tables:
        its = places.get(table, [])
        aliases = Counter((table, place.alias) for place in its)
        complete = len(its) == times[table] and all(in_sql[place] == count for place, count in aliases.items())
        conditions[table] = disjunction(place.condition for place in its) if complete else EVERYTHING
        if complete and len(its) == 1:
            single[table] = its[0]
    return _in_order(tables, conditions, single)


def _places(sql: str) -> Iterator[tuple[str, str]]:
    """Yield the table and the alias of each place in `sql` where a table may stand."""
    for match in _PLACE.finditer(sql):
        name, alias = match[1] or match[2], match[3]
        yield name, name if alias is None or alias.lower() in _AFTER_A_TABLE else alias


def _scopes(query: Any) -> Iterator[Query]:
    """Yield the parts of a query that have a FROM of their own."""
    if query.combinator:
        for part in query.combined_queries:
            yield from _scopes(part)
        return
    inner = getattr(query, "inner_query", None)
    if inner is not None:
        yield from _scopes(inner)
        return
    yield query
    for expression in (query.where, *query.annotation_select.values()):
        for nested in _queries_in(expression):
            yield from _scopes(nested)


def _queries_in(expression: Any) -> Iterator[Query]:
    if isinstance(expression, Query):
        yield expression
    elif hasattr(expression, "get_source_expressions"):
        for part in expression.get_source_expressions():
            yield from _queries_in(part)


def _places_of(query: Query, sql: str, connection: BaseDatabaseWrapper, translate: Translate) -> list[Place]:
    """Return the tables of one scope that stand in the SQL, with their conditions and joins."""
    compiler: Any = query.get_compiler(connection=connection)
    places: dict[str, Place] = {}
    for alias, entry in query.alias_map.items():
        if _is_rendered(entry, compiler, sql):
            places[alias] = Place(entry.table_name.strip('"'), alias.strip('"'))
            if isinstance(entry, Join) and entry.parent_alias in places:
                _join(places[entry.parent_alias], places[alias], entry)
    for condition in conjuncts(query.where):
        if condition.contains_aggregate or condition.contains_over_clause:
            continue
        aliases = set(_aliases_in(condition))
        if len(aliases) != 1 or (alias := aliases.pop()) not in places:
            continue
        # A row of an outer join that does not meet a condition would be replaced by nulls, which may meet it.
        if query.alias_map[alias].join_type in (None, INNER):
            clause = translate(condition, query, alias)
            if clause is not None:
                places[alias].condition = conjunction([places[alias].condition, clause])
    return list(places.values())


def _is_rendered(entry: Any, compiler: Any, sql: str) -> bool:
    """Whether the table stands in the SQL as Django puts it there; aliases of dropped joins stay in a query."""
    try:
        text, _ = entry.as_sql(compiler, compiler.connection)
    except (EmptyResultSet, FullResultSet):
        return False
    return (text if isinstance(entry, Join) else f"FROM {text}") in sql


def _join(parent: Place, place: Place, entry: Join) -> None:
    """Note in both places that their rows belong together, where Appwrite holds the same value in both."""
    for ours, theirs in entry.join_field.get_joining_fields():  # type: ignore[attr-defined]  # of both ends of a relation
        left, right = column_of(ours), column_of(theirs)
        both = isinstance(left, KeyColumn), isinstance(right, KeyColumn)
        if all(both) or (not any(both) and type(left.column) is type(right.column)):
            place.joins.append((parent, right, left, True))
            # The parent's rows stay in the result without one of an outer join.
            parent.joins.append((place, left, right, entry.join_type == INNER))
            return


def conjuncts(where: WhereNode) -> Iterator[Any]:
    """Yield the conditions that each row of the result meets."""
    if where.connector != AND or where.negated:
        yield where
        return
    for child in where.children:
        if isinstance(child, WhereNode):
            yield from conjuncts(child)
        else:
            yield child


def _aliases_in(expression: Any) -> Iterator[str]:
    """Yield the aliases whose columns an expression names; an empty one where it cannot be known."""
    if isinstance(expression, Col):
        yield expression.alias
    elif isinstance(expression, Query):
        yield ""
    elif hasattr(expression, "get_source_expressions"):
        for part in expression.get_source_expressions():
            yield from _aliases_in(part)
    elif expression is not None and hasattr(expression, "as_sql"):
        yield ""


def _in_order(tables: Sequence[str], conditions: dict[str, Clause], single: dict[str, Place]) -> list[Need]:
    """Return the tables so that each comes after one whose rows tell which of its own are needed, where there is one.

    Those with the condition that leaves the fewest rows come first.
    """
    order: list[str] = []
    restricted: set[str] = set()
    waiting = sorted(tables, key=lambda table: _rank(conditions[table]))
    while waiting:
        filtered = (table for table in waiting if conditions[table] != EVERYTHING)
        near = (table for table in waiting if restricted & _neighbours(table, single))
        table = next(filtered, None) or next(near, None) or waiting[0]
        if conditions[table] != EVERYTHING or restricted & _neighbours(table, single):
            restricted.add(table)
        waiting.remove(table)
        order.append(table)
    return [Need(table, conditions[table], tuple(_links(table, single, order, restricted))) for table in order]


def _neighbours(table: str, single: dict[str, Place]) -> set[str]:
    """Return the tables whose rows tell which rows of `table` are needed."""
    joins = single[table].joins if table in single else []
    return {other.table for other, _, _, allowed in joins if allowed and other.table in single}


def _links(table: str, single: dict[str, Place], order: list[str], restricted: set[str]) -> Iterator[Link]:
    place = order.index(table)
    for other, key, other_key, allowed in single[table].joins if table in single else []:
        if allowed and other.table in single and other.table != table:
            before = order.index(other.table)
            yield Link(key.key, before, other_key.key, eager=before < place and other.table in restricted)


def _rank(condition: Clause) -> int:
    """Return how many rows a condition is expected to leave, from few to all."""
    if condition.method == "and":
        return min(_rank(part) for part in condition.values or ())
    if condition.method == "or":
        return max(_rank(part) for part in condition.values or ())
    if condition.method == "equal" and condition.attribute == ROW_ID:
        return 0
    if condition.method == "equal" and not any(isinstance(value, bool) for value in condition.values or ()):
        return 1
    return 3 if condition == EVERYTHING else 2
