"""The progress line of commands that take long."""

from __future__ import annotations

import shutil
from types import TracebackType
from typing import Self

from django.core.management.base import OutputWrapper


class ProgressLine:
    """One line on a terminal, which every update overwrites; nothing is written where `stream` is not a terminal.

    Commands give it their `stderr`, so that it never gets into output that is redirected to a file. Used as a context
    manager, it clears the line at the end.
    """

    def __init__(self, stream: OutputWrapper, *, enabled: bool = True) -> None:
        self._stream = stream
        self._enabled = enabled and stream.isatty()
        self._width = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.clear()

    def update(self, text: str) -> None:
        """Show `text`, shortened to the width of the terminal, instead of the last one."""
        if self._enabled:
            text = text[: shutil.get_terminal_size().columns - 1]
            self._write(f"\r{text.ljust(self._width)}")
            self._width = len(text)

    def clear(self) -> None:
        """Remove the line. Call this before other lines are written."""
        if self._width:
            self._write(f"\r{' ' * self._width}\r")
            self._width = 0

    def _write(self, text: str) -> None:
        self._stream.write(text, ending="")
        self._stream.flush()
