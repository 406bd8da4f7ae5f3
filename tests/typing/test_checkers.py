"""Type checkers know what a row holds, without a plugin of ours."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = Path(__file__).with_name("sample.py")
ROOT = SAMPLE.parent.parent.parent
# What must not be taken for right: a column that may be null used as if it could not be.
WRONG = """
from tests.typing.sample import Product

def total(product: Product) -> float:
    return product.price * product.stock
"""


def check(checker: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    if importlib.util.find_spec(checker) is None:
        pytest.skip(f"{checker} is not installed here")
    return subprocess.run(
        [sys.executable, "-m", checker, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_mypy(tmp_path: Path) -> None:
    options = ("--strict", "--config-file", "", "--cache-dir", str(tmp_path), "--ignore-missing-imports")
    found = check("mypy", *options, "--follow-imports=silent", str(SAMPLE))
    assert found.returncode == 0, found.stdout
    (tmp_path / "wrong.py").write_text(WRONG)
    found = check("mypy", *options, "--follow-imports=silent", str(tmp_path / "wrong.py"))
    assert "Unsupported operand types" in found.stdout


@pytest.mark.slow
def test_pyright(tmp_path: Path) -> None:
    found = check("pyright", "--pythonpath", sys.executable, str(SAMPLE))
    assert found.returncode == 0, found.stdout
    wrong = SAMPLE.with_name(f"wrong_{tmp_path.name}.py")
    wrong.write_text(WRONG)
    try:
        found = check("pyright", "--pythonpath", sys.executable, str(wrong))
    finally:
        wrong.unlink()
    assert "reportOperatorIssue" in found.stdout
