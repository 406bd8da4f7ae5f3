"""Rows related to a row, and `prefetch_related` for many rows at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from ..conf import VALID_ID
from ..credentials import ConnectionRef, Using
from ..plans import Clause, conjunction
from ..registry import registry
from ..relations.paths import RelationPath, path_of
from ..sansio import Operation
from ..tables import Row
from ..tables.columns import Reference
from ..tables.columns.relations import RelationshipToMany
from .lookups.relations import RelatedFilter, linked_ids
from .lookups.subqueries import FOLLOWS
from .query import query_of, read_rows, with_query

if TYPE_CHECKING:
    from .managers import Lead, Manager
    from .queryset import QuerySet


def related_rows(row: Row) -> dict[str, tuple[str | None, Any]]:
    """Return the row's cache of related rows: by relation, the id it was read for and the row or rows."""
    cache: dict[str, tuple[str | None, Any]] = row.__dict__.setdefault("_related", {})
    return cache


def related_queryset(table: type[Row], alias: Using, *, manager: str = "base_manager") -> QuerySet[Any]:
    """Return the rows of a related table, on its own connection if it has one, for the identity of `alias`.

    References use the base manager, which hides nothing unless Meta names another one; reverse relations use the
    default manager.
    """
    return _related_manager(table, alias, manager).get_queryset()


def _related_manager(table: type[Row], alias: Using, manager: str, lead: Lead | None = None) -> Manager:
    alias = ConnectionRef.of(alias).on(table._meta.using or alias)
    unbound: Manager = getattr(table._meta, manager)
    return unbound.bound(table, alias, lead)


def rows_among(table: type[Row], ids: list[str], alias: Using) -> Any:
    """Return those of these related rows that the default manager shows."""
    return _related_manager(table, alias, "default_manager", lambda rows: rows.filter(pk__in=ids)).exposed()


def rows_along(row: Row, path: RelationPath, alias: Using) -> Any:
    """Return the rows that `path` leads to from `row`, as the default manager of their table shows them.

    Rows created among them refer to `row`. Raises ValueError for a row without an id.
    """
    table = type(row)
    if row.id is None:
        raise ValueError(
            f"This {table.__name__} has not been saved, so no row can refer to it and {path.name} cannot be read."
        )
    if path.other_key is not None and not path.other_is_list:
        where = Clause("equal", path.other_key, (row.id,))
    else:
        itself = Clause("equal", "$id", (row.id,))
        where = RelatedFilter(FOLLOWS, "$id", (itself,), table, str(path.own_key), relation=path.name)

    def lead(rows: QuerySet[Any]) -> QuerySet[Any]:
        query = query_of(rows)
        query = query.replace(where=conjunction([query.where, where]), presets=_presets(path, row))
        row_id, prefetched = related_rows(row).get(path.name, (None, None))
        return with_query(rows, query, prefetched if row_id == row.id else None).all()

    return _related_manager(path.other, alias, "default_manager", lead).exposed()


def _presets(path: RelationPath, row: Row) -> dict[str, Any] | None:
    """Return the values with which a new related row refers to `row`; None where it has no column for it."""
    for column in path.other._meta.columns.values():
        if column.key == path.other_key:
            return {column.name: row.id}
    for name, relationship in path.other._meta.to_many.items():
        if relationship.key == path.other_key:
            return {name: [row.id]}
    return None


def ids_of(table: type[Row], relationship: RelationshipToMany, others: object) -> list[str]:
    """Return the ids that a relationship to many is set to, each once.

    Raises ValueError unless they are saved rows of its table, or ids.
    """
    target = registry.target(table, relationship)
    several = isinstance(others, Iterable) and not isinstance(others, (str, bytes, Mapping))
    ids: dict[str, None] = {}
    for other in cast("Iterable[object]", others) if several else [None]:
        row_id = other.id if isinstance(other, target) else other
        if not isinstance(row_id, str) or not VALID_ID.fullmatch(row_id):
            where = f"{table.__name__}.{relationship.name}"
            raise ValueError(f"{where} takes a list of saved {target.__name__} rows or of their ids, not {others!r}.")
        ids[row_id] = None
    return list(ids)


def prefetch_related_rows(rows: list[Row], names: Iterable[str], alias: Using) -> Operation[None]:
    """Read the related rows of many rows: one request for each relation and chunk of ids.

    `maker__country` reads the relations of the related rows too.
    """
    onward: dict[str, list[str]] = {}
    for name in names:
        first, _, rest = name.partition("__")
        onward.setdefault(first, []).extend([rest] if rest else [])
    for name, further in onward.items():
        if not rows:
            return
        table = type(rows[0])
        path = path_of(table, name)
        is_reference = name in table._meta.references
        manager = "base_manager" if is_reference else "default_manager"
        query = related_queryset(path.other, alias, manager=manager).prefetch_related(*further)
        if is_reference:
            yield from _attach_forward(rows, table._meta.references[name], query)
        elif path.other_key is not None and not path.other_is_list:
            yield from _attach_back(rows, path, path.other_key, query)
        else:
            yield from _attach_linked(rows, path, str(path.own_key), query)


def _attach_forward(rows: list[Row], reference: Reference, query: QuerySet[Any]) -> Operation[None]:
    """Attach the rows that a reference leads to."""
    ids = dict.fromkeys(getattr(row, reference.column_name) for row in rows)
    ids.pop(None, None)
    by_id = yield from _by_id(query, list(ids))
    for row in rows:
        other_id = getattr(row, reference.column_name)
        if other_id is not None:
            related_rows(row)[reference.name] = (other_id, by_id.get(other_id.lower()))


def _attach_back(rows: list[Row], path: RelationPath, key: str, query: QuerySet[Any]) -> Operation[None]:
    """Attach the rows of another table that refer to these."""
    ids = tuple(str(row.id) for row in rows)
    where = conjunction([query_of(query).where, Clause("equal", key, ids)])
    related: list[Row] = yield from read_rows(with_query(query, query_of(query).replace(where=where)))
    by_id: dict[str, list[Row]] = {}
    for other in related:
        for linked in linked_ids(other._raw.get(key)):
            by_id.setdefault(linked.lower(), []).append(other)
    for row in rows:
        related_rows(row)[path.name] = (row.id, by_id.get(str(row.id).lower(), []))


def _attach_linked(rows: list[Row], path: RelationPath, key: str, query: QuerySet[Any]) -> Operation[None]:
    """Attach linked rows, whose ids were read with the rows."""
    ids = {row.id: linked_ids(row._raw.get(key)) for row in rows}
    by_id = yield from _by_id(query, list(dict.fromkeys(other_id for linked in ids.values() for other_id in linked)))
    for row in rows:
        related = (by_id.get(other_id.lower()) for other_id in ids[row.id])
        related_rows(row)[path.name] = (row.id, [other_id for other_id in related if other_id is not None])


def _by_id(query: QuerySet[Any], ids: list[str]) -> Operation[dict[str, Row]]:
    rows = (yield from read_rows(query.filter(pk__in=ids))) if ids else []
    return {str(row.id).lower(): row for row in rows}
