"""`{% load appwrite %}`: rows of a table in a template."""

from __future__ import annotations

from typing import Any

from django import template
from django.core.exceptions import FieldError, ValidationError
from django.template import TemplateSyntaxError

from ..exceptions import ConfigurationError, NotSupportedError
from ..querysets import QuerySet
from ..querysets.managers import rows_of
from ..registry import registry
from ..tables import Row

register = template.Library()


@register.simple_tag
def rows(
    table: str, *, order_by: str = "", limit: int | str | None = None, offset: int | str = 0, **lookups: Any
) -> QuerySet[Row]:
    """Return rows of the table with this name, id or label, cached like any other read.

        {% rows "products" category="books" price__lt=20 order_by="-price,name" limit=5 as items %}

    Every keyword besides `order_by` (names separated by commas), `limit` and `offset` is a lookup; a column of
    that name takes `limit__exact`. Nothing is read before the rows are used. Raises TemplateSyntaxError for a
    table, column, lookup, value or number that cannot be.
    """
    try:
        queryset = rows_of(registry.get(table)).filter(**lookups)
        if order_by:
            queryset = queryset.order_by(*(name.strip() for name in order_by.split(",")))
    except (ConfigurationError, FieldError, NotSupportedError) as error:
        raise TemplateSyntaxError(f"rows: {error}") from error
    except ValidationError as error:
        problems = " ".join(f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items())
        raise TemplateSyntaxError(f"rows {table!r}: {problems}") from error
    start = _number("offset", offset)
    window: QuerySet[Row] = queryset[start : None if limit is None else start + _number("limit", limit)]
    return window


def _number(name: str, value: int | str) -> int:
    if isinstance(value, bool) or not str(value).isdecimal():
        raise TemplateSyntaxError(f"rows: {name} must be a whole number, 0 or more, not {value!r}.")
    return int(value)
