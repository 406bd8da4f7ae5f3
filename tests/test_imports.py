"""Imports of our own modules inside functions: each for a stated reason, none to hide an import cycle."""

from __future__ import annotations

import ast
from importlib.util import resolve_name
from pathlib import Path

import django_appwrite_orm

PACKAGE = django_appwrite_orm.__name__
ROOT = Path(django_appwrite_orm.__file__).parent
FIRST_USE = "start-up: test_startup.py holds that django.setup() does not import it"
CHECKS = "start-up: every process registers the checks, and most of them run none"
TABLES = "start-up: a project without tables does not load what declares them"
MIGRATIONS = "start-up: a process that serves requests changes no schema"
OPTIONAL = "a library may be missing: websockets or Redis"
EMBEDDED = "the local Appwrite is for connections to it alone"
# The importing module, the imported one (both without the name of the package), and the reason.
REASONS = {
    ("apps", ""): CHECKS,
    ("apps", "events.pubsub"): OPTIONAL,
    ("apps", "registry"): "columns need Django's settings and apps",
    ("apps", "schema.auto"): FIRST_USE,
    ("apps", "backend.model_table"): "start-up: a project without models on Appwrite does not load the backend",
    ("apps", "backend.schema.table_options"): MIGRATIONS,
    ("backend.base", "backend.schema.editor"): MIGRATIONS,
    ("backend.bridge.build", "backend.bridge.base"): "it is a model, and Django's apps must be known before",
    ("backend.schema.introspection", "schema"): MIGRATIONS,
    ("backend.in_memory.collation", "local.emulation.collation"): EMBEDDED,
    ("backend.testing.store", "local"): EMBEDDED,
    ("checks", "checks.caches"): CHECKS,
    ("checks", "checks.columns"): CHECKS,
    ("checks", "checks.connections"): CHECKS,
    ("checks", "checks.databases"): CHECKS,
    ("checks", "checks.deploy"): CHECKS,
    ("checks", "checks.indexes"): CHECKS,
    ("checks", "checks.middleware"): CHECKS,
    ("checks", "checks.model_tables"): CHECKS,
    ("checks", "checks.models"): CHECKS,
    ("checks", "checks.relationships"): CHECKS,
    ("checks", "checks.routers"): CHECKS,
    ("checks", "checks.tables"): CHECKS,
    ("checks", "checks.views"): CHECKS,
    ("checks", "conf.checks"): CHECKS,
    ("checks.django_caches", "checks.caches"): CHECKS,
    ("connection", "connection.connection"): FIRST_USE,
    ("querysets.persistence.update_delete", "querysets.persistence.bulk_failures"): FIRST_USE,
    ("querysets.queryset", "querysets.grouping"): FIRST_USE,
    ("querysets.queryset", "querysets.raw_queries"): FIRST_USE,
    ("registry", "tables"): TABLES,
    ("registry", "tables.columns.relations"): TABLES,
    ("connection.handler", "conf.load"): FIRST_USE,
    ("connection.handler", "connection.connection"): FIRST_USE,
    ("connection.connection", "transport.sdk"): "start-up: the SDK takes a second to import",
    ("events.local", "local.events"): EMBEDDED,
    ("events.local", "local.events.names"): EMBEDDED,
    ("events.realtime", "events.websocket"): OPTIONAL,
    ("local.http.server", "local.realtime.hub"): OPTIONAL,
    ("transport.client", "transport.http"): "start-up: a project with the local Appwrite alone does not load httpcore",
    ("transport.local", "local"): EMBEDDED,
}


def imports_in_functions(path: Path) -> set[tuple[str, str]]:
    """Return the importing and the imported modules of a file, for imports of our own inside functions."""
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    module = ".".join(parts[:-1] if is_package else parts)
    package = module if is_package else module.rpartition(".")[0]
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    names = set()
    for node in (inner for function in functions for inner in ast.walk(function)):
        if isinstance(node, ast.ImportFrom):
            names.add(resolve_name("." * node.level + (node.module or ""), package))
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {(own(module), own(name)) for name in names if f"{name}.".startswith(f"{PACKAGE}.")}


def own(name: str) -> str:
    """Return the name of a module without the name of the package."""
    return name.removeprefix(PACKAGE).removeprefix(".")


def test_imports_inside_functions_have_a_reason() -> None:
    imports = set().union(*map(imports_in_functions, ROOT.rglob("*.py")))
    assert imports - REASONS.keys() == set()
    assert REASONS.keys() - imports == set()  # those that are gone


def test_an_import_inside_a_function_is_found(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path / PACKAGE)
    module = tmp_path / PACKAGE / "cache" / "reads.py"
    module.parent.mkdir(parents=True)
    module.write_text("import json\nfrom . import keys\ndef f():\n    from ..conf import shown\n    import json\n")
    assert imports_in_functions(module) == {("cache.reads", "conf")}
