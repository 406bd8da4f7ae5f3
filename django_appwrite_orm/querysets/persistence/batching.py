"""Helpers of the bulk operations: parts of a list, and errors by the position of their row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from django.core.exceptions import ValidationError

from ...credentials import ConnectionRef, Using
from ...exceptions import AppwriteError
from ...relations.cascades import has_relationships
from ...tables import Row

Errors = dict[int, Exception]
Item = TypeVar("Item")


def chunks_of(items: list[Item], size: int) -> Iterator[list[Item]]:
    """Yield the items in lists of `size`."""
    return (items[start : start + size] for start in range(0, len(items), size))


def goes_row_by_row(table: type[Row], alias: Using) -> bool:
    """Whether Appwrite refuses its bulk routes: to users, and on tables with relationships.

    Observed: 400 `general_bad_request`, on both sides of a relationship.
    """
    return ConnectionRef.of(alias).credentials is not None or has_relationships(table)


def by_position(refused: Mapping[int, ValidationError]) -> dict[str, Any]:
    """Return the messages of several rows for one ValidationError, as in `3.price`."""
    return {f"{n}.{name}": messages for n, error in refused.items() for name, messages in error.message_dict.items()}


def is_refusal(error: AppwriteError) -> bool:
    """Whether the server refuses something about the rows themselves, so that others may be written."""
    return not error.unclear and error.status in (400, 404, 409)


def batch_of(size: int | None, most: int) -> int:
    """Return the rows of one request: `size` if it is given, at most `most`. Raises ValueError."""
    if size is None:
        return most
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise ValueError(f"batch_size must be a whole number of rows above 0, not {size!r}.")
    return min(size, most)
