"""Columns: their names in Python, their keys on the server, their defaults, and what fits into a row."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.exceptions import ValidationError

from ..conf import VALID_ID
from ..queries import Table
from ..tables import Row, columns, name_problem
from .finding import Finding

KEY_RULE = "1 to 36 characters of A-Z, a-z, 0-9, '-' and '_', the first a letter or a digit"
# MariaDB's limit for a row, and what Appwrite's own columns take of it (bytesUsed of an empty table).
WIDEST_ROW = 65_535
EMPTY_ROW = 1_067
# 1017 columns to a table, 7 of them Appwrite's own.
MOST_COLUMNS = 1_017 - 7


def column_problems(table: type[Row]) -> Iterator[Finding]:
    """Everything about the columns of one table."""
    yield from _names(table)
    yield from _keys(table)
    yield from _defaults(table)
    yield from _sizes(table)


def _names(table: type[Row]) -> Iterator[Finding]:
    for name, column in table._meta.columns.items():
        if problem := name_problem(name, Table):
            yield Finding(
                "E020",
                f"A column cannot be called {name!r} in Python: {problem}.",
                f"Rename it and keep its key on the server: other_name = columns.{type(column).__name__}(...,"
                f" column={column.key!r}).",
                table._meta.label,
            )


def _keys(table: type[Row]) -> Iterator[Finding]:
    seen: dict[str, columns.Column] = {}
    for column in table._meta.columns.values():
        if not isinstance(column.key, str) or not VALID_ID.fullmatch(column.key) or "." in column.key:
            message = f"Column {column.name!r}: {column.key!r} is not a usable key."
            yield Finding("E021", message, f"Use {KEY_RULE}. Filters read a dot as nesting.", table._meta.label)
            continue
        other = seen.setdefault(column.key.lower(), column)
        if other is not column:
            yield Finding(
                "E022",
                f"Columns {other.name!r} and {column.name!r} have the same key {column.key!r} on the server, which"
                " does not look at case.",
                "Give one of them another key with column=.",
                table._meta.label,
            )


def _defaults(table: type[Row]) -> Iterator[Finding]:
    for column in table._meta.columns.values():
        for word, value in (("default", column.default), ("db_default", column.db_default)):
            if value is None or (word == "default" and callable(value)):
                continue
            try:
                column.clean(value)
            except ValidationError as error:
                message = f"Column {column.name!r}: {word}={value!r} is no value of this column."
                yield Finding("E025", message, " ".join(error.messages), table._meta.label)


def _sizes(table: type[Row]) -> Iterator[Finding]:
    found = table._meta.columns.values()
    width = EMPTY_ROW + sum(column.row_bytes for column in found)
    if width > WIDEST_ROW:
        widest = sorted(found, key=lambda column: -column.row_bytes)[:3]
        names = ", ".join(f"{column.name} ({column.row_bytes:,})" for column in widest)
        yield Finding(
            "E023",
            f"A row would take {width:,} bytes of the {WIDEST_ROW:,} there are. Widest: {names}.",
            "A string takes four bytes a character; make it shorter, or a Text column, which takes 20.",
            table._meta.label,
        )
    if len(found) > MOST_COLUMNS:
        hint = "Put some of them into a second table."
        yield Finding("E024", f"{len(found)} columns; a table has at most {MOST_COLUMNS}.", hint, table._meta.label)
