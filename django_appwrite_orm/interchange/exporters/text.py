"""A schema for people to read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...exceptions import one_line
from ...schema.state import TableState


def text(tables: Iterable[TableState]) -> str:
    """Return a paragraph for every table."""
    return "\n\n".join("\n".join(_table(table)) for table in tables) + "\n"


def _table(table: TableState) -> Iterator[str]:
    title = table.id if table.name == table.id else f"{table.id} ({table.name!r})"
    yield title
    yield "-" * len(title)
    yield "Columns:"
    yield from (f"  {column}" for column in table.columns.values())
    if table.indexes:
        yield "Indexes:"
        yield from (f"  {index}" for index in table.indexes.values())
    yield "Permissions:" if table.permissions else "Permissions: none, only API keys have access"
    yield from (f"  {one_line(permission)}" for permission in sorted(table.permissions))
    if table.row_security:
        yield "Rows have permissions of their own."
    if not table.enabled:
        yield "Disabled."
