"""References between tables, followed: to the row, to many rows' rows at once, back, and in a filter.

Appwrite knows nothing of them. Whatever crosses one is a second question, and an answer of its own in the cache.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldError

from ..exceptions import ConfigurationError, NotSupportedError
from ..identity import same_identity
from ..plans import NOTHING, Clause, conjunction, disjunction, negation
from ..registry import registry
from ..steps import Steps
from ..tables import Row
from ..tables.columns import Reference

if TYPE_CHECKING:
    from .queryset import QuerySet
    from .selection import Selection

# Rows of the other table that a lookup across a reference may match.
FOLLOWED_LIMIT = 5000
FOLLOWS, FOLLOWS_NOT = "follows", "followsNot"


def ways_back(table: type[Row]) -> Iterator[tuple[str, type[Row], Reference]]:
    """What refers to `table`: the name of the way back, the table that refers, its reference."""
    for other in registry.all():
        for reference in other._meta.references.values():
            name = reference.accessor(other)
            if name is not None and _leads_to(other, reference, table):
                yield name, other, reference


def _leads_to(other: type[Row], reference: Reference, table: type[Row]) -> bool:
    try:
        return registry.target(other, reference) is table
    except ConfigurationError:  # its table is not registered (yet), so it cannot be this one
        return False


def rows_back(table: type[Row], name: str) -> tuple[type[Row], Reference]:
    """The way back called `name`. Raises FieldError."""
    ways = {way: (other, reference) for way, other, reference in ways_back(table)}
    if name not in ways:
        known = ", ".join(sorted([*table._meta.references, *ways])) or "none"
        raise FieldError(f"{table.__name__} has no relation {name!r}. It has: {known}.")
    return ways[name]


def check_relation(table: type[Row], path: str) -> None:
    """Raises FieldError, with what there is, unless `path` goes from relation to relation."""
    name, _, rest = path.partition("__")
    reference = table._meta.references.get(name)
    other = registry.target(table, reference) if reference is not None else rows_back(table, name)[0]
    if rest:
        check_relation(other, rest)


# Rows of rows: one request for all of them.


def attach(rows: list[Row], names: Iterable[str], alias: str) -> Steps[None]:
    """Give the rows what the relations called `names` lead to, read at once: one request for each relation and
    chunk of ids. `maker__country` goes on from there."""
    onward: dict[str, list[str]] = {}
    for name in names:
        first, _, rest = name.partition("__")
        onward.setdefault(first, []).extend([rest] if rest else [])
    for name, further in onward.items():
        if not rows:
            return
        if name in rows[0]._meta.references:
            yield from _attach_forward(rows, rows[0]._meta.references[name], further, alias)
        else:
            yield from _attach_back(rows, name, further, alias)


def _attach_forward(rows: list[Row], reference: Reference, further: list[str], alias: str) -> Steps[None]:
    table = type(rows[0])
    ids = dict.fromkeys(getattr(row, reference.column_name) for row in rows)
    ids.pop(None, None)
    found = yield from asked_beside(registry.target(table, reference), alias)._in_bulk(list(ids), "pk")
    yield from attach(list(found.values()), further, alias)
    by_id = {str(id).lower(): row for id, row in found.items()}
    for row in rows:
        other_id = getattr(row, reference.column_name)
        if other_id is not None:
            related_rows(row)[reference.name] = (other_id, by_id.get(other_id.lower()))


def _attach_back(rows: list[Row], name: str, further: list[str], alias: str) -> Steps[None]:
    other, reference = rows_back(type(rows[0]), name)
    query = asked_beside(other, alias).filter(**{f"{reference.column_name}__in": [row.id for row in rows]})
    found: list[Row] = yield from query._all_rows()
    yield from attach(found, further, alias)
    by_id: dict[str, list[Row]] = {}
    for one in found:
        by_id.setdefault(str(getattr(one, reference.column_name)).lower(), []).append(one)
    for row in rows:
        related_rows(row)[name] = (row.id, by_id.get(str(row.id).lower(), []))


def related_rows(row: Row) -> dict[str, tuple[str | None, Any]]:
    """What has been read for the row's relations: by name, the id it was read for and what was found."""
    found: dict[str, tuple[str | None, Any]] = row.__dict__.setdefault("_related", {})
    return found


def asked_beside(table: type[Row], alias: str) -> QuerySet[Any]:
    """The rows of a related table: on its own connection if it has one, and for whom `alias` speaks."""
    from .queryset import QuerySet

    return QuerySet(table, same_identity(alias, table._meta.using or alias))


# Filters that cross a reference.


def following(table: type[Row], reference: Reference, where: Clause) -> Clause:
    """Rows whose reference leads to a row that matches `where`: a clause of ours, answered before it is sent."""
    return Clause(FOLLOWS, table._meta.columns[reference.column_name].key, (reference.name, where))


def crosses(clause: Clause) -> bool:
    """Whether a reference has to be followed before this can be asked."""
    if clause.method in (FOLLOWS, FOLLOWS_NOT):
        return True
    return clause.method in ("and", "or") and any(map(crosses, clause.values or ()))


def followed(query: Selection[Any]) -> Steps[Any]:
    """The same selection with every reference in its filters followed: one more question for each."""
    if not crosses(query._where):
        return query
    return query._clone(_where=(yield from _followed(query.model, query._where, query)))


def _followed(table: type[Row], clause: Clause, query: Selection[Any]) -> Steps[Clause]:
    if clause.method in ("and", "or"):
        parts = []
        for part in clause.values or ():
            parts.append((yield from _followed(table, part, query)))
        return conjunction(parts) if clause.method == "and" else disjunction(parts)
    if clause.method not in (FOLLOWS, FOLLOWS_NOT):
        return clause
    name, where = clause.values or ()
    reference = table._meta.references[name]
    other = asked_beside(registry.target(table, reference), query.db)._clone(_where=where, policy=query.policy)
    ids = yield from other.values_list("id", flat=True)[: FOLLOWED_LIMIT + 1]._all_rows()
    if len(ids) > FOLLOWED_LIMIT:
        raise NotSupportedError(
            f"{table.__name__}: a lookup across {name!r} matches more than {FOLLOWED_LIMIT} rows of"
            f" {other.model.__name__}. Narrow it down, or ask from the other side."
        )
    matching = Clause("equal", clause.attribute, tuple(ids)) if ids else NOTHING
    return matching if clause.method == FOLLOWS else negation(matching, lambda key: False)
