"""System columns, which every table has undeclared: their names in Python and their keys on the server.

No other module spells this mapping.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from ..plans import EVERYTHING, NOTHING, Clause
from ..plans.limits import ID_LENGTH, SEQUENCES
from . import columns


class _Sequence(columns.Integer):
    """`$sequence`, which Appwrite compares as a number and accepts as text."""

    def encode(self, value: Any) -> str:
        return str(value)

    def decode(self, raw: Any) -> int:
        return int(raw)


def _system(name: str, key: str, column: columns.Column) -> columns.Column:
    bound = column.bound(name)
    bound.key = key
    return bound


_COLUMNS = (
    _system("id", "$id", columns.String(required=True, size=ID_LENGTH)),
    _system("sequence", "$sequence", _Sequence(required=True)),
    _system("created_at", "$createdAt", columns.Datetime(required=True)),
    _system("updated_at", "$updatedAt", columns.Datetime(required=True)),
)
ID, SEQUENCE, CREATED_AT, UPDATED_AT = _COLUMNS
PERMISSIONS_KEY: Final = "$permissions"

SYSTEM_COLUMNS: Final = {**{column.name: column for column in _COLUMNS}, "pk": ID}
SYSTEM_COLUMNS_BY_KEY: Final = {column.key: column for column in _COLUMNS}
# Those that an index may be over.
INDEXABLE: Final = {name: column for name, column in SYSTEM_COLUMNS.items() if column is not SEQUENCE}
# What every row has besides its columns, as it stands in filters, orders and constructors.
SYSTEM_NAMES: Final = (*SYSTEM_COLUMNS, "permissions")


def within_sequences(clause: Clause) -> Clause:
    """Restrict a condition on `$sequence` to values that Appwrite accepts.

    It refuses values that no row can have: below 1 (recorded of 1.9.6) and above 64 bits.
    """
    numbers = [int(value) for value in clause.values or ()]
    if clause.method == "equal":
        possible = tuple(str(value) for value in numbers if value in SEQUENCES)
        return replace(clause, values=possible) if possible else NOTHING
    if clause.method == "between":
        low, high = max(numbers[0], SEQUENCES[0]), min(numbers[1], SEQUENCES[-1])
        return replace(clause, values=(str(low), str(high))) if low <= high else NOTHING
    if len(numbers) != 1 or numbers[0] in SEQUENCES:
        return clause
    return EVERYTHING if (numbers[0] < SEQUENCES[0]) == clause.method.startswith("greater") else NOTHING
