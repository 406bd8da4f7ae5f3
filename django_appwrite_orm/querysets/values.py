"""The results of `values()` and `values_list()`, described as data so that a queryset can be pickled."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from ..plans import copies


@dataclass(frozen=True, slots=True)
class ValuesShape:
    """The `names` of the call, and the `attributes` of a row that they mean."""

    form: Literal["dict", "tuple", "flat", "named"]
    names: tuple[str, ...]
    attributes: tuple[str, ...]

    def of(self, columns: Sequence[Sequence[Any]]) -> list[Any]:
        """Return the values of each row in this form. `columns` has those of each attribute."""
        if self.form == "flat":
            return list(columns[0])
        if self.form == "dict":
            return copies(dict.fromkeys(self.names), len(columns[0]), zip(self.names, columns, strict=True))
        rows = zip(*columns, strict=True)
        return list(rows if self.form == "tuple" else map(_row_class(self.names)._make, rows))


def _named_row(names: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    return _row_class(names)(*values)


@lru_cache
def _row_class(names: tuple[str, ...]) -> Any:
    return type("Row", (namedtuple("Row", names),), {"__slots__": (), "__reduce__": _reduce})


def _reduce(row: Any) -> tuple[Any, ...]:
    """Pickle a named row by its names: its class is not in a module."""
    return _named_row, (row._fields, tuple(row))
