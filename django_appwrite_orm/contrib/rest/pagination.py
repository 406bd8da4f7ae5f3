"""Keyset pagination: a page is requested by a condition on the row before it, at any depth with one request.

DRF's CursorPagination remembers the first field of the ordering alone. Rows that are equal in it are counted off with
an offset of at most 1,000, and a page that begins at a null raises ValidationError.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.pagination import CursorPagination
from rest_framework.utils.urls import remove_query_param, replace_query_param

from ...exceptions import ConfigurationError
from ...tables import Row
from ..keyset import FIRST, Cursor, InvalidCursor, Keyset


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
        self._keyset = self._keyset_of(queryset, request, view)
        self.cursor = self.decode_cursor(request) or FIRST
        try:
            self.page, self._previous, self._next = self._keyset.page(queryset, self.cursor, self.page_size)
        except InvalidCursor:
            raise self._invalid_cursor() from None
        self.has_next, self.has_previous = self._next is not None, self._previous is not None
        self.display_page_controls = (self.has_next or self.has_previous) and self.template is not None
        return self.page

    def get_next_link(self) -> str | None:
        """Return the URL of the next page; None on the last one."""
        return None if self._next is None else self.encode_cursor(self._next)

    def get_previous_link(self) -> str | None:
        """Return the URL of the previous page; None on the first one."""
        return None if self._previous is None else self.encode_cursor(self._previous)

    def encode_cursor(self, cursor: Any) -> str:
        """Return the URL of the page at `cursor`."""
        if cursor == FIRST:
            return str(remove_query_param(self.base_url, self.cursor_query_param))
        return str(replace_query_param(self.base_url, self.cursor_query_param, self._keyset.sign(cursor)))

    def decode_cursor(self, request: Any) -> Cursor | None:
        """Return the cursor of the request, None for the first page. Raises NotFound if it was not made here."""
        text = request.query_params.get(self.cursor_query_param)
        if text is None:
            return None
        try:
            return self._keyset.unsign(text)
        except InvalidCursor:
            raise self._invalid_cursor() from None

    def _invalid_cursor(self) -> NotFound:
        text = _(
            "%(problem)s: follow the links of a page in this ordering, or leave '%(parameter)s' out for the first page."
        )
        return NotFound(text % {"problem": self.invalid_cursor_message, "parameter": self.cursor_query_param})

    def _keyset_of(self, queryset: Any, request: Any, view: Any) -> Keyset:
        own = self.ordering or ("sequence" if issubclass(queryset.model, Row) else "pk")
        self.ordering = (own,) if isinstance(own, str) else own
        try:
            return Keyset(queryset, self.get_ordering(request, queryset, view), __name__)
        except FieldDoesNotExist as error:
            raise self._refused(str(error), view, request) from None

    @staticmethod
    def _refused(message: str, view: Any, request: Any) -> Exception:
        """Return the error of an ordering: a 400 where the client has chosen it."""
        parameters = {getattr(backend, "ordering_param", None) for backend in getattr(view, "filter_backends", ())}
        is_chosen = any(request.query_params.get(name) for name in parameters if name)
        return ParseError(message) if is_chosen else ConfigurationError(message)
