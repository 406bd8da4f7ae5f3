"""Routes: a method and a path template, the parameters, the callers allowed, and the handler.

A template's placeholders are parameters too and are checked like the others. Both families of routes have the same
handlers; ``Dialect`` identifies the family of a request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from .auth import Caller
from .dialects import LEGACY, TABLESDB, Dialect
from .params import Param, identifier
from .requests import Request
from .responses import Response

if TYPE_CHECKING:
    from ..defects import Defects
    from ..schema.repository import SchemaCache
    from ..storage.session import Session

EVERYONE: Final = "everyone"
KEYS: Final = "keys"


@dataclass(slots=True)
class Call:
    """An admitted request: its checked arguments and what a handler needs to answer it."""

    session: Session
    schema_cache: SchemaCache
    caller: Caller
    dialect: Dialect
    args: Mapping[str, Any]
    request: Request
    defects: Defects


Handler = Callable[[Call], Response]


@dataclass(frozen=True, slots=True)
class Route:
    """A route; ``callers`` is EVERYONE for routes of rows, KEYS where users and guests are refused."""

    method: str
    template: str
    handler: Handler
    params: tuple[Param, ...] = ()
    callers: str = KEYS
    dialect: Dialect = TABLESDB

    @property
    def reads_only(self) -> bool:
        """Whether the route changes nothing."""
        return self.method == "GET"


def both(method: str, tail: str, handler: Handler, *params: Param, callers: str = KEYS) -> tuple[Route, Route]:
    """Return the TablesDB route of ``tail`` and its twin with collections, documents and attributes."""
    old = tail
    for new_word, old_word in (("tables", "collections"), ("rows", "documents"), ("columns", "attributes")):
        old = old.replace(f"/{new_word}", f"/{old_word}")
    return (
        Route(method, "/tablesdb" + tail, handler, params, callers, TABLESDB),
        Route(method, "/databases" + old, handler, params, callers, LEGACY),
    )


@dataclass(slots=True)
class _Node:
    routes: dict[str, Route] = field(default_factory=dict)
    literals: dict[str, _Node] = field(default_factory=dict)
    placeholder: _Node | None = None


class Router:
    """Finds the route of a path; a literal part wins over a placeholder."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for route in routes:
            node = self._root
            for part in route.template.strip("/").split("/"):
                if part.startswith("{"):
                    node.placeholder = node = node.placeholder or _Node()
                else:
                    node = node.literals.setdefault(part, _Node())
            node.routes[route.method] = route

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """Return the route and the unchecked values of its placeholders."""
        parts = [unquote(part, errors="replace") for part in path.strip("/").split("/")]
        route = _walk(self._root, parts, 0, method)
        if route is None:
            return None
        names = route.template.strip("/").split("/")
        return route, {name[1:-1]: part for name, part in zip(names, parts, strict=True) if name.startswith("{")}


def _walk(node: _Node, parts: list[str], position: int, method: str) -> Route | None:
    if position == len(parts):
        return node.routes.get(method)
    literal = node.literals.get(parts[position])
    route = _walk(literal, parts, position + 1, method) if literal else None
    if route is None and node.placeholder is not None:
        return _walk(node.placeholder, parts, position + 1, method)
    return route


def read_arguments(route: Route, path_values: Mapping[str, str], request: Request) -> dict[str, Any]:
    """Check placeholders, then parameters in their order. Raises ``general_argument_invalid``."""
    legacy = route.dialect is LEGACY
    args: dict[str, Any] = {name: Param(name, identifier).read(path_values, legacy=False) for name in path_values}
    for param in route.params:
        args[param.name] = param.read(request.params, legacy)
    return args
