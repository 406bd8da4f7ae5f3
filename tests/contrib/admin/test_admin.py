"""AppwriteAdmin: the project beside this file under Django's test runner."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.support.projects import run

PROJECT = Path(__file__).with_name("project")
STEPS = sum(len(re.findall(r"^    def test_", path.read_text(), re.MULTILINE)) for path in PROJECT.rglob("steps*.py"))


@pytest.mark.parametrize("on_appwrite", ["0", "1"])
def test_every_step(tmp_path: Path, on_appwrite: str) -> None:
    project = Path(shutil.copytree(PROJECT, tmp_path / "project"))
    output = run(project, "-m", "django", "test", "-v2", "--pattern=steps*.py", SITE_ON_APPWRITE=on_appwrite)
    assert f"Ran {STEPS} tests" in output
    assert "skipped" not in output
