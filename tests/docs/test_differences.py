"""Each line of the page "Differences from Django" has a test, and each of these tests a line."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

from tests.support.pages import DOCS, ROOT

LINES = [
    line
    for line in (DOCS / "reference" / "differences-from-django.md").read_text().splitlines()
    if re.match(r"\| (?!---|Difference )", line)
]
TESTS = Path(__file__).with_name("differences")


def functions(path: Path) -> set[str]:
    return {node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}


def test_every_line_names_a_test() -> None:
    marks = [re.findall(r"<!-- test: (\S+) -->", line) for line in LINES]
    assert [line for line, found in zip(LINES, marks, strict=True) if len(found) != 1] == []
    names = Counter(found[0] for found in marks)
    assert [name for name, count in names.items() if count > 1] == []
    own = {
        f"{path.stem.removeprefix('test_')}.{name.removeprefix('test_')}"
        for path in TESTS.glob("test_*.py")
        for name in functions(path)
        if name.startswith("test_")
    }
    assert {name for name in names if "::" not in name} == own
    elsewhere = [name.split("::") for name in names if "::" in name]
    assert [name for path, name in elsewhere if name not in functions(ROOT / path)] == []


def test_every_line_says_what_to_write() -> None:
    assert len(LINES) > 100
    cells = [re.split(r"(?<!\\)\|", re.sub(r"<!--.*?-->", "", line).strip("| "))[:2] for line in LINES]
    assert [pair for pair in cells if len(pair) != 2 or not all(cell.strip() for cell in pair)] == []
