"""Texts that stand in the source beside what they describe: docstrings, their attributes, comments."""

from __future__ import annotations

import ast
import inspect
import itertools
import re
from collections.abc import Mapping
from types import ModuleType

_ATTRIBUTE = re.compile(r"^    (\w+): (.*(?:\n {8,}.*)*)", re.MULTILINE)


def attributes(owner: type) -> Mapping[str, str]:
    """Return the texts in the "Attributes:" part of a class's docstring, by name."""
    _, _, part = (inspect.getdoc(owner) or "").partition("Attributes:\n")
    return {name: " ".join(text.split()) for name, text in _ATTRIBUTE.findall(part)}


def summary(owner: object) -> str:
    """Return the first sentence of a docstring."""
    first = (inspect.getdoc(owner) or "").partition("\n\n")[0]
    return " ".join(first.split())


def comments(module: ModuleType) -> Mapping[str, str]:
    """Return the comment above or behind each assignment of a module, by name."""
    lines = inspect.getsource(module).splitlines()
    found = {}
    for name, first, last in _assignments(module):
        above: list[str] = []
        number = first - 1
        while number and lines[number - 1].startswith("#"):
            number -= 1
            above.insert(0, lines[number].lstrip("# "))
        behind = lines[last - 1].partition("  # ")[2]
        if text := " ".join(above) or behind:
            found[name] = text
    return found


def _assignments(module: ModuleType) -> list[tuple[str, int, int]]:
    found = []
    for node in ast.parse(inspect.getsource(module)).body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        found += [(t.id, node.lineno, node.end_lineno or node.lineno) for t in targets if isinstance(t, ast.Name)]
    return found


def docs_behind(module: ModuleType) -> Mapping[str, str]:
    """Return the string behind each assignment of a module, by name."""
    body = ast.parse(inspect.getsource(module)).body
    found = {}
    for node, after in itertools.pairwise(body):
        if isinstance(node, ast.Assign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            for target in node.targets:
                if isinstance(target, ast.Name) and isinstance(after.value.value, str):
                    found[target.id] = " ".join(after.value.value.split())
    return found
