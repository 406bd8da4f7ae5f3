"""The admin, forms and DRF over tables: the project beside this file under Django's test runner."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.support.pages import code_blocks
from tests.support.projects import run

SITE = Path(__file__).with_name("site")
STEPS = len(re.findall(r"^    def test_", (SITE / "store/steps.py").read_text(), re.MULTILINE))


@pytest.mark.parametrize("on_appwrite", ["0", "1"])
def test_every_step(tmp_path: Path, on_appwrite: str) -> None:
    project = Path(shutil.copytree(SITE, tmp_path / "project"))
    blocks = code_blocks("reference/models.md", "python")
    (example,) = (block.text for block in blocks if "django.contrib import admin" in block.text)
    with (project / "store/admin.py").open("a") as file:
        file.write(example)
    output = run(project, "-m", "django", "test", "-v2", "--pattern=steps.py", SITE_ON_APPWRITE=on_appwrite)
    assert f"Ran {STEPS} tests" in output
    assert "skipped" not in output
