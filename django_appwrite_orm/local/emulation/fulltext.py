"""Full-text search: the words that MariaDB's boolean mode searches, as an FTS5 expression.

- Words end at everything that is not a letter, digit or underscore. They are folded, and indexed from three
  characters on, without InnoDB's stop words.
- A search finds rows with any of its words, the last one as a prefix. A search in quotes finds the phrase: words that
  follow each other in the text, also those that are not indexed.
- The server removes operators before the search.
"""

from __future__ import annotations

import re
import sqlite3
from typing import Final

from .collation import fold

MIN_WORD: Final = 3
MAX_WORD: Final = 84
_OPERATORS: Final = str.maketrans(dict.fromkeys('@+-*<>()~"', " "))  # removed from a search
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
    """Return the indexed words of a value, in order, for the full-text table."""
    return " ".join(_indexed_words(text))


def _words(text: str) -> list[str]:
    return [fold(word.strip("'")) for word in _WORD.findall(text)]


def _indexed_words(text: str) -> list[str]:
    return [word for word in _words(text) if MIN_WORD <= len(word) <= MAX_WORD and word not in _STOP_WORDS]


def search_expression(value: str) -> str | None:
    """Return the FTS5 expression of a search; None where it contains no word.

    Raises ``ValueError`` for a text of percent signs alone, which the database cannot parse.
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
    terms = [f'"{word}"' for word in whole if MIN_WORD <= len(word) <= MAX_WORD and word not in _STOP_WORDS]
    terms.append(f'"{last}"*')
    return " OR ".join(terms)


def is_phrase(value: str) -> bool:
    return len(value) > 1 and value.startswith('"') and value.endswith('"')


def install(connection: sqlite3.Connection) -> None:
    """Define the SQL function that a search for a phrase calls."""
    connection.create_function("has_phrase", 2, _has_phrase, deterministic=True)


def _has_phrase(text: str | None, phrase: str) -> bool:
    """Return whether the words of the phrase follow each other in the text."""
    words, phrase_words = _words(text or ""), _words(phrase)
    return any(
        words[position : position + len(phrase_words)] == phrase_words
        for position in range(len(words) - len(phrase_words) + 1)
    )


def search_words(column: str, value: str) -> tuple[str, list[str]]:
    """Return the SQL condition for ``search`` in the lists of databases and tables, with its values.

    It matches where a word of the folded ``column`` starts with one of the value's words.
    """
    words = _words(value)
    if not words:
        return "0", []
    condition = f"instr(' ' || {column}, ' ' || ?) > 0"
    return "(" + " OR ".join([condition] * len(words)) + ")", words
