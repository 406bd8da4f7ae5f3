"""Folders and files of the package stay small: at most 15 modules a folder and 500 lines a file."""

from __future__ import annotations

import ast
from pathlib import Path

import django_appwrite_orm

ROOT = Path(django_appwrite_orm.__file__).parent
MODULES_IN_A_FOLDER = 15
LINES_IN_A_FILE = 500
# QuerySet is one class with all methods of Django's QuerySet.
LONGER_FILES = {"querysets/queryset.py": 1_000}
# What other packages use and what is a public import path. `steps` goes with its deprecation.
TOP_MODULES = {
    *("apps", "credentials", "exceptions", "integrity", "models", "plan_execution", "registry", "routers"),
    *("sansio", "steps", "threads", "transactions", "warming"),
}


def modules() -> list[Path]:
    found = sorted(ROOT.rglob("*.py"))
    assert len(found) > 200
    return found


def test_a_folder_has_at_most_15_modules() -> None:
    sizes: dict[str, int] = {}
    for module in modules():
        folder = module.parent.relative_to(ROOT).as_posix()
        sizes[folder] = sizes.get(folder, 0) + (module.name != "__init__.py")
    assert {folder: size for folder, size in sizes.items() if size > MODULES_IN_A_FOLDER} == {}


def test_the_top_folder_has_only_modules_that_no_package_owns() -> None:
    top = {module.stem for module in ROOT.glob("*.py")} - {"__init__"}
    assert top - TOP_MODULES == set()
    assert len(TOP_MODULES) < MODULES_IN_A_FOLDER


def test_a_file_has_at_most_500_lines() -> None:
    lengths = {m.relative_to(ROOT).as_posix(): len(m.read_text(encoding="utf-8").splitlines()) for m in modules()}
    assert {name: length for name, length in lengths.items() if length > LONGER_FILES.get(name, LINES_IN_A_FILE)} == {}


def imports(path: Path, root: Path) -> set[str]:
    """Return the modules that a file imports from, and the names it may import as modules."""
    names = set()
    package = path.relative_to(root).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            parents = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*parents, *([node.module] if node.module else [])])
            names |= {f"{module}.{alias.name}" for alias in node.names} | {module}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def test_no_test_module_imports_from_another_one() -> None:
    tests = Path(__file__).parent
    test_modules = {".".join(path.relative_to(tests.parent).with_suffix("").parts) for path in tests.rglob("test_*.py")}
    assert len(test_modules) > 200
    importing = {path: imports(path, tests.parent) & test_modules for path in tests.rglob("*.py")}
    assert {str(path.relative_to(tests)): names for path, names in importing.items() if names} == {}
