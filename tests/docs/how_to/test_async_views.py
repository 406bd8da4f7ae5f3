"""The guide about asynchronous views."""

from __future__ import annotations

from pathlib import Path

from tests.support.pages import code_blocks
from tests.support.project_guides import check_guide


def test_what_the_guide_promises(tmp_path: Path) -> None:
    check_guide("async-views", tmp_path, code_blocks("how-to/index.md") + code_blocks("how-to/async-views.md"))
