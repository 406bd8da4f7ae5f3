"""Rows out of a file, one after the other, whatever the size of the file."""

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
_GZIP = "\x1f\udc8b"  # its first two bytes, the second one as a byte that is not UTF-8
_LONGEST_WORD = 12  # more than -Infinity and \\u1234, which may stand cut at the end of what was read
_BLANK = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a file: the number of its line, its table and the row; `problem` says why there is none."""

    line: int
    table: str = ""
    row: dict[str, Any] | None = None
    problem: str = ""


def entries(file: TextIO) -> Iterator[Entry]:
    """Yield the rows of a file in either format; a bad line of JSON Lines is an entry with a problem.

    Raises `SchemaError` where an object in the format of the TypeScript appwrite-orm breaks off.
    """
    start = file.read(_CHUNK)
    if start.startswith(_GZIP):
        raise SchemaError("The file is compressed. Give what is in it: gunzip -c FILE | manage.py load_appwrite -")
    if not start.strip():
        return iter(())
    return _lines(start, file) if _LINES.match(start) else _Object(start, file).entries()


def _lines(start: str, file: TextIO) -> Iterator[Entry]:
    lines = start.split("\n")
    # The last one may go on in what has not been read yet.
    lines[-1] += file.readline().rstrip("\n") if len(start) == _CHUNK else ""
    number = 0
    for source in (lines, file):
        for line in source:
            number += 1
            if line.strip():
                yield _line(number, line)


def _line(number: int, text: str) -> Entry:
    try:
        found = _DECODER.decode(text.strip())
    except (ValueError, RecursionError) as error:
        return Entry(number, problem=f"it is not JSON ({error})")
    if not (isinstance(found, dict) and isinstance(found.get("table"), str) and isinstance(found.get("row"), dict)):
        return Entry(number, problem='it is not of the form {"table": "...", "row": {...}}')
    return Entry(number, found["table"], found["row"])


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large for a number")
    return number


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)


class _Object:
    """One object with a list of rows for each table, read in pieces."""

    def __init__(self, start: str, file: TextIO) -> None:
        self._text = start
        self._at = 0
        self._line = 1
        self._file = file

    def entries(self) -> Iterator[Entry]:
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
        self._at += 1

    def _peek(self) -> str:
        """The next character that is not blank; empty at the end of the file."""
        while True:
            match = _BLANK.match(self._text, self._at)
            end = match.end() if match else self._at
            self._line += self._text.count("\n", self._at, end)
            self._at = end
            if end < len(self._text):
                return self._text[end]
            if not self._more():
                return ""

    def _value(self) -> Any:
        self._peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if not (self._may_go_on(error) and self._more(len(self._text))):
                    self._fail("a value")
            except (ValueError, RecursionError):
                self._fail("a value")
            else:
                self._line += self._text.count("\n", self._at, end)
                self._at = end
                return value

    def _may_go_on(self, error: json.JSONDecodeError) -> bool:
        """Whether more of the file may make a value of what is none yet."""
        return error.msg.startswith("Unterminated string") or error.pos >= len(self._text) - _LONGEST_WORD

    def _more(self, least: int = 0) -> bool:
        """Read more. For an incomplete value twice as much each time, so that parsing it again stays cheap."""
        chunk = self._file.read(max(_CHUNK, least))
        self._text, self._at = self._text[self._at :] + chunk, 0
        return bool(chunk)

    def _fail(self, wanted: str) -> NoReturn:
        found = self._text[self._at : self._at + 20] or "the end of the file"
        raise SchemaError(f"Line {self._line}: expected {wanted}, found {found!r}. The rows before it were read.")
