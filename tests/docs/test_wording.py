"""Pages, docstrings, comments and messages use the words of the field, not words of this project's own."""

from __future__ import annotations

import re
import tokenize
from pathlib import Path

import pytest

import django_appwrite_orm

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
# In code, these too.
CODE_WORDS = {
    "(?:[Aa]n?|[Tt]he|its|their|every|each|cached|whose|same) answers?(?= (?:of|about|to|from|in)|[.,:;)])": "result",
    "[Nn]o answer": "no response",
    "questions?": "query",
    "(?:its|the|whose|a) (?:life|lives)": "TTL",
    "ways? back": "reverse relation",
    "unless (?:told|asked)": "by default",
}
PACKAGE = Path(django_appwrite_orm.__file__).parent
# Names that are stored, by processes of several versions, and stay what they are.
STORED_NAMES = {"cache/keys.py", "local/rows/read.py", "local/storage/ddl.py"}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).as_posix() not in STORED_NAMES)
PROSE_TOKENS = {tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}


def prose_of(module: Path) -> str:
    """Return the comments of a module and its strings of more than one word: docstrings and messages."""
    with module.open("rb") as file:
        texts = [token.string for token in tokenize.tokenize(file.readline) if token.type in PROSE_TOKENS]
    return "\n".join(text for text in texts if " " in text)


def house_words(text: str, words: dict[str, str] = WORDS) -> list[str]:
    """Return the words of this project's own in prose; code does not count."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    prose = re.sub(r"`[^`\n]*`", "X", prose)
    return re.findall(rf"\b(?:{'|'.join(words)})\b", prose)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_use_the_words_of_the_field(page: Path) -> None:
    assert house_words(page.read_text()) == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.relative_to(PACKAGE).as_posix())
def test_modules_use_the_words_of_the_field(module: Path) -> None:
    assert house_words(prose_of(module), WORDS | CODE_WORDS) == []


def test_a_house_word_in_code_is_found(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text('"""The answer of a query."""\nx = f"{1} is no row"  # sent anew\nanew = mend = "lane"\n')
    assert house_words(prose_of(module), WORDS | CODE_WORDS) == ["The answer", "is no row", "anew"]


def test_a_house_word_is_found() -> None:
    text = (
        "It is no row. Send it anew. There is no row, `told`, an in-doubt marker and what is no longer there are fine."
    )
    assert house_words(text) == ["is no row", "anew"]
