"""Docstrings, comments and messages use the words of the field, not words of this project's own.

style.py holds the pages to the same.
"""

from __future__ import annotations

import re
import tokenize
from pathlib import Path

import pytest

import django_appwrite_orm
from tests.docs.style import HOUSE_WORDS

# These, beside those that pages may not use either.
WORDS = HOUSE_WORDS | {
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


def house_words(module: Path) -> list[str]:
    """Return the words of this project's own in a module; code in its prose does not count."""
    prose = re.sub(r"```.*?```|`[^`\n]*`", "X", prose_of(module), flags=re.DOTALL)
    return re.findall(rf"\b(?:{'|'.join(WORDS)})\b", prose)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.relative_to(PACKAGE).as_posix())
def test_modules_use_the_words_of_the_field(module: Path) -> None:
    assert house_words(module) == []


def test_a_house_word_in_code_is_found(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text('"""The answer of a query."""\nx = f"{1} is no row"  # sent anew, `told`\nanew = mend = "lane"\n')
    assert house_words(module) == ["The answer", "is no row", "anew"]
