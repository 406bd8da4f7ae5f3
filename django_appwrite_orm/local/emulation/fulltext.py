"""Full-text search: the words MariaDB's boolean mode would look for, as an FTS5 expression.

Words are cut at everything that is not a letter, digit or underscore, folded, and indexed from three characters on,
InnoDB's stop words left out. A search finds rows with any of its words, the last one as a prefix; in quotes it
asks for the phrase, whose words follow each other in the text, those that are not indexed too. Operators are stripped
by the server before the search.
"""

from __future__ import annotations

import re
import sqlite3
from typing import Final

from .collation import fold

SHORTEST: Final = 3
LONGEST: Final = 84
_OPERATORS: Final = str.maketrans(dict.fromkeys('@+-*<>()~"', " "))  # taken out of a search before it starts
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

    Raises ``ValueError`` for a text of nothing but percent signs, which the database cannot read.
    """
    if is_phrase(value):
        words = _indexed_words(value)
        return " AND ".join(f'"{word}"' for word in words) if words else None
    text = value.translate(_OPERATORS)
    if text.strip() and not text.replace("%", "").strip():
        raise ValueError("there is no word to search for")
    words = _words(text)
    if not words:
        return None
    *whole, last = words
    terms = [f'"{word}"' for word in whole if SHORTEST <= len(word) <= LONGEST and word not in _STOP_WORDS]
    terms.append(f'"{last}"*')
    return " OR ".join(terms)


def is_phrase(value: str) -> bool:
    return len(value) > 1 and value.startswith('"') and value.endswith('"')


def install(connection: sqlite3.Connection) -> None:
    """Give a connection the function that a search for a phrase calls."""
    connection.create_function("has_phrase", 2, _has_phrase, deterministic=True)


def _has_phrase(text: str | None, phrase: str) -> bool:
    """Whether the words of the phrase follow each other in the text."""
    words, phrase_words = _words(text or ""), _words(phrase)
    return any(
        words[position : position + len(phrase_words)] == phrase_words
        for position in range(len(words) - len(phrase_words) + 1)
    )


def search_words(column: str, value: str) -> tuple[str, list[str]]:
    """An SQL condition for the ``search`` of the short lists: any word of the folded ``column`` starts with one
    of the value's words."""
    words = _words(value)
    if not words:
        return "0", []
    condition = f"instr(' ' || {column}, ' ' || ?) > 0"
    return "(" + " OR ".join([condition] * len(words)) + ")", words
