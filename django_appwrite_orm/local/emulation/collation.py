"""Comparison of texts by MariaDB's utf8mb4_general_ci, with which Appwrite 1.9.6 was observed.

- Every code point has one weight: letter case and accents are ignored, nothing expands (ß equals s, æ equals only
  itself).
- All code points outside the basic plane weigh the same, so all emoji are equal. Combining marks are characters of
  their own.
- Equality and order pad with spaces, so trailing ones do not count; patterns count them.

Another database under Appwrite would replace this module only: PostgreSQL would keep letter case in ``fold``. Folded
texts compare by code points, which is SQLite's own order.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

_BEYOND_BASIC_PLANE: Final = "\ufffd"
_LAST: Final = 0xFFFF
# Blocks of 256 code points with weights of their own; every other code point is its own weight. So kana, Arabic
# and the rest keep their marks.
_BLOCKS: Final = frozenset({0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x1E, 0x1F, 0x21, 0x24, 0xFF})
_EXCEPTIONS: Final = {"\u00df": "S", "\u0439": "\u0419", "\u0419": "\u0419"}  # sharp s; short i keeps its breve
_OLD: Final = unicodedata.ucd_3_2_0  # the weights come from a Unicode version of that time


def fold(text: str) -> str:
    """Return the weights of a text, as a text; trailing spaces are kept, for patterns."""
    if text.isascii():
        return text.upper()
    return "".join([_weight(letter) for letter in text])


def sort_key(text: str) -> str:
    """Return the folded text for equality and order, as the shadow columns hold it."""
    return fold(text).rstrip(" ")


@lru_cache(maxsize=4096)
def _weight(letter: str) -> str:
    code = ord(letter)
    if code > _LAST:
        return _BEYOND_BASIC_PLANE
    if letter in _EXCEPTIONS:
        return _EXCEPTIONS[letter]
    if code >> 8 not in _BLOCKS or _OLD.category(letter) == "Cn":
        return letter
    base = _without_marks(letter)
    upper = base.upper()
    is_known = len(upper) == 1 and ord(upper) <= _LAST and _OLD.category(upper) != "Cn"
    return upper if is_known else base


def _without_marks(letter: str) -> str:
    """Return a letter without its accents; a letter that is a compatibility form of another one is kept."""
    while True:
        first, *marks = _OLD.decomposition(letter).split() or [""]
        if not marks or first.startswith("<"):
            return letter
        base = chr(int(first, 16))
        if not unicodedata.category(base).startswith("L"):
            return letter
        letter = base


def after_prefix(prefix: str) -> str | None:
    """Return the least folded text above every text that starts with ``prefix``; None without such a bound."""
    while prefix:
        last = ord(prefix[-1]) + 1
        if last == 0xD800:  # surrogates are not characters
            last = 0xE000
        if last <= _LAST + 1:
            return prefix[:-1] + chr(last)
        prefix = prefix[:-1]
    return None
