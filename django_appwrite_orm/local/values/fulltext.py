"""Full-text search: the words MariaDB's boolean mode would look for, as an FTS5 expression.

Words are cut at everything that is no letter, digit or underscore, folded, and indexed from three characters on,
InnoDB's stop words left out. A search finds rows with any of its words, the last one as a prefix; in quotes it
asks for the phrase. Operators are stripped by the server before the search.
"""

from __future__ import annotations

import re
from typing import Final

from .collation import fold

SHORTEST: Final = 3
LONGEST: Final = 84
_OPERATORS: Final = frozenset(" \t\r\n@+-*.'\"<>()~")  # taken out of a search before it starts
_WORD: Final = re.compile(r"[\w']+")
_STOP_WORDS: Final = frozenset(
    fold(word)
    for word in [
        "a",
        "about",
        "an",
        "are",
        "as",
        "at",
        "be",
        "by",
        "com",
        "de",
        "en",
        "for",
        "from",
        "how",
        "i",
        "in",
        "is",
        "it",
        "la",
        "of",
        "on",
        "or",
        "that",
        "the",
        "this",
        "to",
        "was",
        "what",
        "when",
        "where",
        "who",
        "will",
        "with",
        "und",
        "www",
    ]
)


def indexed_text(text: str) -> str:
    """The words of a value that are indexed, in order, for the full-text table."""
    return " ".join(_indexed_words(text))


def _words(text: str) -> list[str]:
    return [fold(word.strip("'")) for word in _WORD.findall(text)]


def _indexed_words(text: str) -> list[str]:
    return [word for word in _words(text) if SHORTEST <= len(word) <= LONGEST and word not in _STOP_WORDS]


def search_expression(value: str) -> str | None:
    """The FTS5 expression for a search; None where no word of it can be found.

    Raises ``ValueError`` for a text of nothing but signs, on which the server fails.
    """
    text = value.strip()
    if text and not _WORD.search(text) and not set(text) <= _OPERATORS:
        raise ValueError("there is no word to search for")
    if len(text) > 1 and text.startswith('"') and text.endswith('"'):
        words = _indexed_words(text)
        return '"' + " ".join(words) + '"' if words else None
    words = _words(text)
    if not words:
        return None
    *whole, last = words
    terms = [f'"{word}"' for word in whole if SHORTEST <= len(word) <= LONGEST and word not in _STOP_WORDS]
    terms.append(f'"{last}"*')
    return " OR ".join(terms)


def search_words(column: str, value: str) -> tuple[str, list[str]]:
    """An SQL condition for the ``search`` of the short lists: any word of the folded ``column`` starts with one
    of the value's words."""
    words = _words(value)
    if not words:
        return "0", []
    one = f"instr(' ' || {column}, ' ' || ?) > 0"
    return "(" + " OR ".join([one] * len(words)) + ")", words
