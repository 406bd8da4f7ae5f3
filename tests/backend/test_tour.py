"""A tour of a site that keeps everything on Appwrite: the project beside this file under Django's test runner."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.support.projects import run

PROJECT = Path(__file__).with_name("tour")
STEPS = len(re.findall(r"^    def test_", (PROJECT / "catalog/steps.py").read_text(), re.MULTILINE))


def test_every_step(tmp_path: Path) -> None:
    project = Path(shutil.copytree(PROJECT, tmp_path / "project"))
    output = run(project, "-m", "django", "test", "-v2", "--pattern=steps.py")
    assert f"Ran {STEPS} tests" in output
    assert "skipped" not in output
