"""Keyset pagination: a page is requested by a condition on the row before it, at any depth with one request.

DRF's CursorPagination remembers the first field of the ordering alone. Rows that are equal in it are counted off with
an offset of at most 1,000, and a page that begins at a null raises ValidationError.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.signing import BadSignature, Signer
from django.db import connections, models
from django.db.models import Q
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.pagination import CursorPagination
from rest_framework.utils.urls import remove_query_param, replace_query_param

from ...exceptions import ConfigurationError
from ...models import ArrayField
from ...tables import Row

# An order by them has no condition for what comes after a row: Appwrite shows 14 digits of a float.
_WITHOUT_KEYSET = (models.FloatField, models.JSONField, models.BinaryField, ArrayField)


class _Cursor(NamedTuple):
    """Where a page begins: after the row with these values, or before it. Without values: at that end."""

    reverse: bool
    values: list[str | None] | None


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


class KeysetPagination(CursorPagination):  # type: ignore[misc]  # DRF has no types
    """Pages in the order of `ordering`, with links to the next and the previous one.

    `ordering` is a name or several, as for `order_by()`; that of an OrderingFilter takes precedence. Without one it is
    the primary key, or the sequence of a Table. The primary key or the sequence breaks ties. The fields are the
    model's own: no floats, lists, documents or bytes, and no fields of related rows.

    For querysets of models and of Tables. A cursor is signed: another one, or one of another ordering, is a 404.
    """

    ordering = None

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list[Any] | None:
        """Return the rows of the requested page, with one request. Raises NotFound for an invalid cursor."""
        self.request, self.base_url = request, request.build_absolute_uri()
        self.page_size = self.get_page_size(request)
        if not self.page_size:
            return None
        self._keys = self._keys_of(queryset, request, view)
        self._signer = Signer(salt=":".join([__name__, queryset.model._meta.label, *(key.term for key in self._keys)]))
        self.cursor = self.decode_cursor(request) or _Cursor(False, None)
        keys = [key.reversed() for key in self._keys] if self.cursor.reverse else self._keys
        if self.cursor.values is not None:
            try:
                queryset = queryset.filter(self._beyond(keys, self.cursor.values))
            except (ValueError, ValidationError):  # a field was changed since
                raise self._invalid_cursor() from None
        rows = list(queryset.order_by(*(key.term for key in keys))[: self.page_size + 1])
        has_more, self.page = len(rows) > self.page_size, rows[: self.page_size]
        if self.cursor.reverse:
            self.page.reverse()
            self.has_next, self.has_previous = self.cursor.values is not None, has_more
        else:
            self.has_next, self.has_previous = has_more, self.cursor.values is not None
        self.display_page_controls = (self.has_next or self.has_previous) and self.template is not None
        return self.page

    def get_next_link(self) -> str | None:
        """Return the URL of the next page; None on the last one."""
        if not self.has_next:
            return None
        if not self.page:  # all rows before the cursor have gone: the next page is the first one
            return str(remove_query_param(self.base_url, self.cursor_query_param))
        return self.encode_cursor(_Cursor(False, self._values(self.page[-1])))

    def get_previous_link(self) -> str | None:
        """Return the URL of the previous page; None on the first one."""
        if not self.has_previous:
            return None
        return self.encode_cursor(_Cursor(True, self._values(self.page[0]) if self.page else None))

    def encode_cursor(self, cursor: Any) -> str:
        """Return the URL of the page at `cursor`."""
        signed = self._signer.sign_object([cursor.reverse, cursor.values])
        return str(replace_query_param(self.base_url, self.cursor_query_param, signed))

    def decode_cursor(self, request: Any) -> _Cursor | None:
        """Return the cursor of the request, None for the first page. Raises NotFound if it was not made here."""
        text = request.query_params.get(self.cursor_query_param)
        if text is None:
            return None
        try:
            return _Cursor(*self._signer.unsign_object(text))
        except (BadSignature, ValueError):
            raise self._invalid_cursor() from None

    def _invalid_cursor(self) -> NotFound:
        return NotFound(
            f"{self.invalid_cursor_message}: follow the links of a page in this ordering, or leave"
            f" {self.cursor_query_param!r} out for the first page."
        )

    def _beyond(self, keys: list[_Key], values: list[str | None]) -> Q:
        """Return the condition for the rows after one with these values."""
        condition = None
        for key, text in reversed(list(zip(keys, values, strict=True))):
            condition = key.beyond(None if text is None else key.field.to_python(text), condition)
        return condition or Q()

    def _values(self, row: Any) -> list[str | None]:
        values = [(key.field, key.field.value_from_object(row)) for key in self._keys]
        return [None if value is None else str(field.value_to_string(row)) for field, value in values]

    def _keys_of(self, queryset: Any, request: Any, view: Any) -> list[_Key]:
        is_table = issubclass(queryset.model, Row)
        tie_breaker = "sequence" if is_table else "pk"
        own = self.ordering or tie_breaker
        self.ordering = (own,) if isinstance(own, str) else own
        terms = self.get_ordering(request, queryset, view)
        nulls_first = is_table or connections[queryset.db].features.order_by_nulls_first
        keys: dict[str, _Key] = {}
        for term in (*terms, tie_breaker):
            try:
                field = _field(queryset.model, term.lstrip("-"))
            except FieldDoesNotExist as error:
                raise self._refused(f"These pages cannot be ordered by {term}: {error}", view, request) from None
            descending = term.startswith("-")
            keys.setdefault(field.attname, _Key(field, descending, nulls_last=descending == nulls_first))
            if field.attname == _field(queryset.model, tie_breaker).attname:
                break
        return list(keys.values())

    @staticmethod
    def _refused(message: str, view: Any, request: Any) -> Exception:
        """Return the error of an ordering: a 400 where the client has chosen it."""
        parameters = {getattr(backend, "ordering_param", None) for backend in getattr(view, "filter_backends", ())}
        is_chosen = any(request.query_params.get(name) for name in parameters if name)
        return ParseError(message) if is_chosen else ConfigurationError(message)


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
