"""The source of a page: its view, and what of this project the view names (forms, models, helpers, templates).

A page is known by the name of its URL pattern. Names are looked up among the patterns of the site, and files are
found from the objects behind them: nothing of a request becomes a path.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Model
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.safestring import SafeString
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import HtmlDjangoLexer, PythonLexer

from django_appwrite_orm import Table

# Parts of one page; what a view leads to further away is left out.
LIMIT = 14


@dataclass(frozen=True)
class Part:
    """A class, a function or a template: where it is, and its source as HTML."""

    title: str
    file: str
    line: int
    html: SafeString


def has_source(view_name: str) -> bool:
    """Whether the name is that of a view of this project."""
    return view_name in _views()


def page_source(view_name: str) -> list[Part]:
    """Return the parts of a page, its view first. Raises KeyError for a name that is not one of a view here."""
    return list(_parts(_views()[view_name]))


@cache
def _views() -> dict[str, Any]:
    return {name: view for name, view in _named_views(get_resolver(), "") if _is_ours(view)}


def _named_views(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, Any]]:
    """Yield the views of all patterns with a name, with the namespaces that `view_name` has."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _named_views(pattern, f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield f"{prefix}{pattern.name}", _declared(pattern.callback)


def _declared(view: Any) -> Any:
    """Return the function or class that stands in the source: not its wrappers."""
    view = inspect.unwrap(view, stop=lambda wrapper: hasattr(wrapper, "view_class") or hasattr(wrapper, "cls"))
    return getattr(view, "view_class", None) or getattr(view, "cls", None) or view


def _is_ours(declared: Any) -> bool:
    """Whether a class or function is defined in a module of this project."""
    module = sys.modules.get(getattr(declared, "__module__", None) or "")
    file = getattr(module, "__file__", None)
    return file is not None and Path(file).is_relative_to(settings.BASE_DIR)


def _parts(view: Any) -> Iterator[Part]:
    waiting, seen, templates = [view], {view}, dict[str, None]()
    parts = 0
    while waiting and parts < LIMIT:
        declared = waiting.pop(0)
        source, line = _source_of(declared)
        yield _python(declared, source, line)
        parts += 1
        if declared is not view and isinstance(declared, type) and issubclass(declared, Model | Table):
            continue  # what a model names are other models
        tree = ast.parse(source)
        namespace = vars(sys.modules[declared.__module__])
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.endswith(".html"):
                templates[node.value] = None
            named = _resolved(node, namespace)
            if _is_included(named) and named not in seen:
                seen.add(named)
                waiting.append(named)
    yield from filter(None, map(_template, templates))


def _source_of(declared: Any) -> tuple[str, int]:
    lines, line = inspect.getsourcelines(declared)
    return textwrap.dedent("".join(lines)), line


def _resolved(node: ast.AST, namespace: dict[str, Any]) -> Any:
    """Return what a name, or an attribute of a module (`api.products`), stands for; None for anything else."""
    if isinstance(node, ast.Name):
        return inspect.unwrap(value) if inspect.isfunction(value := namespace.get(node.id)) else value
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        module = namespace.get(node.value.id)
        return getattr(module, node.attr, None) if inspect.ismodule(module) else None
    return None


def _is_included(value: Any) -> bool:
    return (inspect.isfunction(value) or inspect.isclass(value)) and _is_ours(value)


def _python(declared: Any, source: str, line: int) -> Part:
    file = Path(inspect.getfile(declared)).relative_to(settings.BASE_DIR)
    return _part(declared.__name__, str(file), line, source, PythonLexer())


def _template(name: str) -> Part | None:
    """Return a template of this project; None for one of Django's, or a text that is not a template's name."""
    try:
        file = Path(get_template(name).template.origin.name)  # type: ignore[attr-defined]
    except TemplateDoesNotExist:
        return None
    if not file.is_relative_to(settings.BASE_DIR):
        return None
    source = file.read_text(encoding="utf-8")
    return _part(name, str(file.relative_to(settings.BASE_DIR)), 1, source, HtmlDjangoLexer())


def _part(title: str, file: str, line: int, source: str, lexer: Any) -> Part:
    html = highlight(source, lexer, HtmlFormatter(cssclass="code", wrapcode=True))
    return Part(title, file, line, SafeString(html))
