"""Keyset pages: a page is requested by a condition on the row before it, at any depth with one request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.signing import BadSignature, Signer
from django.db import connections, models
from django.db.models import Q

from ..models import ArrayField
from ..tables import Row

# An order by them has no condition for what comes after a row: Appwrite shows 14 digits of a float.
_WITHOUT_KEYSET = (models.FloatField, models.JSONField, models.BinaryField, ArrayField)


class InvalidCursor(ValueError):
    """A cursor was not made here, or for another order."""


class Cursor(NamedTuple):
    """Where a page begins: after the row with these values, or before it. Without values: at that end."""

    reverse: bool
    values: list[str | None] | None


FIRST, LAST = Cursor(False, None), Cursor(True, None)


class KeysetPage(NamedTuple):
    """The rows of a page, and the cursors of the pages beside it; None where there are no more rows."""

    rows: list[Any]
    previous: Cursor | None
    next: Cursor | None


class Keyset:
    """The order of a queryset by `terms`, which are as for `order_by()`, and then by the primary key or the sequence.

    For querysets of models and of Tables. Raises FieldDoesNotExist, with advice, for a term without a keyset: floats,
    lists, documents, bytes, and fields of related rows. Cursors are signed, for this `purpose`, model and order.
    """

    def __init__(self, queryset: Any, terms: Iterable[str], purpose: str) -> None:
        self._keys = _keys_of(queryset, terms)
        self._signer = Signer(salt=":".join([purpose, queryset.model._meta.label, *(key.term for key in self._keys)]))

    @property
    def fields(self) -> list[Any]:
        """The fields of the order."""
        return [key.field for key in self._keys]

    def sign(self, cursor: Cursor) -> str:
        """Return a cursor as a signed text, for an address."""
        return self._signer.sign_object([cursor.reverse, cursor.values])

    def unsign(self, text: str) -> Cursor:
        """Return the cursor of a signed text. Raises InvalidCursor if it was not made here."""
        try:
            return Cursor(*self._signer.unsign_object(text))
        except (BadSignature, ValueError) as error:
            raise InvalidCursor from error

    def rows_from(self, queryset: Any, cursor: Cursor) -> Any:
        """Return the rows of a queryset from a cursor on, in its direction. Raises InvalidCursor."""
        keys = [key.reversed() for key in self._keys] if cursor.reverse else self._keys
        if cursor.values is not None:
            try:
                queryset = queryset.filter(_beyond(keys, cursor.values))
            except (ValueError, ValidationError) as error:  # a field was changed since
                raise InvalidCursor from error
        return queryset.order_by(*(key.term for key in keys))

    def page(self, queryset: Any, cursor: Cursor, size: int) -> KeysetPage:
        """Return the page of a queryset at a cursor, with one request. Raises InvalidCursor."""
        rows = list(self.rows_from(queryset, cursor)[: size + 1])
        has_more, rows = len(rows) > size, rows[:size]
        has_next, has_previous = has_more, cursor.values is not None
        if cursor.reverse:
            rows.reverse()
            has_next, has_previous = has_previous, has_more
        # Where all rows beyond the cursor have gone, what is left is on the page at that end.
        return KeysetPage(
            rows,
            previous=(Cursor(True, self._values(rows[0])) if rows else LAST) if has_previous else None,
            next=(Cursor(False, self._values(rows[-1])) if rows else FIRST) if has_next else None,
        )

    def _values(self, row: Any) -> list[str | None]:
        return [_text_of(field, row) for field in self.fields]


def _text_of(field: Any, row: Any) -> str | None:
    """Return the value of a row's field as text that `to_python()` reads; None for null."""
    return None if field.value_from_object(row) is None else str(field.value_to_string(row))


class _Key(NamedTuple):
    """A field of the ordering, and whether nulls come last in it."""

    field: Any
    descending: bool
    nulls_last: bool

    @property
    def name(self) -> str:
        return str(self.field.attname)

    @property
    def term(self) -> str:
        return f"-{self.name}" if self.descending else self.name

    @property
    def is_nullable(self) -> bool:
        return bool(self.field.null) and not getattr(self.field, "generated", False)

    def reversed(self) -> _Key:
        return self._replace(descending=not self.descending, nulls_last=not self.nulls_last)

    def beyond(self, value: Any, same: Q | None) -> Q:
        """Return the condition for the rows after `value`. `same`: that for rows equal in it, None if there is none."""
        parts = [] if same is None else [Q(**{self._condition(value): True if value is None else value}) & same]
        if value is None:
            parts += [] if self.nulls_last else [Q(**{f"{self.name}__isnull": False})]
        elif isinstance(self.field, models.BooleanField):  # Appwrite has no comparison of them
            parts += [Q(**{self.name: not value})] if value is self.descending else []
        else:
            parts.append(Q(**{f"{self.name}__{'lt' if self.descending else 'gt'}": value}))
        if value is not None and self.nulls_last and self.is_nullable:
            parts.append(Q(**{f"{self.name}__isnull": True}))
        return Q(*parts, _connector=Q.OR) if parts else Q(pk__in=[])

    def _condition(self, value: Any) -> str:
        return f"{self.name}__isnull" if value is None else self.name


def _keys_of(queryset: Any, terms: Iterable[str]) -> list[_Key]:
    is_table = issubclass(queryset.model, Row)
    tie_breaker = "sequence" if is_table else "pk"
    last = _field(queryset.model, tie_breaker)
    nulls_first = is_table or connections[queryset.db].features.order_by_nulls_first
    keys: dict[str, _Key] = {}
    for term in (*terms, tie_breaker):
        try:
            field = _field(queryset.model, term.lstrip("-"))
        except FieldDoesNotExist as error:
            raise FieldDoesNotExist(f"These pages cannot be ordered by {term}: {error}") from None
        descending = term.startswith("-")
        keys.setdefault(field.attname, _Key(field, descending, nulls_last=descending == nulls_first))
        if field.attname == last.attname:
            break
    return list(keys.values())


def _beyond(keys: list[_Key], values: list[str | None]) -> Q:
    """Return the condition for the rows after one with these values."""
    condition = None
    for key, text in reversed(list(zip(keys, values, strict=True))):
        condition = key.beyond(None if text is None else key.field.to_python(text), condition)
    return condition or Q()


def _is_own_key(field: Any, name: str) -> bool:
    """Whether the order by a relation is that of the keys which the rows themselves have."""
    if field.many_to_many or field.one_to_many:
        return False
    return name == getattr(field, "attname", None) or (
        isinstance(field, models.ForeignKey) and not field.remote_field.model._meta.ordering
    )


def _field(model: Any, name: str) -> Any:
    """Return a field with a keyset. Raises FieldDoesNotExist, with advice, for another name."""
    if name == "pk":
        name = model._meta.pk.attname
    if "__" in name:
        raise FieldDoesNotExist("Only fields of the rows themselves have an order that a page can begin in.")
    field = model._meta.get_field(name)
    if field.is_relation and not _is_own_key(field, name):
        raise FieldDoesNotExist("It leads to other rows, which have an order of their own.")
    if type(field) is models.Field or isinstance(field, _WITHOUT_KEYSET):
        raise FieldDoesNotExist("Floats, lists, shapes, documents and bytes have no exact order.")
    return field
