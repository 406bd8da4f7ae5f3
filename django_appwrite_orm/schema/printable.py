"""Make texts from a server or a file safe to print, in a terminal or in generated files."""

from __future__ import annotations

import json
from typing import Any

from ..exceptions import one_line


def printable(text: str) -> str:
    """Return `text` with control characters replaced as `one_line` does, but with its line feeds."""
    return "\n".join(map(one_line, text.split("\n")))


def json_text(value: Any, **options: Any) -> str:
    """Return `value` as JSON in which everything but printable characters and indenting line feeds is escaped."""
    text = json.dumps(value, ensure_ascii=False, **options)
    if not text.isprintable():
        for character in set(text):
            if not character.isprintable() and character != "\n":
                text = text.replace(character, json.dumps(character)[1:-1])
    return text
