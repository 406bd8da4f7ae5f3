"""The public names with their signatures and docstrings."""

from __future__ import annotations

import importlib
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import Any

import django_appwrite_orm
from django_appwrite_orm import Manager, QuerySet
from django_appwrite_orm.facade.table_api import TableAPI

from ..markdown import code, table

PACKAGE = django_appwrite_orm.__name__
# A part of a docstring such as "Args:", with indented lines.
_PART = re.compile(r"^(\w+):\n((?: {4}.*\n?|\n)+)", re.MULTILINE)
_INDENTED = re.compile(r"^ {4}.*\n(?: {4}.*\n|\n(?= {4}))*", re.MULTILINE)
_ITEM = re.compile(r"^ {4}([\w*]+): (.*(?:\n {8,}.*)*)", re.MULTILINE)


def _names(path: str, *names: str, methods: bool = True) -> Callable[[], str]:
    """Return a function that describes these names of a module, or all names in its `__all__`."""

    def described() -> str:
        module = importlib.import_module(f"{PACKAGE}.{path}" if path else PACKAGE)
        chosen = names or [name for name in sorted(module.__all__, key=_order) if _is_ours(getattr(module, name))]
        return "\n".join(_described(name, getattr(module, name), module, methods) for name in chosen)

    return described


def _order(name: str) -> tuple[bool, str]:
    """Classes come first."""
    return name[0].islower(), name.lower()


def _together(*parts: Callable[[], str]) -> Callable[[], str]:
    return lambda: "\n".join(part() for part in parts)


def _verbs() -> str:
    rows = table(["Method", "Meaning"], _methods(TableAPI))
    return f"{_names('', 'orm')()}\n## `orm.table()`\n\n{_markdown(inspect.cleandoc(TableAPI.__doc__ or ''))}\n\n{rows}"


def _is_ours(value: object) -> bool:
    return str(getattr(value, "__module__", "")).startswith(PACKAGE) and not isinstance(value, ModuleType)


def _described(name: str, value: Any, module: ModuleType, has_methods: bool) -> str:
    is_callable = inspect.isclass(value) or inspect.isroutine(value)
    is_column = module.__name__.endswith("tables.columns")
    called = f"columns.{name}" if is_column else name
    imported = f"from {PACKAGE} import columns" if is_column else f"from {module.__name__} import {name}"
    parts = [f"## `{name}`", f"```python\n{imported}\n```"]
    if is_callable:
        parts[1] = parts[1].replace("\n```", f"\n\n{called}{_signature(value)}\n```") if _signature(value) else parts[1]
    described = value if is_callable else type(value)
    own = vars(described).get("__doc__") if inspect.isclass(described) else described.__doc__
    parts.append(_markdown(inspect.cleandoc(own or "")))
    owner = value if inspect.isclass(value) else type(value)
    if has_methods and not inspect.isroutine(value) and (methods := list(_methods(owner))):
        parts.append(table(["Method", "Meaning"], methods))
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def _signature(value: Any) -> str:
    """Return the parameters, without types; nothing where there are none to read.

    Those that are caught as `unknown` only raise an error.
    """
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return ""
    kept = [
        p.replace(annotation=p.empty, default=_plain(p.default))
        for p in signature.parameters.values()
        if p.name != "unknown"
    ]
    if inspect.isfunction(value) and kept and kept[0].name in ("self", "cls"):
        del kept[0]
    return str(signature.replace(parameters=kept, return_annotation=signature.empty))


class _Shown:
    """A default that is shown by its name."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _plain(default: Any) -> Any:
    shown = repr(default)
    return _Shown("...") if default is not inspect.Parameter.empty and ("<" in shown or " at 0x" in shown) else default


def _methods(owner: type) -> Iterator[list[str]]:
    """Yield the public methods with a docstring. An asynchronous twin is named with its blocking one.

    Those of a library's class, such as ModelAdmin, do what its documentation says; those of a QuerySet cost requests.
    """
    foreign = [base for base in owner.__mro__ if not base.__module__.startswith(PACKAGE) and owner is not QuerySet]
    inherited = {name for base in foreign for name in vars(base)}
    members: dict[str, Any] = {}
    for base in owner.__mro__:
        if base.__module__.startswith(PACKAGE):
            members = {**vars(base), **members}
    for name in sorted(members):
        method = inspect.getattr_static(owner, name)
        function = method.__func__ if isinstance(method, (classmethod, staticmethod)) else method
        if name.startswith("_") or name in inherited or not inspect.isfunction(function) or not function.__doc__:
            continue
        if (name[0] == "a" and name[1:] in members) or (owner is Manager and hasattr(QuerySet, name)):
            continue
        twin = f" {code(f'a{name}()')}" if f"a{name}" in members else ""
        text = inspect.cleandoc(function.__doc__).partition("\n\n")[0]
        yield [code(f"{name}{_signature(function)}") + twin, " ".join(text.split())]


def _markdown(doc: str) -> str:
    """Return a docstring as Markdown: its parts become lists."""

    def part(match: re.Match[str]) -> str:
        items: Iterable[tuple[str, str]] = _ITEM.findall(match[2])
        return "\n".join(f"- {code(name)}: {' '.join(text.split())}" for name, text in items) + "\n"

    text = _PART.sub(part, doc.replace("``", "`"))
    return _INDENTED.sub(lambda match: f"```text\n{textwrap.dedent(match[0]).strip()}\n```\n", text).strip()


SECTIONS = {
    "api.tables": _names(
        "", "Table", "Index", "UniqueIndex", "FulltextIndex", "SpatialIndex", "CachePolicy", "register"
    ),
    "api.querysets": _names("", "Manager", "QuerySet", "Apply", "atomic", "cache_policy"),
    "api.verbs": _verbs,
    "api.columns": _names("tables.columns", methods=False),
    "api.models": _names("models"),
    "api.web": _names("web"),
    "api.admin": _together(_names("contrib.admin"), _names("contrib.admin.counting", "CappedPaginator", methods=False)),
    "api.forms": _names("contrib.forms", methods=False),
    "api.rest": _names("contrib.rest"),
    "api.testing": _names("contrib.testing"),
    "api.sites": _together(
        _names("backend.router", "AppwriteRouter", methods=False),
        _names("web.health", "appwrite_health"),
        _names("web.webhooks", "appwrite_webhook"),
        _names("contrib.prometheus", "register_statistics"),
        _names("contrib.opentelemetry", "instrument", "uninstrument"),
        _names("contrib.rest.serializers", "AppwriteFieldsMixin", methods=False),
        _names("contrib.toolbar", methods=False),
        _names("contrib.jinja2", "CacheTables", methods=False),
    ),
    "api.programs": _together(
        _names("sansio", "run_sync", "run_async"),
        _names("schema", "plan", "migrate", "MigrationOptions"),
        _names("interchange", "dump", "load"),
    ),
}
