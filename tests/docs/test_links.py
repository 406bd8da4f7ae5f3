"""Links between pages lead to files and headings that exist, on a Git host as on the site."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_CODE = re.compile(r"^( *)(`{3,}|~{3,}).*?^ *\2`*$|`[^`\n]*`", re.DOTALL | re.MULTILINE)


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as Git hosts and MyST make them."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path, text: str) -> list[str]:
    """Return the links inside the project that lead nowhere."""
    broken = []
    for link in re.findall(r"\]\(<?([^)\s>]+)>?\)", _CODE.sub("", text)):
        target, _, anchor = link.partition("#")
        path = page.parent / target if target else page
        if "://" in link or target.startswith("mailto:"):
            continue
        if not path.exists() or (anchor and anchor not in anchors(text if path == page else path.read_text())):
            broken.append(link)
    return broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    assert broken_links(page, page.read_text()) == []


def test_a_broken_link_is_found() -> None:
    links = "[a](#two-words) [b](#three) [c](README.md) [d](NONE.md#x) [e](docs/how-to/background-jobs.md)"
    text = f"# Two words\n{links} `[f](NONE.md)`\n```md\n[g](NO.md)\n```\n"
    assert broken_links(ROOT / "LICENSE", text) == ["#three", "NONE.md#x"]
