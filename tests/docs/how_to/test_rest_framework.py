"""The guide about Django REST framework, and its last part with drf-spectacular."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.guides import check_guide
from tests.support.pages import code_blocks

BLOCKS = code_blocks("how-to/rest-framework.md")


def test_what_the_guide_promises(tmp_path: Path) -> None:
    check_guide("rest-framework", tmp_path, [block for block in BLOCKS if "spectacular" not in block.text])


@pytest.mark.slow
def test_what_it_promises_of_the_schema(tmp_path: Path) -> None:
    check_guide("rest-framework", tmp_path, BLOCKS, steps="rest_framework_schema")
