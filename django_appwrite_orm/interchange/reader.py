"""Read the rows of a file one after the other, so that its size does not matter."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn, TextIO

from ..exceptions import SchemaError

_CHUNK = 65_536
_LINES = re.compile(r'\s*\{\s*"table"\s*:\s*"')
_GZIP = "\x1f\udc8b"  # its first two bytes; the second one is not UTF-8
_LONGEST_TOKEN = 12  # more than -Infinity and \\u1234, which may be cut off at the end of a chunk
_BLANK = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a file with the number of its line and its table, or the `problem` that makes it unreadable."""

    line: int
    table: str = ""
    row: dict[str, Any] | None = None
    problem: str = ""


def entries(file: TextIO) -> Iterator[Entry]:
    """Return an iterator over the rows of a file in either format.

    Raises `SchemaError` if an object in the format of the TypeScript appwrite-orm is not valid or incomplete; a line of
    JSON Lines that is not valid is an entry with a problem.
    """
    start = file.read(_CHUNK)
    if start.startswith(_GZIP):
        raise SchemaError("The file is compressed. Decompress it: gunzip -c FILE | manage.py load_appwrite -")
    if not start.strip():
        return iter(())
    return _lines(start, file) if _LINES.match(start) else _Object(start, file).entries()


def _lines(start: str, file: TextIO) -> Iterator[Entry]:
    lines = start.split("\n")
    # The last line may continue after this chunk.
    lines[-1] += file.readline().rstrip("\n") if len(start) == _CHUNK else ""
    number = 0
    for source in (lines, file):
        for line in source:
            number += 1
            if line.strip():
                yield _line(number, line)


def _line(number: int, text: str) -> Entry:
    try:
        value = _DECODER.decode(text.strip())
    except (ValueError, RecursionError) as error:
        return Entry(number, problem=f"it is not JSON ({error})")
    if not (isinstance(value, dict) and isinstance(value.get("table"), str) and isinstance(value.get("row"), dict)):
        return Entry(number, problem='it is not of the form {"table": "...", "row": {...}}')
    return Entry(number, value["table"], value["row"])


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large for a number")
    return number


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)


class _Object:
    """A file with one object, which has a list of rows for each table, read in chunks."""

    def __init__(self, start: str, file: TextIO) -> None:
        self._text = start
        self._position = 0
        self._line = 1
        self._file = file

    def entries(self) -> Iterator[Entry]:
        """Yield the rows. Raises `SchemaError`."""
        self._expect("{")
        while self._peek() != "}":
            table = self._value()
            if not isinstance(table, str):
                self._fail("the name of a table")
            self._expect(":")
            self._expect("[")
            while self._peek() != "]":
                line, row = self._line, self._value()
                if isinstance(row, dict):
                    yield Entry(line, table, row)
                else:
                    yield Entry(line, table, problem=f"it is not a row but {json.dumps(row)[:40]}")
                self._comma("]")
            self._expect("]")
            self._comma("}")
        self._expect("}")

    def _comma(self, end: str) -> None:
        if self._peek() != end:
            self._expect(",")

    def _expect(self, character: str) -> None:
        if self._peek() != character:
            self._fail(repr(character))
        self._position += 1

    def _peek(self) -> str:
        """Return the next character that is not blank, without reading it; empty at the end of the file."""
        while True:
            match = _BLANK.match(self._text, self._position)
            end = match.end() if match else self._position
            self._line += self._text.count("\n", self._position, end)
            self._position = end
            if end < len(self._text):
                return self._text[end]
            if not self._more():
                return ""

    def _value(self) -> Any:
        self._peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._position)
            except json.JSONDecodeError as error:
                if not (self._may_continue(error) and self._more(len(self._text))):
                    self._fail("a value")
            except (ValueError, RecursionError):
                self._fail("a value")
            else:
                self._line += self._text.count("\n", self._position, end)
                self._position = end
                return value

    def _may_continue(self, error: json.JSONDecodeError) -> bool:
        """Whether the value may be valid with the next part of the file."""
        return error.msg.startswith("Unterminated string") or error.pos >= len(self._text) - _LONGEST_TOKEN

    def _more(self, least: int = 0) -> bool:
        """Read a chunk of at least `least` characters; return whether there was one.

        The text of an incomplete value doubles each time, so that the total time of decoding it stays linear.
        """
        chunk = self._file.read(max(_CHUNK, least))
        self._text, self._position = self._text[self._position :] + chunk, 0
        return bool(chunk)

    def _fail(self, expected: str) -> NoReturn:
        actual = self._text[self._position : self._position + 20] or "the end of the file"
        raise SchemaError(f"Line {self._line}: expected {expected}, found {actual!r}. The rows before it were read.")
