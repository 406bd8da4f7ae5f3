"""The column that counts the changes of its row."""

from __future__ import annotations

from typing import Any, NoReturn

from .numbers import Integer
from .unknown_options import unknown_options


class Version(Integer["int | None"]):
    """How often the row was written through this package: 1 when it is new, one more with every `save`, `update` and
    `bulk_update`. `save(if_unchanged=True)` goes by it. It cannot be set; rows that are older than the column have
    None, and 1 after their next change."""

    def __init__(self, *, column: str | None = None, renamed_from: str | None = None, **unknown: Any) -> None:
        if unknown:
            raise unknown_options(self, unknown, known=("column", "renamed_from"))
        super().__init__(default=1, column=column, renamed_from=renamed_from)

    def __set__(self, row: object, value: object) -> NoReturn:
        raise AttributeError(f"{type(row).__name__}.{self.name} counts the changes of the row and cannot be set.")
