"""Which rows a queryset is about: their conditions, order, part and columns. Nothing here asks Appwrite."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping
from math import inf
from typing import Any, Generic, Self, TypeVar

from django.core.exceptions import FieldError
from django.db.models import Q

from ..cache import CachePolicy, PolicyOverride
from ..connection import connections
from ..credentials import Credentials, IdentifiedAlias, Secret, same_identity
from ..exceptions import NotSupportedError
from ..execution import alias_of
from ..plans import EVERYTHING, NOTHING, Clause, Split, TableRef, conjunction, disjunction, size_in_url, split
from ..relations.paths import check_relation
from ..tables import Overridable, Row
from ..tables.system_columns import keys
from . import raw_queries
from .django_queryset import as_new
from .lookups import compiler as lookups
from .lookups.spatial import without_null_tests
from .unsupported import UnavailableMethods
from .values import ValuesShape

R = TypeVar("R", bound=Row)


class Selection(UnavailableMethods, Overridable, Generic[R]):
    """Some rows of `model`. Immutable: every method gives another selection."""

    def __init__(self, model: type[R], using: str | None = None) -> None:
        self.model = model
        self.db = alias_of(model, using)
        self.is_placed = bool(using)  # its connection was named by whoever asks
        self.order: tuple[Clause, ...] = ()
        self.cursor: tuple[Clause, ...] = ()
        self.select: tuple[str, ...] = ()
        self.start = 0
        self.stop: int | None = None
        self.policy: PolicyOverride | None = None
        self._where = EVERYTHING
        self.names: tuple[str, ...] | None = None  # what values() and values_list() were asked for
        self.is_distinct = False
        self.related: tuple[str, ...] = ()  # the relations that are read along with the rows
        # What rows made here start with, so that they lead back to where this was asked; None: nothing can.
        self.presets: Mapping[str, Any] | None = {}
        self._shape: ValuesShape | None = None
        self._rows: list[Any] | None = None
        self._along: list[Any] | None = None  # rows that were read along with another one

    # What it asks for.

    @property
    def ref(self) -> TableRef:
        return self.model._meta.ref(connections[self.db].settings.database_id)

    @property
    def _asked(self) -> Clause:
        """The condition as it is sent. Raises NotSupportedError where Appwrite cannot be asked for it."""
        return without_null_tests(self.model, self._where)

    @property
    def filters(self) -> tuple[Clause, ...]:
        """The conditions that must all hold, of whatever size."""
        where = self._asked
        if where == EVERYTHING:
            return ()
        return (where.values or ()) if where.method == "and" else (where,)

    def requests(self, *, in_url: bool = True) -> Split:
        """The conditions of each request it takes. Raises NotSupportedError where no number of them will do.

        `in_url`: whether they are sent in the URL, as those of a read are, of which HEAD_LIMIT bounds the bytes.
        """
        try:
            return split(self.filters, self.room if in_url else inf)
        except ValueError as error:
            raise NotSupportedError(
                f"{self.model.__name__}: {error}. Ask for fewer values at a time, or store what they have in common"
                " in a column of its own."
            ) from None

    @property
    def room(self) -> int:
        """Bytes in a URL for conditions, those apart that say where a page begins."""
        select = (Clause("select", values=self.select or ("$id",)),)
        return connections[self.db].room - size_in_url(*self.order, *self.cursor, *select)

    @property
    def is_empty(self) -> bool:
        """Whether no row can match, whatever is in the table."""
        return self._asked == NOTHING or (self.stop is not None and self.stop <= self.start)

    @property
    def distinct_keys(self) -> tuple[str, ...]:
        """The columns whose values come once each; none where every row comes, for an id is its row's alone."""
        names = keys(self.model, self.names or ()) if self.is_distinct else ()
        return () if {"$id", "$sequence"} & {*names} else names

    @property
    def _prefetch_related_lookups(self) -> tuple[str, ...]:
        """What Django's ModelChoiceField asks a queryset for."""
        return self.related

    @property
    def is_sliced(self) -> bool:
        return self.start > 0 or self.stop is not None

    def _clone(self, **changes: Any) -> Self:
        clone = copy.copy(self)
        clone._rows = clone._along = None
        as_new(clone)
        for name, value in changes.items():
            setattr(clone, name, value)
        return clone

    def new_row(self, values: Mapping[str, Any]) -> R:
        """A row that could be among these. Raises FieldError where no column of it could lead back."""
        if self.presets is None:
            raise FieldError(
                f"A {self.model.__name__} cannot be made from here: it has no declared column that leads back."
                " Declare the relationship on both tables, or make the row first and then link it."
            )
        return self.model(**{**self.presets, **values})

    # Narrowing it down.

    def all(self) -> Self:
        """The same rows, asked for anew; those that were read along with another row are taken."""
        return self._clone(_rows=self._along, _along=self._along)

    def none(self) -> Self:
        """No rows, without asking."""
        return self._clone(_where=NOTHING)

    def using(self, alias: str) -> Self:
        """The same question to another connection, for the same user or guest."""
        return self._clone(db=same_identity(self.db, alias), is_placed=True)

    def as_user(self, *, jwt: str | Secret | None = None, session: str | Secret | None = None) -> Self:
        """The same question, or change, with a user's permissions: by a JWT or a session secret. Its rows are
        saved, and lead to others, as that user.

        Answers are cached only after `cached(ttl)`, and then apart from everybody else's. Appwrite refuses its
        bulk routes to users, so that rows are changed one by one.
        """
        jwt, session = Secret.of(jwt), Secret.of(session)  # so that this frame shows neither
        return self._clone(db=IdentifiedAlias(self.db, Credentials.of_user(jwt=jwt, session=session)))

    def as_guest(self) -> Self:
        """The same, as somebody who is not signed in."""
        return self._clone(db=IdentifiedAlias(self.db, Credentials.of_guest()))

    def filter(self, *conditions: Q, **lookups: Any) -> Self:
        """Rows for which every condition holds. Unknown columns and lookups raise FieldError here and now."""
        return self._narrowed(Q(*conditions, **lookups))

    def exclude(self, *conditions: Q, **lookups: Any) -> Self:
        """Rows for which not all conditions hold; where a column is null, its condition does not."""
        return self._narrowed(~Q(*conditions, **lookups))

    def _narrowed(self, condition: Q) -> Self:
        self._refuse_slice("filter")
        return self._clone(_where=conjunction([self._where, lookups.where(self.model, condition)]))

    def raw_queries(self, *queries: object) -> Self:
        """The same rows, narrowed by Appwrite's own queries: the SDK's `Query`, its JSON, or text such as
        `equal("active", true)`. Columns go by their keys on the server.

        Filters are added, orders appended; limit, offset, select and a cursor are set. Raises `InvalidRequest`
        for what cannot be read; what is in them is checked by the server alone.
        """
        self._refuse_slice("filter")
        clone, filters = self._clone(), [self._where]
        for clause in raw_queries.clauses(queries):
            values = clause.values or ()
            if clause.method == "limit":
                clone.stop = clone.start + raw_queries.number(clause)
            elif clause.method == "offset":
                length = None if clone.stop is None else clone.stop - clone.start
                clone.start = raw_queries.number(clause)
                clone.stop = None if length is None else clone.start + length
            elif clause.method == "select":
                clone.select += values
            elif clause.method.startswith("order"):
                clone.order += (clause,)
            elif clause.method.startswith("cursor"):
                clone.cursor = (clause,)
            else:
                filters.append(clause)
        clone._where = conjunction(filters)
        return clone

    def __or__(self, other: Self) -> Self:
        """Rows that are in either; the order and the rest are this one's. Neither may be a slice."""
        return self._combined(other, Q.OR)

    def __and__(self, other: Self) -> Self:
        """Rows that are in both; the order and the rest are this one's. Neither may be a slice."""
        return self._combined(other, Q.AND)

    def _combined(self, other: Self, connector: str) -> Self:
        if not isinstance(other, Selection) or other.model is not self.model or other.db != self.db:
            raise TypeError("Only querysets of one table on one connection can be combined.")
        if self.is_sliced or other.is_sliced or self.cursor or other.cursor:
            raise TypeError("Cannot combine queries once a slice has been taken.")
        join = conjunction if connector == Q.AND else disjunction
        return self._clone(_where=join([self._where, other._where]))

    # Order and columns.

    def order_by(self, *names: str | None) -> Self:
        """In this order; no names, or None: back to the order of creation. `?` is random, and then never cached."""
        self._refuse_slice("reorder")
        return self._clone(order=lookups.order(self.model, _named(names)))

    def reverse(self) -> Self:
        """The opposite order."""
        self._refuse_slice("reorder")
        swap = {"orderAsc": "orderDesc", "orderDesc": "orderAsc"}
        order = self.order or (Clause("orderAsc", "$sequence"),)
        return self._clone(order=tuple(dataclasses.replace(c, method=swap.get(c.method, c.method)) for c in order))

    def only(self, *names: str) -> Self:
        """Rows with these columns alone. Reading another one raises AttributeError: no request is hidden in it.
        The id, sequence, dates and permissions of a row are always there."""
        return self._clone(select=keys(self.model, names) or ("$id",))

    def defer(self, *names: str | None) -> Self:
        """Rows without these columns; no names, or None: with all of them again."""
        left_out = set(keys(self.model, names := _named(names)))
        known = self.select or tuple(self.model._meta.by_key)
        return self._clone(select=tuple(key for key in known if key not in left_out) or ("$id",) if names else ())

    def prefetch_related(self, *names: str | None) -> Self:
        """The rows with those they are related to, `maker` or `product_set`, read at once: one request for each
        relation and page. `maker__country` goes on from there; None: without any. Their ids are read whatever
        `only()` says. Raises FieldError for what is no relation."""
        if self.names is not None:
            raise TypeError("Relations lead from rows: they cannot be read along after values() or values_list().")
        named = _named(names)
        for name in named:
            if not isinstance(name, str):
                raise NotSupportedError(
                    f"prefetch_related() takes the names of relations, not {type(name).__name__}. Ask for a part of"
                    " them at once by their ids, Toy.objects.filter(maker__in=makers), and put them together."
                )
            check_relation(self.model, name)
        kept = () if names == (None,) else self.related
        return self._clone(related=tuple(dict.fromkeys((*kept, *named))))

    def select_related(self, *names: str | None) -> Self:
        """The same, for references alone; no names: all of the table's."""
        for name in _named(names):
            if name.partition("__")[0] not in self.model._meta.references:
                known = ", ".join(self.model._meta.references) or "none"
                raise FieldError(f"{self.model.__name__} has no reference {name!r}. It has: {known}.")
        return self.prefetch_related(*(names or self.model._meta.references))

    # How it is answered.

    def cached(self, policy: CachePolicy | float | None = None, /, **changes: Any) -> Self:
        """The same question under another policy: `cached(60)` or `cached(ttl=60)` for a life of 60 seconds,
        `cached(stale_if_error=3600)` for one change, `cached(CachePolicy(...))` for all of it."""
        if policy is not None and not isinstance(policy, CachePolicy):
            policy, changes = None, {"ttl": policy, **changes}
        return self._clone(policy=PolicyOverride.of(policy, changes))

    def uncached(self) -> Self:
        """The same question, put to Appwrite every time."""
        return self.cached(0)

    # Parts.

    def _refuse_slice(self, what: str) -> None:
        if self.is_sliced:
            raise TypeError(f"Cannot {what} a query once a slice has been taken.")

    def _window(self, low: int, high: int | None) -> Self:
        """The rows from `low` up to `high`, counted within this queryset; asked anew."""
        ends = [self.start + high] if high is not None else []
        ends += [self.stop] if self.stop is not None else []
        return self._clone(start=self.start + low, stop=min(ends, default=None))

    def _settled(self) -> Self:
        """Itself, ready to be asked: a random order is asked anew each time and only makes sense for a slice."""
        if not any(clause.method == "orderRandom" for clause in self.order):
            return self
        if self.stop is None:
            raise NotSupportedError("A random order needs a slice, such as order_by('?')[:10].")
        return self.uncached()


def _named(names: tuple[str | None, ...]) -> tuple[str, ...]:
    """The names that a method was given; a single None, which clears in Django, is as good as none."""
    return () if names == (None,) else names  # type: ignore[return-value]
