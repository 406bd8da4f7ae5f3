"""The messages of system checks, with their hints."""

from __future__ import annotations

from itertools import groupby

from ..messages import OPEN, Message, messages


def _messages() -> str:
    lines = []
    for id, found in groupby(messages(), key=lambda message: message.id):
        lines += [f"- `{id}`, {'an error' if id.partition('.')[2][0] == 'E' else 'a warning'}:", *map(_line, found)]
    return "\n".join(lines)


def _line(message: Message) -> str:
    text = "A message with the reason." if message.text == OPEN else _code(message.text)
    return f"  - {text}\n    - Hint: {_code(message.hint)}" if message.hint != OPEN else f"  - {text}"


def _code(text: str) -> str:
    return f"``{text}``" if "`" in text else f"`{text}`"


SECTIONS = {"checks.messages": _messages}
