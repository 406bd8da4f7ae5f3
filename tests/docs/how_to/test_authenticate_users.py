"""The guide about users: once with all of it, and once without the part about an SQL database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.guides import check_guide
from tests.support.pages import code_blocks

pytestmark = pytest.mark.slow

BLOCKS = code_blocks("how-to/authenticate-users.md")


def test_users_on_appwrite(tmp_path: Path) -> None:
    blocks = [block for block in BLOCKS if "AppwriteRouter" not in block.text and "orders" not in block.text]
    check_guide("authenticate-users", tmp_path, blocks)


def test_users_in_an_sql_database(tmp_path: Path) -> None:
    check_guide("authenticate-users", tmp_path, BLOCKS, steps="authenticate_users_sql")
