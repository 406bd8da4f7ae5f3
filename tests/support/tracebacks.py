"""Everything that debug pages and error trackers show of an exception: the local variables of all its frames."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.test import RequestFactory
from django.views.debug import ExceptionReporter


def caught(act: Callable[[], object]) -> BaseException:
    """What `act` raises, with frames from here on."""
    try:
        act()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def chain(error: BaseException) -> Iterator[BaseException]:
    """`error`, and all that led to it, suppressed or not."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]


def texts(value: Any, depth: int = 8) -> Iterator[str]:
    """`value` as text, and what it contains."""
    for form in (repr, str, format):
        try:
            yield form(value)
        except Exception as error:  # of a queryset that asks a server which is not there any more
            yield str(error)
    if depth and isinstance(value, Mapping):
        for item in [*value.keys(), *value.values()]:
            yield from texts(item, depth - 1)
    elif depth and isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from texts(item, depth - 1)
    elif isinstance(value, (bytes, bytearray)):
        yield bytes(value).decode("latin-1")


def shown(error: BaseException) -> str:
    """All of it, as one text: every local variable, and Django's reports as HTML and as text."""
    found: list[str] = []
    for one in chain(error):
        found += texts(one.args)
        for frame, _ in traceback.walk_tb(one.__traceback__):
            for name, value in frame.f_locals.items():
                found += [f"{frame.f_code.co_qualname} {name}: {text}" for text in texts(value)]
        reporter = ExceptionReporter(RequestFactory().get("/"), type(one), one, one.__traceback__)
        found += [reporter.get_traceback_html(), reporter.get_traceback_text()]
        found += traceback.TracebackException.from_exception(one, capture_locals=True).format()
    return "\n".join(found)
