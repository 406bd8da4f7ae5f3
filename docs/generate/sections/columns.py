"""The kinds of columns of a `Table`, from `tables/kinds.py`."""

from __future__ import annotations

from django_appwrite_orm.tables import columns
from django_appwrite_orm.tables.columns import Column
from django_appwrite_orm.tables.kinds import Kind

from ..markdown import code, table


def column_classes() -> list[type[Column]]:
    """Return the classes of columns, by name."""
    found = [getattr(columns, name) for name in sorted(columns.__all__, key=str.lower)]
    return [value for value in found if issubclass(value, Column) and value is not Column]


def _columns() -> str:
    rows = []
    for column in column_classes():
        kind, has_arrays = column.kind, column.kind.has_arrays and column is not columns.Version
        rows.append(
            [
                code(column.__name__),
                code(kind.name),
                _limit(kind) if column.__name__.lower() == kind.name or kind.name == "string" else "",
                "by its size" if kind.row_bytes is None else str(kind.row_bytes),
                "yes" if has_arrays else "no",
                "yes" if column.arithmetic and column is not columns.Version else "no",
            ]
        )
    head = ["Column", "Appwrite type", "Limits of the type", "Bytes of a row", "`array=True`", "Counts with `F()`"]
    return table(head, rows)


def _limit(kind: Kind) -> str:
    if kind.max_size is not None:
        return f"up to {kind.max_size:,} characters"
    if kind.max_bytes is not None:
        return f"up to {kind.max_bytes:,} bytes of UTF-8"
    if kind.size is not None:
        return f"up to {kind.size:,} characters"
    if kind.range is not None and kind.is_whole:
        return "64 bits"
    return "a finite double" if kind.range is not None else ""


SECTIONS = {"columns": _columns}
