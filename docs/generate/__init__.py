"""Parts of the reference that are made from the code: `python -m docs.generate` writes them into the pages.

A part is between `<!-- generated: NAME -->` and `<!-- end -->` on a page; the text around it is written by hand.
`SECTIONS` has a function for each name, which returns Markdown. tests/docs/test_generated.py compares the pages.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

DOCS = Path(__file__).parents[1]
_PART = re.compile(r"(<!-- generated: ([\w.-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def pages() -> Iterator[Path]:
    """Yield the pages that have a generated part."""
    for page in sorted(DOCS.rglob("*.md")):
        if _PART.search(page.read_text(encoding="utf-8")):
            yield page


def misplaced(sections: Collection[str]) -> list[str]:
    """Return the names of parts that are not on exactly one page, or of which there is no section."""
    places = Counter(match[2] for page in pages() for match in _PART.finditer(page.read_text(encoding="utf-8")))
    return sorted(name for name in {*places, *sections} if places[name] != 1 or name not in sections)


def updated(text: str, sections: Mapping[str, Callable[[], str]]) -> str:
    """Return the text of a page with its generated parts made again. Raises KeyError for an unknown name."""
    return _PART.sub(lambda match: f"{match[1]}\n{sections[match[2]]().strip()}\n\n{match[3]}", text)
