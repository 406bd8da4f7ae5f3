"""Indexes of a table: an ordinary one, a unique one, one for full-text search, one for places."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import ClassVar, Never

from ..exceptions import ConfigurationError
from ..plans.limits import ID_LENGTH

# What Django's indexes and constraints take, and what to write here. Of the others Appwrite's indexes have nothing.
_INSTEAD = {
    "fields": "Give the columns by themselves: Index('category', '-price')",
    "name": "Write key= for its name on the server, or leave it out",
    "unique": "Write UniqueIndex(...)",
}


class Index:
    """An index over `columns`, by their Python names, in order; `-price` orders that one descending.

    `key` is its name on the server, made from the columns when left out. `lengths` shortens text columns:
    one entry a column, None for the whole of it; long text needs it, for an index holds 768 in all.
    """

    type: ClassVar[str] = "key"

    def __init__(
        self,
        *columns: str,
        key: str | None = None,
        lengths: Sequence[int | None] | None = None,
        **unknown: Never,
    ) -> None:
        for word in unknown:
            advice = _INSTEAD.get(word, "It takes columns, key= and lengths=")
            raise ConfigurationError(f"{type(self).__name__} has no option {word}=. {advice}.")
        if not columns or not all(isinstance(column, str) and column.lstrip("-") for column in columns):
            raise ConfigurationError(f"{type(self).__name__}: name at least one column, as text, not {columns!r}.")
        if lengths is not None and len(lengths) != len(columns):
            raise ConfigurationError(
                f"{type(self).__name__}: lengths has {len(lengths)} entries for {len(columns)} columns; give one each."
            )
        self.columns = tuple(column.removeprefix("-") for column in columns)
        self.orders = tuple("DESC" if column.startswith("-") else "ASC" for column in columns)
        self.lengths = tuple(lengths) if lengths is not None else (None,) * len(columns)
        self.key = key or self._made_key()

    def _made_key(self) -> str:
        key = "_".join(self.columns).strip("_$").replace("$", "") + f"_{self.type}"
        if len(key) <= ID_LENGTH:
            return key
        return f"{key[: ID_LENGTH - 9]}_{hashlib.blake2b(key.encode(), digest_size=4).hexdigest()}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.key}>"


class UniqueIndex(Index):
    """No two rows with the same values. Nulls do not count as the same."""

    type = "unique"


class FulltextIndex(Index):
    """What `__search` needs: an index for words, over text columns."""

    type = "fulltext"


class SpatialIndex(Index):
    """Over a single column of points, lines or polygons: makes questions about places fast. On MariaDB, the usual
    database under Appwrite, the column must be required."""

    type = "spatial"
