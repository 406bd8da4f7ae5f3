"""A page and its project, for each test of the page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.guides import Guide, guide_project


@pytest.fixture
def guide(request: pytest.FixtureRequest, tmp_path: Path, django_db_blocker: Any) -> Iterator[Guide]:
    """The project of the page that the module names: `PAGE = "how-to/cache-views.md"`."""
    with guide_project(request.module.PAGE, tmp_path, django_db_blocker) as made:
        yield made


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let the clock of this process go forward by so many seconds, at once."""

    def pass_by(seconds: float) -> None:
        before = time.time
        monkeypatch.setattr(time, "time", lambda: before() + seconds)

    return pass_by
