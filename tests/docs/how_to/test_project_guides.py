"""Guides that are followed from a new project on: what they promise is tested inside that project."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.guides import check_guide


@pytest.mark.parametrize("guide", ["admin", "forms"])
def test_what_the_guide_promises(guide: str, tmp_path: Path) -> None:
    check_guide(guide, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("guide", ["multi-tenant-sites", "per-user-permissions"])
def test_what_a_guide_about_users_of_appwrite_promises(guide: str, tmp_path: Path) -> None:
    """They make users with the SDK, which takes long to import."""
    check_guide(guide, tmp_path)
