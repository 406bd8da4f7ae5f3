"""The columns every table has without declaring them, and how names and keys lead to columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from django.core.exceptions import FieldError

from ..plans import EVERYTHING, NOTHING, Clause
from . import Row, columns, unknown_column

# What a row's sequence may be.
SEQUENCES = range(1, 2**63)


class _Sequence(columns.Integer):
    """`$sequence`, which Appwrite compares as a number and takes as text."""

    def encode(self, value: Any) -> str:
        return str(value)


def _system(column: columns.Column, name: str, key: str) -> columns.Column:
    bound = column.bound(name)
    bound.key = key
    return bound


SYSTEM_COLUMNS = {
    "id": _system(columns.String(required=True, size=36), "id", "$id"),
    "sequence": _system(_Sequence(required=True), "sequence", "$sequence"),
    "created_at": _system(columns.Datetime(required=True), "created_at", "$createdAt"),
    "updated_at": _system(columns.Datetime(required=True), "updated_at", "$updatedAt"),
}
_BY_KEY = {column.key: column for column in SYSTEM_COLUMNS.values()}
SYSTEM_COLUMNS["pk"] = SYSTEM_COLUMNS["id"]


def column_of(table: type[Row], name: str, also: Callable[[], Iterable[str]] = tuple) -> columns.Column:
    """The column `name` of `table`, system ones included; of a reference, the one that keeps the id. Raises FieldError
    with the near names, of those that `also` gives too."""
    if not isinstance(name, str):
        raise FieldError(f"{table.__name__}: give the name of a column, such as 'id', not {name!r}.")
    if name in table._meta.references:
        name = table._meta.references[name].column_name
    found = table._meta.columns.get(name) or SYSTEM_COLUMNS.get(name)
    if found is None:
        raise FieldError(unknown_column(table, name, also()))
    return found


def column_by_key(table: type[Row], key: str) -> columns.Column | None:
    """The column that Appwrite knows as `key`; None where only the server has it."""
    return table._meta.by_key.get(key) or _BY_KEY.get(key)


def within_sequences(clause: Clause) -> Clause:
    """The same condition on `$sequence` in values that Appwrite takes: it refuses those that no row can have, below 1
    (recorded of 1.9.6) and above 64 bits."""
    wanted = [int(value) for value in clause.values or ()]
    if clause.method == "equal":
        possible = tuple(str(value) for value in wanted if value in SEQUENCES)
        return replace(clause, values=possible) if possible else NOTHING
    if clause.method == "between":
        low, high = max(wanted[0], SEQUENCES[0]), min(wanted[1], SEQUENCES[-1])
        return replace(clause, values=(str(low), str(high))) if low <= high else NOTHING
    if len(wanted) != 1 or wanted[0] in SEQUENCES:
        return clause
    return EVERYTHING if (wanted[0] < SEQUENCES[0]) == clause.method.startswith("greater") else NOTHING


def keys(table: type[Row], names: Iterable[str]) -> tuple[str, ...]:
    """The keys of these columns on the server, each once. Raises FieldError with the near names."""
    return tuple(dict.fromkeys(column_of(table, name).key for name in names))
