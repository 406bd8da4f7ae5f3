"""Indexes of a table: ordinary, unique, full-text and spatial."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import ClassVar, Never

from ..exceptions import ConfigurationError
from ..plans.limits import ID_LENGTH

# Options of Django's indexes and constraints, and what to write instead. Appwrite has nothing for the others.
_INSTEAD = {
    "fields": "Pass the columns as positional arguments: Index('category', '-price')",
    "name": "Write key= for its name on the server, or leave it out",
    "unique": "Write UniqueIndex(...)",
}


class Index:
    """An index over `columns`, by their names in Python, in order; `-price` is descending.

    `key` is its name on the server, derived from the columns when left out. `lengths` shortens text columns: one entry
    for each column, None for its whole length. Long text needs it, because the lengths of an index add up to 768 at
    most.
    """

    type: ClassVar[str] = "key"

    def __init__(
        self,
        *columns: str,
        key: str | None = None,
        lengths: Sequence[int | None] | None = None,
        **unknown: Never,
    ) -> None:
        for option in unknown:
            advice = _INSTEAD.get(option, "It takes columns, key= and lengths=")
            raise ConfigurationError(f"{type(self).__name__} has no option {option}=. {advice}.")
        if not columns or not all(isinstance(column, str) and column.lstrip("-") for column in columns):
            raise ConfigurationError(
                f"{type(self).__name__}: expected names of columns, such as 'price', not {columns!r}."
            )
        if lengths is not None and len(lengths) != len(columns):
            raise ConfigurationError(
                f"{type(self).__name__}: lengths has {len(lengths)} entries for {len(columns)} columns. Write one"
                " entry per column."
            )
        self.columns = tuple(column.removeprefix("-") for column in columns)
        self.orders = tuple("DESC" if column.startswith("-") else "ASC" for column in columns)
        self.lengths = tuple(lengths) if lengths is not None else (None,) * len(columns)
        self.key = key or self._default_key()

    def _default_key(self) -> str:
        key = "_".join(self.columns).strip("_$").replace("$", "") + f"_{self.type}"
        if len(key) <= ID_LENGTH:
            return key
        return f"{key[: ID_LENGTH - 9]}_{hashlib.blake2b(key.encode(), digest_size=4).hexdigest()}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.key}>"


class UniqueIndex(Index):
    """An index that allows no two rows with the same values. Nulls do not count as equal."""

    type = "unique"


class FulltextIndex(Index):
    """An index of the words in text columns; the lookup `__search` needs it."""

    type = "fulltext"


class SpatialIndex(Index):
    """An index over one column of points, lines or polygons, for spatial lookups.

    On MariaDB, the usual database under Appwrite, the column must be required.
    """

    type = "spatial"
