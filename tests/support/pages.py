"""The code on the pages of the documentation, for tests that run it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# The first line of a block that is a file, or a part that is added to one.
_FILE = re.compile(r"^(?:#|<!--|\{#|//) ?([\w./-]+\.\w+)(?: -->| #\})?\n")


@dataclass(frozen=True)
class CodeBlock:
    """A block of code on a page."""

    language: str
    text: str
    page: Path
    line: int
    """Of its first line of code, from 1 on."""

    @property
    def place(self) -> str:
        """Its page and line, for messages."""
        return f"{self.page.parent.name}/{self.page.name}, line {self.line}"

    @property
    def file(self) -> str | None:
        """The file that its first line names, such as `# shop/models.py`; None for another block."""
        match = _FILE.match(self.text)
        return match[1] if match else None

    def commands(self) -> Iterator[tuple[str, str]]:
        """Yield the commands of a console, behind `$ `, with what each prints. Raises ValueError for another block."""
        start, *pieces = re.split(r"^\$ ", self.text, flags=re.MULTILINE)
        if start or not pieces:
            raise ValueError(f"{self.place}: it begins with no command.")
        for piece in pieces:
            command, _, shown = re.sub(r"\\\n\s*", "", piece).partition("\n")
            yield command, shown

    def run(self, names: dict[str, object]) -> None:
        """Execute a block of Python with these names, to which it adds its own; errors name the page and the line."""
        exec(compile("\n" * (self.line - 1) + self.text, str(self.page), "exec"), names)


def code_blocks(page: str, *languages: str) -> list[CodeBlock]:
    """Return the blocks of a page, by its path in `docs/` or `../README.md`, in these languages, or in all."""
    path = (DOCS / page).resolve()
    text = path.read_text(encoding="utf-8")
    blocks = [
        CodeBlock(match[1], match[2], path, text.count("\n", 0, match.start(2)) + 1) for match in _BLOCK.finditer(text)
    ]
    return [block for block in blocks if not languages or block.language in languages]


def commands(page: str) -> list[str]:
    """Return the commands in the consoles of a page."""
    return [command for block in code_blocks(page, "console") for command, _ in block.commands()]


def write_files(blocks: list[CodeBlock], folder: Path) -> None:
    """Write the blocks that name a file into a folder; a later block of the same file is added to its end."""
    seen: set[str] = set()
    for block in blocks:
        if block.file is not None:
            path = folder / block.file.lstrip("/")  # such as /etc/shop.service
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a" if block.file in seen else "w", encoding="utf-8") as file:
                file.write(block.text)
            seen.add(block.file)
