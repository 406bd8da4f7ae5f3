"""Regular expressions of lookups: those of Python, as in Django's SQLite backend."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from typing import Any

from django.db import DataError
from django.db.models import lookups
from django.utils.translation import gettext as _

from ..errors import FieldDataError


def refuse_pattern(lookup: Any, field: Any) -> None:
    """Raise DataError, which names `field` if there is one, for a pattern that is not a regular expression."""
    if not isinstance(lookup, lookups.Regex) or not isinstance(lookup.rhs, str):
        return
    try:
        re.compile(lookup.rhs)
    except re.error as error:
        reason = _reason(lookup.rhs, error)
        raise (DataError(reason) if field is None else FieldDataError(field, reason)) from error


def install(connection: sqlite3.Connection, note: Callable[[DataError], None]) -> None:
    """Give `connection` the operator REGEXP. It passes to `note` the error for a pattern that a column has."""

    def matches(pattern: str | None, text: Any) -> bool | None:
        if pattern is None or text is None:
            return None
        try:
            return re.search(pattern, text if isinstance(text, str) else str(text)) is not None
        except re.error as error:
            note(DataError(_reason(pattern, error)))
            raise

    connection.create_function("REGEXP", 2, matches, deterministic=True)


def _reason(pattern: str, error: re.error) -> str:
    return _("%(value)s is not a regular expression: %(error)s.") % {"value": repr(pattern), "error": error}
