"""SQLite that compares texts as the server does.

Appwrite 1.9.6 was observed on MariaDB with utf8mb4_general_ci: letter case and accents do not count, nor do spaces at
the end of a text in equality and order; patterns count those. The weights are those of the local Appwrite, which the
recordings of that server hold. No other database under Appwrite was measured, so that there is one collation.

Columns have the collation, so a comparison with a column uses it. The result of a function has none in SQLite: two
such results compare by their code points.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from functools import lru_cache

NAME = "appwrite"
# Folded texts and patterns that a connection remembers. A sort compares each text about log2(rows) times.
_TEXTS, _PATTERNS = 65_536, 256


def install(connection: sqlite3.Connection) -> None:
    """Give `connection` the collation and the LIKE of the server."""
    # The local Appwrite takes longer to import than all of this package: only where a query is answered in memory.
    from ...local.emulation.collation import fold, sort_key

    key = lru_cache(_TEXTS)(sort_key)

    def compare(left: str, right: str) -> int:
        first, second = key(left), key(right)
        return (first > second) - (first < second)

    connection.create_collation(NAME, compare)

    @lru_cache(_PATTERNS)
    def matcher(pattern: str, escape: str | None) -> Callable[[str], bool]:
        expression = re.compile(_expression(pattern, escape, fold), re.DOTALL)
        return lambda text: expression.fullmatch(text) is not None

    def like(pattern: object, text: object, escape: str | None = None) -> bool | None:
        if pattern is None or text is None:
            return None
        return matcher(_as_text(pattern), escape)(fold(_as_text(text)))

    connection.create_function("like", 2, like, deterministic=True)
    connection.create_function("like", 3, like, deterministic=True)


def text_key(text: str) -> str:
    """Return what the server compares in place of a text."""
    from ...local.emulation.collation import sort_key

    return sort_key(text)


def _as_text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _expression(pattern: str, escape: str | None, fold: Callable[[str], str]) -> str:
    """Return a pattern of LIKE as the regular expression that a folded text has to match as a whole."""
    parts: list[str] = []
    letters = iter(pattern)
    for letter in letters:
        if letter == escape:
            parts.append(re.escape(fold(next(letters, letter))))
        elif letter in "%_":
            parts.append(".*" if letter == "%" else ".")
        else:
            parts.append(re.escape(fold(letter)))
    return "".join(parts)
