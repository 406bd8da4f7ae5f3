"""A queryset as the value of `in`: read when the outer query is, and before it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldError, ValidationError

from ...conf import VALID_ID
from ...credentials import ConnectionRef
from ...exceptions import NotSupportedError
from ...plans import NOTHING, Clause
from ...tables import Row, columns
from ...tables.kinds import Family
from ...tables.system_columns import SYSTEM_COLUMNS
from ..query import Query

FOLLOWS, FOLLOWS_NOT = "follows", "followsNot"


@dataclass(frozen=True, slots=True)
class InSubquery(Clause):
    """Rows whose `attribute` is among the `source` values of the rows of `query`. Not sent to Appwrite."""

    column: Any = None  # these two are columns, which mypy takes for what they describe in a row
    source: Any = None
    query: Any = None

    @property
    def needs_reads(self) -> bool:
        """Always true: the inner query is read first."""
        return True

    def inner_query(self, outer: Query[Any]) -> Query[Any]:
        """Return the inner query, for the identity and connection of `outer`.

        It keeps an identity of its own, and a connection that was named for it unless `outer` has one that was named.
        """
        query: Query[Any] = self.query
        follows = outer.is_placed and not query.is_placed
        place = (query.model._meta.using or outer.db) if follows else query.db
        own = ConnectionRef.of(query.db)
        alias = (own if own.credentials else ConnectionRef.of(outer.db)).on(place)
        return query.replace(
            db=alias,
            is_placed=query.is_placed or outer.is_placed,
            policy=query.policy or outer.policy,
            select=(self.source.key,),
            related=(),
            shape=None,
        )

    def matching(self, found: Iterable[Any]) -> Clause:
        """Return the condition that these values result in. A value that the column cannot hold is skipped."""
        values = []
        for value in found:
            with suppress(ValidationError):
                values.append(None if value is None else self.column.to_query(value))
        return membership(self.column, values)


def membership(column: columns.Column, values: Iterable[Any]) -> Clause:
    """Return the clause for rows that have one of these JSON values; None is not a value."""
    several = dict.fromkeys(value for value in values if value is not None)
    if column.key == "$id":
        # Appwrite ignores the case of ids; no row has an invalid one.
        several = dict.fromkeys({value.lower(): value for value in several if VALID_ID.fullmatch(value)}.values())
    return Clause("equal", column.key, tuple(several)) if several else NOTHING


def among(table: type[Row], path: str, column: columns.Column, lookup: str, query: Query[Any]) -> InSubquery:
    """Return the clause for `column__in=query`.

    Raises NotSupportedError for another lookup, and FieldError unless the queryset has one column of the same kind.
    """
    where = f"{table.__name__}.{path}"
    if lookup != "in":
        raise NotSupportedError(f"{where}: a queryset can only be the value of `in`: {column.name}__in=queryset.")
    if query.names is not None and len(query.names) != 1:
        raise FieldError(f"{where}: the queryset must select one column, not {', '.join(query.names)}.")
    source = SYSTEM_COLUMNS["id"] if query.names is None else query.model._meta.get_column(query.names[0])
    if source.array or source.family in (Family.DOCUMENT, Family.SHAPE):
        raise FieldError(f"{where}: {query.model.__name__}.{source.name} holds several values.")
    if _compares_as(source) is not _compares_as(column):
        raise FieldError(
            f"{where}: {query.model.__name__}.{source.name} has a different type. Select the column to compare with,"
            " such as queryset.values('price')."
        )
    return InSubquery(FOLLOWS, column.key, None, column, source, query)


def values_of(names: tuple[str, ...] | None, results: Iterable[Any]) -> list[Any]:
    """Return the `results` of a queryset as the value of `in` in the lookup of a Django model.

    `names` are the arguments of `values()`, None for rows. Raises FieldError for several columns.
    """
    if names is not None and len(names) != 1:
        raise FieldError(f"A queryset as the value of `in` must select one column, not {', '.join(names)}.")
    return [_single(result, "pk" if names is None else names[0]) for result in results]


def _single(value: Any, name: str) -> Any:
    if isinstance(value, Row):
        return value.pk
    if isinstance(value, dict):
        return value[name]
    return value[0] if isinstance(value, tuple) else value


def _compares_as(column: columns.Column) -> Family:
    """Return the family of values that the server compares this column with."""
    return Family.TEXT if column.kind.is_text else column.kind.family
