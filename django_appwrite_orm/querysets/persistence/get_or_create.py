"""Get a row or create it: safe when several do it at once, as far as a unique index tells the rows apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from ...exceptions import IntegrityError, RowDoesNotExist
from ...sansio import Operation, call
from ...tables import Row
from ..query import get_row

if TYPE_CHECKING:
    from ..queryset import QuerySet

R = TypeVar("R", bound=Row)
Values = Mapping[str, Any]


def get_or_create(query: QuerySet[R], defaults: Values | None, lookups: Values) -> Operation[tuple[R, bool]]:
    """Return the row that matches, and False; or a new one, and True."""
    try:
        return (yield from get_row(query, **lookups)), False
    except RowDoesNotExist:
        return (yield from _created(query, defaults or {}, lookups))


def update_or_create(
    query: QuerySet[R], defaults: Values | None, create_defaults: Values | None, lookups: Values
) -> Operation[tuple[R, bool]]:
    """Return the row that matches, with `defaults` set in it, and False; or a new one, and True."""
    changes = defaults or {}
    fresh = query.uncached()
    while True:
        try:
            row, created = (yield from get_row(fresh, **lookups)), False
        except RowDoesNotExist:
            row, created = yield from _created(query, changes if create_defaults is None else create_defaults, lookups)
        if created:
            return row, True
        for name, value in changes.items():
            setattr(row, name, value() if callable(value) else value)
        try:
            yield from call(row, "save", using=query.db)
            return row, False
        except query.model.RowGone:  # deleted since it was read
            continue


def _created(query: QuerySet[R], defaults: Values, lookups: Values) -> Operation[tuple[R, bool]]:
    exact = {name.removesuffix("__exact"): value for name, value in lookups.items()}
    values = {name: value for name, value in exact.items() if "__" not in name} | dict(defaults)
    row = query.new_row({name: value() if callable(value) else value for name, value in values.items()})
    try:
        yield from call(row, "save", using=query.db)
        return row, True
    except IntegrityError:
        # Somebody else was first; the error stands if theirs is not the requested row.
        try:
            return (yield from get_row(query.uncached(), **lookups)), False
        except RowDoesNotExist:
            pass
        raise
