"""Check that pages are written in plain technical English: `python -m tests.docs.style [PAGE ...]`.

Prints `page:line: finding` for long sentences, words of this project's own, passives that hide who acts, and fillers.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
LONGEST = 25
# The changelog is a list for looking things up; the licence is not ours to word.
SKIPPED = {"CHANGELOG.md"}
# The glossary lists these words, so that readers of older code find them.
MAY_USE_HOUSE_WORDS = {"docs/internals/glossary.md"}

# A word of this project's own, and what to write instead.
HOUSE_WORDS = {
    "anew": "again",
    "debt|debts|owes?|owed": "a pending invalidation",
    "lane|lanes": "lease",
    "mend|mends|mended": "fix",
    "told": "reported, or by default",
    "[Tt]ime-outs?": "timeout",
    "(?<!in-)doubts?": "in-doubt marker",
    "unless you say otherwise": "by default",
    "(?:ask|asks|asked) (?:Appwrite|the server|again)": "read, send a request",
    r"(?<![Tt]here )is no (?!longer\b)\w+": "is not a",
}
_BE = r"(?:is|are|was|were|be|been|being)(?: not| never| only| first| then)?"
_PARTICIPLE = r"(?:\w+ed|\w+wn|made|sent|kept|held|read|written|given|taken|set|put|found|built|run)"
# These are of an order or an instrument: "sorted by name", "is set by default", "by calling".
_NO_AGENT_BEHIND = (
    "sorted|ordered|grouped|keyed|indexed|identified|divided|multiplied|followed|separated|preceded|filtered"
)
_NO_AGENT = r"default|hand|itself|themselves|id\b|name|value|\w+ing\b"
# What a page says in more words, or with less sense, than it needs.
STYLE = {
    rf"{_BE} (?:asked|answered|said|had|judged|spoken)": "say who does what: reads, requests, returns, refuses",
    rf"{_BE} (?!{_NO_AGENT_BEHIND}){_PARTICIPLE} by (?!{_NO_AGENT})": "start with who acts: active voice",
    "[Tt]he answers?|[Aa]n answer": "result, or response",
    "stands?(?! for| alone)": "is",
    "(?:[Ss]imply|[Oo]bviously|[Ee]asily|[Pp]lease|[Oo]f course|[Bb]asically)": "leave it out",
    "(?:[Ww]e|[Oo]ur|[Ll]et's)": "you, or the name of what acts",
}
_ABBREVIATIONS = r"(?<!e\.g\.)(?<!i\.e\.)(?<!etc\.)(?<!vs\.)"
_SENTENCE_END = re.compile(rf"(?<=[.!?]){_ABBREVIATIONS}\s+|(?<=[.!?][\"')\]]){_ABBREVIATIONS}\s+")
# Code in a sentence is one word, whatever is in it.
_CODE = re.compile("\ue000([^\ue001]*)\ue001")
# Directives whose content is prose.
_PROSE_DIRECTIVES = re.compile(r"\{(?:note|tip|important|warning|admonition|seealso|versionadded|versionchanged)\}")
_MARKDOWN = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True)
class Finding:
    """Something to write in another way, with the line of its sentence."""

    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.line}: {self.what}"


@dataclass(frozen=True)
class Sentence:
    """A sentence of prose, of a list's item, a heading or a cell of a table."""

    line: int
    marked: str

    @property
    def text(self) -> str:
        """As it is on the page."""
        return _CODE.sub(r"`\1`", self.marked)

    @property
    def prose(self) -> str:
        """With an X for each piece of code."""
        return _CODE.sub("X", self.marked)

    @property
    def words(self) -> int:
        return sum(any(map(str.isalnum, word)) for word in self.prose.split())


def sentences(text: str, first_line: int = 1) -> Iterator[Sentence]:
    """Yield the sentences of a page in Markdown, without blocks of code."""
    row = first_line
    for token in _MARKDOWN.parse(text):
        if token.map is not None:
            row = token.map[0] + first_line
        if token.type == "inline":
            yield from _split(_marked(token.children or []), row)
        elif token.type == "fence" and _PROSE_DIRECTIVES.match(token.info):
            yield from sentences(token.content, row + 1)


def _marked(children: list[Token]) -> str:
    """Return the text of inline tokens, with code between marks; lines stay lines."""
    pieces = []
    for child in children:
        if child.type == "code_inline":
            pieces.append(f"\ue000{child.content}\ue001")
        elif child.type in ("softbreak", "hardbreak"):
            pieces.append("\n")
        elif child.type == "text":
            pieces.append(re.sub(r"\{[\w:]+\}$", "", child.content))  # the name of a role of MyST
    return "".join(pieces)


def _split(text: str, line: int) -> Iterator[Sentence]:
    start = 0
    for end in [*_SENTENCE_END.finditer(text), None]:
        sentence = text[start : end.start() if end else None]
        if sentence.strip():
            yield Sentence(line + text.count("\n", 0, start), " ".join(sentence.split()))
        start = end.end() if end else start


def findings(text: str, *, house: bool = True) -> list[Finding]:
    """Return what the text of a page, in Markdown, should say in another way."""
    found = []
    for sentence in sentences(text):
        if sentence.words > LONGEST:
            found.append(Finding(sentence.line, f"{sentence.words} words: {sentence.text}"))
        for pattern, advice in ((HOUSE_WORDS if house else {}) | STYLE).items():
            for match in re.finditer(rf"\b(?:{pattern})\b", sentence.prose):
                found.append(Finding(sentence.line, f'"{match[0]}" ({advice}): {sentence.text}'))
    return found


def pages() -> list[Path]:
    """Return the pages of the documentation, and those at the root of the project."""
    return sorted(page for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")] if page.name not in SKIPPED)


def main(arguments: list[str]) -> int:
    """Print the findings on these pages, or on all; return 1 where there are some."""
    failed = False
    for page in [Path(argument).resolve() for argument in arguments] or pages():
        name = page.relative_to(ROOT).as_posix()
        for finding in findings(page.read_text(encoding="utf-8"), house=name not in MAY_USE_HOUSE_WORDS):
            print(f"{name}:{finding}")
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
