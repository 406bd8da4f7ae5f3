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
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial

NAME = "appwrite"
# In place of a folded letter, any one.
_ANY_LETTER = ""
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
        parts = _parts(pattern, escape, fold)
        if not any(_ANY_LETTER in part for part in parts):
            return partial(_has_parts, ["".join(part) for part in parts])
        expression = re.compile(".*".join(map(_expression, parts)), re.DOTALL)
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


def _parts(pattern: str, escape: str | None, fold: Callable[[str], str]) -> list[list[str]]:
    """Return the folded letters of a pattern of LIKE, in parts between which any text may stand."""
    parts: list[list[str]] = [[]]
    letters = iter(pattern)
    for letter in letters:
        if letter == escape:
            parts[-1].append(fold(next(letters, letter)))
        elif letter == "%":
            parts.append([])
        else:
            parts[-1].append(_ANY_LETTER if letter == "_" else fold(letter))
    return parts


def _expression(part: Iterable[str]) -> str:
    return "".join("." if letter == _ANY_LETTER else re.escape(letter) for letter in part)


def _has_parts(parts: Sequence[str], text: str) -> bool:
    """Whether a text is these parts with any text between them, in time that grows with the text alone."""
    first, *others = parts
    if not others:
        return text == first
    *middle, last = others
    if not (text.startswith(first) and text.endswith(last)):
        return False
    place, end = len(first), len(text) - len(last)
    for part in middle:
        place = text.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return place <= end
