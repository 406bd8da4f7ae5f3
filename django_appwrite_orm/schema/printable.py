"""Text from outside (a server, a file) as it is safe to print: in a terminal, a comment, a line of a report."""

from __future__ import annotations

import json
from typing import Any


def one_line(text: str) -> str:
    """`text` without anything that ends a line or steers a terminal: such characters are shown by their escapes.

    `str.isprintable` is false for every control, format, separator and surrogate character, the space excepted.
    """
    return text if text.isprintable() else "".join(map(_escaped, text))


def printable(text: str) -> str:
    """The same with the line feeds kept, for messages of several lines."""
    return "\n".join(map(one_line, text.split("\n")))


def json_text(value: Any, **options: Any) -> str:
    """`value` as JSON in which only printable characters and the line feeds of `indent` stand for themselves."""
    text = json.dumps(value, ensure_ascii=False, **options)
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one == "\n" else json.dumps(one)[1:-1] for one in text)


def _escaped(character: str) -> str:
    return character if character.isprintable() else repr(character)[1:-1]
