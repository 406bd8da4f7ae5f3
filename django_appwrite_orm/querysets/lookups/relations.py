"""Filters across a relation.

The other table is read with a query and a cache entry of its own; the result replaces the condition before the first
table is read. Where Appwrite itself can follow a relationship in the same query (as recorded: simple conditions, none
of them negated), that is left to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldError

from ...exceptions import NotSupportedError
from ...plans import Clause
from ...relations.paths import RelationPath
from ...tables import Row
from .subqueries import FOLLOWS

# Conditions that Appwrite evaluates across a relationship (recorded), and that no missing row fulfils.
_NATIVE = frozenset(
    {"equal", "lessThan", "lessThanEqual", "greaterThan", "greaterThanEqual", "between", "startsWith", "endsWith"}
)


@dataclass(frozen=True, slots=True)
class RelatedFilter(Clause):
    """Rows that refer to rows of `other` that match the clause in `values`. Not sent to Appwrite.

    They are those whose `attribute` is among what these rows have in `key`: an id, or a list of linked ids. Without an
    attribute only Appwrite can tell, by the name `native`.
    """

    other: type[Row] = Row
    key: str = "$id"
    native: str | None = None
    relation: str = ""

    @property
    def needs_reads(self) -> bool:
        """Always true: the other table is read first."""
        return True

    @property
    def where(self) -> Clause:
        """The condition on rows of the other table."""
        condition: Clause = (self.values or ())[0]
        return condition

    @property
    def natively(self) -> Clause | None:
        """The same as a condition of Appwrite's, where there is one."""
        where = self.where
        column = self.other._meta.by_key.get(where.attribute or "")
        if (
            self.method != FOLLOWS
            or self.native is None
            or where.method not in _NATIVE
            or column is None
            or column.array
        ):
            return None
        return Clause(where.method, f"{self.native}.{where.attribute}", where.values)


def across(table: type[Row], relation: RelationPath, where: Clause) -> Clause:
    """Return the clause for rows of `table` that refer, by `relation`, to a row that matches `where`.

    Raises FieldError where that cannot be decided.
    """
    attribute, key = None, "$id"
    if relation.own_key is not None and not relation.own_is_list:
        attribute = relation.own_key
    elif relation.other_key is not None:
        attribute, key = "$id", relation.other_key
    clause = RelatedFilter(FOLLOWS, attribute, (where,), relation.other, key, relation.native, relation.name)
    if attribute is None and clause.natively is None:
        raise FieldError(
            f"{table.__name__}: {relation.name!r} is a one-way relationship to many, which Appwrite follows only in"
            f" simple conditions on columns of {relation.other.__name__}. Declare a two_way_key for it."
        )
    return clause


def refusal(table: type[Row], clause: Clause) -> NotSupportedError | None:
    """Return the error for a clause in a place where only Appwrite could follow its relationship, or None."""
    if isinstance(clause, RelatedFilter) and clause.attribute is None:
        return NotSupportedError(
            f"{table.__name__}: {clause.relation!r} is a one-way relationship to many, which Appwrite follows only in"
            " a single condition that is not negated and not part of an OR, and not for users. Declare a two_way_key"
            " for it."
        )
    parts = (clause.values or ()) if clause.method in ("and", "or") else ()
    return next((error for part in parts if (error := refusal(table, part)) is not None), None)


def linked_ids(value: Any) -> Iterable[str]:
    """Return the ids in Appwrite's form of a link: an id, a row, a list of rows, or nothing."""
    if isinstance(value, list):
        return [link for item in value for link in linked_ids(item)]
    link = value.get("$id") if isinstance(value, dict) else value
    return [link] if link else []
