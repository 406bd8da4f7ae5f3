"""The messages and hints of system checks, read from the source of the package."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import django_appwrite_orm

PACKAGE = Path(django_appwrite_orm.__file__).parent
ID = re.compile(r"appwrite(_orm)?\.[EW]\d{3}")
# Stands for what is known when a check runs.
OPEN = "…"


class Message(NamedTuple):
    """A message that a check can give."""

    id: str
    text: str
    hint: str


def messages() -> list[Message]:
    """Return all messages of the package's checks, by id."""
    found = {
        message for path in PACKAGE.rglob("*.py") if ID.search(path.read_text()) for message in _Source(path).all()
    }
    return sorted(found)


class _Source:
    """A module of the package."""

    def __init__(self, path: Path) -> None:
        self.tree = ast.parse(path.read_text())
        self._name = ".".join([PACKAGE.name, *path.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(
            ".__init__"
        )

    @cached_property
    def module(self) -> Any:
        return importlib.import_module(self._name)

    def all(self) -> Iterator[Message]:
        for function in ast.walk(self.tree):
            if isinstance(function, ast.FunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Call):
                        yield from self._of_call(node, function)
        yield from self._of_parts()

    def _of_call(self, call: ast.Call, function: ast.FunctionDef) -> Iterator[Message]:
        keywords = {keyword.arg: keyword.value for keyword in call.keywords}
        match call.args:
            case [ast.Constant(value=str(name)), _, option, message, hint] if ID.fullmatch(name):
                text = f"{OPEN}.{self._text(option, function, call)}: {self._text(message, function, call)}"
                yield Message(name, text, self._text(hint, function, call))
            case [message] if isinstance(id := keywords.get("id"), ast.Constant) and ID.fullmatch(str(id.value)):
                text = self._text(message, function, call)
                yield Message(str(id.value), text, self._text(keywords["hint"], function, call))

    def _of_parts(self) -> Iterator[Message]:
        """Yield those of `web.health`, whose messages are what a server or a cache has replied."""
        for id, hint in getattr(self.module, "_PARTS", {}).values():
            yield Message(id, OPEN, hint)

    def _text(self, node: ast.expr, function: ast.FunctionDef, call: ast.AST) -> str:
        """Return the text of an expression, with `OPEN` for what only a run knows."""
        match node:
            case ast.Constant():
                return node.value if isinstance(node.value, str) else ""
            case ast.JoinedStr():
                return "".join(self._text(part, function, call) for part in node.values)
            case ast.FormattedValue():
                text = self._text(node.value, function, call)
                return f"'{text}'" if node.conversion == ord("r") and not text.startswith("'") else text
            case ast.BinOp(op=ast.Add()):
                parts = self._text(node.left, function, call), self._text(node.right, function, call)
                return "".join(parts) if re.search(r"[a-z]", "".join(parts)) else OPEN
            case ast.IfExp():
                body, other = self._text(node.body, function, call), self._text(node.orelse, function, call)
                return (
                    body if not other or OPEN in other else other if not body or OPEN in body else f"{body} / {other}"
                )
            case ast.Name():
                return self._value_of(node.id, function, call)
            case ast.Call(func=ast.Name(id=name)) if name.endswith("_problem"):
                return self._returned_by(name)
        return OPEN

    def _value_of(self, name: str, function: ast.FunctionDef, call: Any) -> str:
        before = [
            node
            for node in ast.walk(function)
            if isinstance(node, (ast.Assign, ast.NamedExpr)) and node.lineno <= call.lineno
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name) and target.id == name
        ]
        if before:
            return self._text(max(before, key=lambda node: node.lineno).value, function, call) or OPEN
        if name in {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)}:
            return OPEN
        value = vars(self.module).get(name)
        return f"{value:,}" if isinstance(value, int) else value if isinstance(value, str) else OPEN

    def _returned_by(self, name: str) -> str:
        """Return the text that a function of the package returns, where it is one."""
        made = vars(self.module).get(name)
        if not getattr(made, "__module__", "").startswith(PACKAGE.name):
            return OPEN
        if not inspect.isfunction(made):
            return OPEN
        source = _Source(Path(inspect.getsourcefile(made) or ""))
        functions = [node for node in ast.walk(source.tree) if isinstance(node, ast.FunctionDef) and node.name == name]
        for node in ast.walk(functions[0]) if functions else ():
            if isinstance(node, ast.Return) and node.value is not None:
                text = source._text(node.value, functions[0], node)
                if text not in ("", OPEN):
                    return text
        return OPEN
