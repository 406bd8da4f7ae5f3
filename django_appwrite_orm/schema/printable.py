"""Text from outside (a server, a file) of several lines, or as JSON, as it is safe to print: in a terminal, a comment,
a line of a report."""

from __future__ import annotations

import json
from typing import Any

from ..exceptions import one_line


def printable(text: str) -> str:
    """`text` as `one_line` gives it, with the line feeds kept, for messages of several lines."""
    return "\n".join(map(one_line, text.split("\n")))


def json_text(value: Any, **options: Any) -> str:
    """`value` as JSON in which only printable characters and the line feeds of `indent` stand for themselves."""
    text = json.dumps(value, ensure_ascii=False, **options)
    if not text.isprintable():
        for one in set(text):
            if not one.isprintable() and one != "\n":
                text = text.replace(one, json.dumps(one)[1:-1])
    return text
