"""The code on the pages of performance."""

from __future__ import annotations

from pathlib import Path

from tests.support.pages import code_blocks
from tests.support.projects import run

CHECK = """
from django_appwrite_orm.contrib.testing import assert_num_appwrite_requests

with assert_num_appwrite_requests(0):
    list(Product.objects.all())
"""


def test_the_script_whose_instructions_are_counted_reads_hits(tmp_path: Path) -> None:
    (script,) = code_blocks("performance/optimisations.md", "python")
    (tmp_path / "hit.py").write_text(script.text + CHECK, encoding="utf-8")
    assert run(tmp_path, "-W", "error", "hit.py", "1") == ""
