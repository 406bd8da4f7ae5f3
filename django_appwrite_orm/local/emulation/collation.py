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
_LAST: Final = 0xFFFF
# The blocks of 256 code points that have weights of their own; every other code point weighs itself. So kana,
# Arabic and the rest keep their marks.
_BLOCKS: Final = frozenset({0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x1E, 0x1F, 0x21, 0x24, 0xFF})
_EXCEPTIONS: Final = {"\u00df": "S", "\u0439": "\u0419", "\u0419": "\u0419"}  # sharp s; short i keeps its breve
_OLD: Final = unicodedata.ucd_3_2_0  # the weights were made from a Unicode of that time


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
    """The letter under the accents; a letter that merely stands for another one stays."""
    while True:
        first, *marks = _OLD.decomposition(letter).split() or [""]
        if not marks or first.startswith("<"):
            return letter
        base = chr(int(first, 16))
        if not unicodedata.category(base).startswith("L"):
            return letter
        letter = base


def after_prefix(prefix: str) -> str | None:
    """The least folded text above every text that starts with ``prefix``; None where there is no bound."""
    while prefix:
        last = ord(prefix[-1]) + 1
        if last == 0xD800:  # surrogates are not characters
            last = 0xE000
        if last <= _LAST + 1:
            return prefix[:-1] + chr(last)
        prefix = prefix[:-1]
    return None
