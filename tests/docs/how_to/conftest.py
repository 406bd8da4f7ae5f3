"""A guide and its project, for each test of the guide."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.guides import Guide, guide_project


@pytest.fixture
def guide(request: pytest.FixtureRequest, tmp_path: Path, django_db_blocker: Any) -> Iterator[Guide]:
    """The project of the guide that the module names: `PAGE = "how-to/cache-views.md"`."""
    with guide_project(request.module.PAGE, tmp_path, django_db_blocker) as made:
        yield made
