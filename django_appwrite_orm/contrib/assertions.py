"""Assertions about what a test costs: requests to Appwrite, and reads that the cache has to answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from ..signals.observers import Activity
from .plan_texts import PlanTexts
from .recording import Recording, recording


@contextmanager
def assert_num_appwrite_requests(number: int) -> Iterator[Recording]:
    """Raise AssertionError, with a list of them, unless so many requests are sent inside. Repeats count.

    As for the recording: what plain threads send is not counted.
    """
    with recording() as made:
        yield made
    requests = made.of("request")
    if len(requests) != number:
        raise AssertionError(_message(f"{len(requests)} requests were sent, {number} expected", requests))


@contextmanager
def assert_cache_hit() -> Iterator[Recording]:
    """Raise AssertionError unless something is read inside, and every read is a hit.

    A fragment of a template that is a hit reads no rows.
    """
    with recording() as made:
        yield made
    reads = made.outermost("read")
    if not reads:
        raise AssertionError("Nothing was read, so nothing can be a hit.")
    if others := [read for read in reads if read.status != "HIT"]:
        raise AssertionError(_message(f"{len(others)} of {len(reads)} reads were not hits", others))


def _message(problem: str, activities: list[Activity]) -> str:
    texts = PlanTexts()
    lines = [
        f"{texts.of(activity.subject)}: {activity.status or type(activity.error).__name__}" for activity in activities
    ]
    return "\n".join(
        [f"{problem}{':' if lines else '.'}", *(f"{number}. {line}" for number, line in enumerate(lines, 1))]
    )


class AppwriteAssertions:
    """The assertions as methods of test classes; they work like Django's `assertNumQueries`.

    Without a function they are context managers; otherwise they call it.
    """

    def assertNumAppwriteRequests(  # noqa: N802 - as in unittest
        self, num: int, func: Callable[..., Any] | None = None, *args: Any, **kwargs: Any
    ) -> AbstractContextManager[Recording] | None:
        """Fail unless so many requests are sent to Appwrite."""
        return _applied(assert_num_appwrite_requests(num), func, *args, **kwargs)

    def assertCacheHit(  # noqa: N802 - as in unittest
        self, func: Callable[..., Any] | None = None, *args: Any, **kwargs: Any
    ) -> AbstractContextManager[Recording] | None:
        """Fail unless something is read, and every read is a hit."""
        return _applied(assert_cache_hit(), func, *args, **kwargs)


def _applied(
    assertion: AbstractContextManager[Recording], func: Callable[..., Any] | None, *args: Any, **kwargs: Any
) -> AbstractContextManager[Recording] | None:
    if func is None:
        return assertion
    with assertion:
        func(*args, **kwargs)
    return None
