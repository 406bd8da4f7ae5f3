"""Limits of the server stand in one module."""

from __future__ import annotations

import ast
import datetime
from pathlib import Path

import django_appwrite_orm
from django_appwrite_orm.plans import limits

PACKAGE = Path(django_appwrite_orm.__file__).parent
# Numbers that hardly mean anything else. The local Appwrite has its own; kinds have theirs in their table.
TELLING = {limits.ID_LENGTH, limits.TOTAL_LIMIT, limits.INDEX_LENGTH, limits.EMPTY_ROW_BYTES, limits.INDEXES_LIMIT}
ALLOWED = {
    ("querysets/resolver.py", 5000): "a bound of this package on rows of another table",
    ("tables/columns/serialized.py", 36): "characters of a UUID",
}


def whole_numbers(path: Path) -> set[int]:
    nodes = ast.walk(ast.parse(path.read_text()))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and type(node.value) is int}


def test_no_other_module_repeats_a_limit() -> None:
    modules = {path.relative_to(PACKAGE).as_posix(): path for path in PACKAGE.rglob("*.py")}
    repeated = {
        (name, number)
        for name, path in modules.items()
        if name != "plans/limits.py" and not name.startswith("local/")
        for number in whole_numbers(path) & TELLING
    }
    assert repeated == set(ALLOWED)


def test_limits_are_data_with_a_comment_each() -> None:
    lines = Path(limits.__file__).read_text().splitlines()
    names = [name for name in vars(limits) if name.isupper()]
    assert all(isinstance(getattr(limits, name), int | range | datetime.datetime) for name in names)
    for name in names:
        at = next(number for number, line in enumerate(lines) if line.startswith(f"{name}: Final"))
        while lines[at - 1].partition(":")[0] in names:  # a comment may be that of several
            at -= 1
        assert lines[at - 1].startswith("# "), name
