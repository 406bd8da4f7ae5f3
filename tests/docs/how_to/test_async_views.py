"""The guide about asynchronous views."""

from __future__ import annotations

from pathlib import Path

from tests.support.guides import check_guide, guide_files


def test_what_the_guide_promises(tmp_path: Path) -> None:
    check_guide("async-views", tmp_path, guide_files("how-to/async-views.md"))
