"""The pages are in plain technical English: no words of this project's own where the field has one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# The glossary lists these words, so that readers of older code find them.
PAGES = sorted(
    page
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    if page.name not in ("CHANGELOG.md", "glossary.md")
)
WORDS = {
    "anew": "again",
    "debt|debts|owes?|owed": "a pending invalidation",
    "lane|lanes": "lease",
    "mend|mends|mended": "fix",
    "told": "reported, or by default",
    "(?<!in-)doubts?": "in-doubt marker",
    "unless you say otherwise": "by default",
    "(?:ask|asks|asked) (?:Appwrite|the server|again)": "read, send a request",
    r"(?<![Tt]here )is no (?!longer\b)\w+": "is not a",
}


def house_words(text: str) -> list[str]:
    """Return the words of this project's own in the prose of a page; code does not count."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    prose = re.sub(r"`[^`\n]*`", "X", prose)
    return re.findall(rf"\b(?:{'|'.join(WORDS)})\b", prose)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_use_the_words_of_the_field(page: Path) -> None:
    assert house_words(page.read_text()) == []


def test_a_house_word_is_found() -> None:
    text = (
        "It is no row. Send it anew. There is no row, `told`, an in-doubt marker and what is no longer there are fine."
    )
    assert house_words(text) == ["is no row", "anew"]
