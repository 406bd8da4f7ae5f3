"""Pieces of Markdown."""

from __future__ import annotations

from collections.abc import Iterable


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table. A pipe in a cell is escaped, and a cell is one line."""
    head = list(head)
    lines = [head, ["---"] * len(head), *(list(map(_cell, row)) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|") if text else ""


def code(text: object) -> str:
    """Return a text as code; nothing for an empty one."""
    return f"`{text}`" if f"{text}" else ""


def codes(texts: Iterable[object]) -> str:
    """Return texts as code, with commas between them."""
    return ", ".join(map(code, texts))
