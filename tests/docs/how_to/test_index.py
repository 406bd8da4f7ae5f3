"""The list of guides is complete, with their titles, and the example that they start from has no problem."""

from __future__ import annotations

import re
from typing import Any

from django.core import checks

from tests.support.guides import Guide
from tests.support.pages import DOCS

PAGE = "how-to/index.md"


def test_each_guide_is_in_the_list_with_its_title() -> None:
    listed = re.findall(r"^- \[(.+)\]\((.+)\.md\): ", (DOCS / PAGE).read_text(), re.MULTILINE)
    guides = [page for page in (DOCS / PAGE).parent.glob("*.md") if page.stem != "index"]
    titles = {page.stem: page.read_text().partition("\n")[0].removeprefix("# ") for page in guides}
    assert {name: title for title, name in listed} == titles
    assert len(listed) == len(titles)


def test_the_example_has_no_problem(guide: Guide, settings: Any) -> None:
    settings.DEBUG = True
    assert checks.run_checks(tags=["appwrite_orm"]) == []
