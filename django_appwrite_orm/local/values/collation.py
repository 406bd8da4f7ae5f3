"""How texts compare: the rules of MariaDB's utf8mb4_general_ci, under which Appwrite 1.9.6 was observed.

Every code point has one weight: letter case and accents are ignored, nothing expands (ß equals s, æ equals only
itself), everything outside the basic plane weighs the same (so all emoji are equal), and combining marks count as
characters of their own. Equality and order pad with spaces, so trailing ones do not count; patterns count them.

This module is the one place to replace for another database under Appwrite: PostgreSQL would keep letter case in
``fold``. A folded text compares by its code points, which is SQLite's own order.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

_BEYOND_BASIC_PLANE: Final = "\ufffd"
_SHARP_S: Final = "\u00df"
_LAST: Final = 0xFFFF


def fold(text: str) -> str:
    """The weights of a text, as a text; trailing spaces kept (for patterns)."""
    if text.isascii():
        return text.upper()
    return "".join([_weight(letter) for letter in text])


def sort_key(text: str) -> str:
    """The folded text for equality and order: what the shadow columns hold."""
    return fold(text).rstrip(" ")


@lru_cache(maxsize=4096)
def _weight(letter: str) -> str:
    if ord(letter) > _LAST:
        return _BEYOND_BASIC_PLANE
    if letter == _SHARP_S:
        return "S"
    base = letter
    while len(parts := unicodedata.decomposition(base).split()) > 0:
        if parts[0].startswith("<") or not all(unicodedata.combining(chr(int(mark, 16))) for mark in parts[1:]):
            break
        base = chr(int(parts[0], 16))
    upper = base.upper()
    return upper if len(upper) == 1 and ord(upper) <= _LAST else base


def after_prefix(prefix: str) -> str | None:
    """The least folded text above every text that starts with ``prefix``; None where there is no bound."""
    while prefix:
        last = ord(prefix[-1]) + 1
        if last == 0xD800:  # surrogates are no characters
            last = 0xE000
        if last <= _LAST + 1:
            return prefix[:-1] + chr(last)
        prefix = prefix[:-1]
    return None
