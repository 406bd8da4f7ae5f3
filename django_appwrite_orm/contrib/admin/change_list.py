"""The change list: pages that begin after a row, at any depth with one request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ALL_VAR, PAGE_VAR
from django.core.exceptions import FieldDoesNotExist
from django.core.paginator import Paginator
from django.db import connections as databases
from django.db import models
from django.db.models.expressions import F, OrderBy
from django.http import HttpRequest

from ..keyset import FIRST, LAST, Cursor, InvalidCursor, Keyset
from .counting import CappedPaginator
from .date_hierarchy import DateHierarchyChangeList
from .display import ReadableChangeList

# The parameter in the URL of a change list that asks for the exact number of rows: `?_count=all`.
COUNT = "_count"
# The parameter that says where the page begins.
CURSOR = "_cursor"
# The longest text in an order whose pages begin after a row: its value is in the address of the next page.
_LONGEST_TEXT = 500


class PageLinks(NamedTuple):
    """The addresses of other pages; None where there is none."""

    first: str | None
    previous: str | None
    next: str | None
    last: str | None


class AppwriteChangeList(ReadableChangeList):
    """A change list whose pages begin after a row, or before one, where Appwrite answers it by itself.

    Other lists, and those of other databases, have pages by number, as has an address with `?p=`.
    """

    # None for pages by number.
    page_links: PageLinks | None = None

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        """Return the parameters that filter."""
        filters: dict[str, Any] = super().get_filters_params(params)
        return {name: value for name, value in filters.items() if name not in (COUNT, CURSOR)}

    def get_query_string(self, new_params: Any = None, remove: Any = None) -> str:
        """Return the parameters of another list, which begins at its first page."""
        return super().get_query_string(new_params, [*(remove or ()), CURSOR])

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> models.QuerySet[Any]:
        """Return all rows of the list."""
        self.params.pop(CURSOR, None)  # they are the hidden inputs of the search form
        rows: models.QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        return rows

    def get_results(self, request: HttpRequest) -> None:
        """Count the rows, and read those of the page."""
        super().get_results(request)
        if getattr(self.result_count, "is_capped", False) and not (self.multi_page and not self.can_show_all):
            # `list_per_page` or `list_max_show_all` is that large: it cannot be said that all rows fit.
            self.multi_page, self.can_show_all = True, False
            self.result_list = self.paginator.page(self.page_num).object_list
        if self.multi_page and not (self.show_all and self.can_show_all) and PAGE_VAR not in request.GET:
            self._begin_at_cursor(request.GET.get(CURSOR))

    @property
    def exact_count_url(self) -> str:
        """The address of the same list with the exact number of rows."""
        return self.get_query_string({COUNT: "all"})

    @property
    def show_all_url(self) -> str:
        """The address of the list on one page."""
        return self.get_query_string({ALL_VAR: ""})

    @property
    def for_date_hierarchy(self) -> Any:
        """What Django's tag `date_hierarchy` reads: this list, or one that finds dates without reading all rows."""
        is_large = getattr(self.result_count, "is_capped", False)
        return (
            DateHierarchyChangeList(self)
            if is_large and _is_direct(self.queryset.order_by(self.date_hierarchy))
            else self
        )

    def _begin_at_cursor(self, text: str | None) -> None:
        """Show the page at a cursor, if the list has such pages; the first one for a cursor that is not valid."""
        keyset = _keyset_of(self.queryset)
        if keyset is None:
            return
        try:
            cursor = keyset.unsign(text) if text else FIRST
            rows = keyset.rows_from(self.queryset, cursor)
        except InvalidCursor:
            cursor, rows = FIRST, self.queryset
        if not _is_direct(rows):
            return
        page = keyset.page(self.queryset, cursor, self.list_per_page)
        self.result_list = _with_rows(self.queryset, page.rows)
        self.page_links = PageLinks(
            first=page.previous and self._url(keyset, FIRST),
            previous=page.previous and self._url(keyset, page.previous),
            next=page.next and self._url(keyset, page.next),
            last=page.next and self._url(keyset, LAST),
        )

    def _url(self, keyset: Keyset, cursor: Cursor) -> str:
        return self.get_query_string({} if cursor == FIRST else {CURSOR: keyset.sign(cursor)})


class LabelledForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form whose inputs have their labels as attributes, for a page that shows no labels."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not field.widget.is_hidden and field.label:
                field.widget.attrs.setdefault("aria-label", field.label)


class ChangeListMixin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Counts up to 5,000 rows, and has pages that begin after a row."""

    change_list_template = "django_appwrite_orm/admin/change_list.html"
    paginator = CappedPaginator
    show_full_result_count = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[AppwriteChangeList]:
        """Return the class of the change list."""
        return AppwriteChangeList

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the class of a row's form in the change list."""
        return super().get_changelist_form(request, **{"form": LabelledForm, **kwargs})

    def get_paginator(
        self,
        request: HttpRequest,
        queryset: Any,
        per_page: int,
        orphans: int = 0,
        allow_empty_first_page: bool = True,
    ) -> Paginator[Any]:
        """Return the paginator; one that counts all rows where the address asks for that."""
        paginator_class = Paginator if request.GET.get(COUNT) == "all" else self.paginator
        return paginator_class(queryset, per_page, orphans, allow_empty_first_page)


def _keyset_of(queryset: models.QuerySet[Any]) -> Keyset | None:
    """Return the order of a queryset; None where no page can begin after a row."""
    query = queryset.query
    if databases[queryset.db].vendor != "appwrite" or query.extra_order_by or not query.standard_ordering:
        return None
    try:
        keyset = Keyset(queryset, _terms(query.order_by), __name__)
    except FieldDoesNotExist:
        return None
    return None if any(map(_is_long, keyset.fields)) else keyset


def _terms(order_by: Any) -> Iterator[str]:
    """Yield the terms of an order. Raises FieldDoesNotExist for expressions."""
    for term in order_by:
        if isinstance(term, str):
            yield term
        elif isinstance(term, OrderBy) and isinstance(term.expression, F) and not (term.nulls_first or term.nulls_last):
            name: str = term.expression.name  # type: ignore[attr-defined]
            yield f"-{name}" if term.descending else name
        else:
            raise FieldDoesNotExist


def _is_long(field: models.Field[Any, Any]) -> bool:
    is_text = isinstance(field, (models.CharField, models.TextField))
    return is_text and (field.max_length is None or field.max_length > _LONGEST_TEXT)


def _is_direct(queryset: models.QuerySet[Any]) -> bool:
    """Whether Appwrite answers a query by itself."""
    compiler: Any = queryset.query.clone().get_compiler(connection=databases[queryset.db])
    return bool(compiler.is_direct())


def _with_rows(queryset: models.QuerySet[Any], rows: list[Any]) -> models.QuerySet[Any]:
    """Return a queryset that was evaluated to these rows."""
    evaluated: Any = queryset.all()
    evaluated._result_cache, evaluated._prefetch_done = rows, True
    return evaluated  # type: ignore[no-any-return]
