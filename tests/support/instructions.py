"""Count the instructions that code executes: a measure of its work that does not depend on the machine or its load."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import django_appwrite_orm

_PACKAGE = str(Path(django_appwrite_orm.__file__).parent)
# Python 3.11 takes most of those that are supported, up to a tenth more than 3.13. The tests' figures are for it.
MARGIN = 1.1


class Instructions(NamedTuple):
    """Instructions of Python's bytecode. `own` are those of the package. What is written in C does not count."""

    all: int
    own: int


def instructions_of(action: Callable[[], object]) -> Instructions:
    """Return the instructions of `action` in this thread; what it does once for all should be done before."""
    _traced(action)  # since Python 3.12, code counts from its second run on
    return _traced(action)


def _traced(action: Callable[[], object]) -> Instructions:
    everything = own = 0

    def note(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal everything, own
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            everything += 1
            own += frame.f_code.co_filename.startswith(_PACKAGE)
        return note

    before = sys.gettrace()
    sys.settrace(note)
    try:
        action()
    finally:
        sys.settrace(before)
    return Instructions(everything, own)
