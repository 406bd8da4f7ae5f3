"""Count the calls that code makes: a measure of its work that does not depend on the machine or its load."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import django_appwrite_orm

_PACKAGE = str(Path(django_appwrite_orm.__file__).parent)
# Functions of their own up to Python 3.11.
_COMPREHENSIONS = {"<listcomp>", "<setcomp>", "<dictcomp>"}


class Calls(NamedTuple):
    """Calls of functions in Python; a generator counts each time it goes on. `own` are those of the package."""

    all: int
    own: int


def calls_of(action: Callable[[], object]) -> Calls:
    """Return the calls of `action` in this thread; what it does once for all should be done before."""
    everything = own = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal everything, own
        if event == "call" and frame.f_code.co_name not in _COMPREHENSIONS:
            everything += 1
            own += frame.f_code.co_filename.startswith(_PACKAGE)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(before)
    return Calls(everything, own)
