"""The list of guides has their titles, and the example that they start from has no problem."""

from __future__ import annotations

import re
from typing import Any

from django.core import checks

from tests.support.guides import Guide
from tests.support.pages import DOCS

PAGE = "how-to/index.md"


def test_the_list_has_the_titles_of_the_guides() -> None:
    listed = re.findall(r"^- \[(.+)\]\((.+)\.md\): ", (DOCS / PAGE).read_text(), re.MULTILINE)
    assert len(listed) > 10
    for title, name in listed:
        assert (DOCS / PAGE).with_name(f"{name}.md").read_text().startswith(f"# {title}\n")


def test_the_example_has_no_problem(guide: Guide, settings: Any) -> None:
    settings.DEBUG = True
    assert checks.run_checks(tags=["appwrite_orm"]) == []
