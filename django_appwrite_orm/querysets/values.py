"""The results of `values()` and `values_list()`, described as data so that a queryset can be pickled."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from ..tables import Row


@dataclass(frozen=True, slots=True)
class ValuesShape:
    """The `names` of the call, and the `attributes` of a row that they mean."""

    form: Literal["dict", "tuple", "flat", "named"]
    names: tuple[str, ...]
    attributes: tuple[str, ...]

    def __call__(self, row: Row) -> Any:
        """Return the values of `row` in this form."""
        values = tuple([getattr(row, attribute) for attribute in self.attributes])
        if self.form == "dict":
            return dict(zip(self.names, values, strict=True))
        if self.form == "flat":
            return values[0]
        return values if self.form == "tuple" else _named_row(self.names, values)


def _named_row(names: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    return _row_class(names)(*values)


@lru_cache
def _row_class(names: tuple[str, ...]) -> Any:
    return type("Row", (namedtuple("Row", names),), {"__slots__": (), "__reduce__": _reduce})


def _reduce(row: Any) -> tuple[Any, ...]:
    """Pickle a named row by its names: its class is not in a module."""
    return _named_row, (row._fields, tuple(row))
