"""What `values()` and `values_list()` make of a row. As data, so that a queryset can be pickled."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from ..tables import Row


@dataclass(frozen=True, slots=True)
class ValuesShape:
    """`names` as they were asked for, and the `attributes` of a row that they stand for."""

    form: Literal["dict", "tuple", "flat", "named"]
    names: tuple[str, ...]
    attributes: tuple[str, ...]

    def __call__(self, row: Row) -> Any:
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
    """For pickles: the class stands in no module, where one could find it again."""
    return _named_row, (row._fields, tuple(row))
