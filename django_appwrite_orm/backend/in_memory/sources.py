"""The tables that a compiled query reads, and which of their rows it needs.

The names come from the SQL: what is fetched is what SQLite will look for, however Django came to it. Conditions come
from the query: a condition that all rows of the result meet can be left to Appwrite. A table that stands in the SQL
several times is fetched once, with any of the conditions of its places; one whose place has none is fetched whole.
LIMIT is never passed on: other conditions of the query, which Appwrite does not see, may drop rows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model
from django.db.models.expressions import Col
from django.db.models.sql import Query
from django.db.models.sql.constants import INNER
from django.db.models.sql.datastructures import Join
from django.db.models.sql.where import AND, WhereNode

from ...plans import EVERYTHING, Clause, conjunction, disjunction
from ..columns import KeyColumn, ModelColumn, column_of
from .plan import Link

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
    condition: Clause = EVERYTHING
    link: Link | None = None


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
    for condition in _conjuncts(query.where):
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


def _conjuncts(where: WhereNode) -> Iterator[Any]:
    """Yield the conditions that each row of the result meets."""
    if where.connector != AND or where.negated:
        yield where
        return
    for child in where.children:
        if isinstance(child, WhereNode):
            yield from _conjuncts(child)
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
    """Return the tables so that each comes after the one whose rows tell which of its own are needed."""
    needs: list[Need] = []
    order: list[str] = []
    restricted: set[str] = set()

    def add(table: str) -> None:
        link = None
        for other, key, other_key, allowed in single[table].joins if table in single else ():
            if allowed and other.table in order and other.table != table:
                eager = other.table in restricted
                if link is None or (eager and not link.eager):
                    link = Link(key.key, order.index(other.table), other_key.key, eager)
        if conditions[table] != EVERYTHING or (link is not None and link.eager):
            restricted.add(table)
        order.append(table)
        needs.append(Need(table, conditions[table], link))

    waiting = sorted(tables, key=lambda table: conditions[table] == EVERYTHING)
    while waiting:
        near = (table for table in waiting if table in single and _is_beside(single[table], restricted))
        filtered = (table for table in waiting if conditions[table] != EVERYTHING)
        table = next(filtered, None) or next(near, None) or waiting[0]
        waiting.remove(table)
        add(table)
    return needs


def _is_beside(place: Place, tables: set[str]) -> bool:
    return any(allowed and other.table in tables for other, _, _, allowed in place.joins)
