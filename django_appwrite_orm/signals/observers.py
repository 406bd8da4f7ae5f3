"""Observe what is carried out while it is carried out: reads, writes and their requests.

For debug panels, metrics, traces and the assertions of tests, which need to know what belongs to what. Without an
observer an operation costs one look at an empty list more.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

from ..sansio import Operation
from ..threads import ContextValue

logger = logging.getLogger("django_appwrite_orm.queries")

Result = TypeVar("Result")

Kind = Literal["statement", "read", "write", "commit", "invalidation", "request"]


@dataclass(slots=True, eq=False)
class Activity:
    """One thing that is carried out.

    `subject` is what it is about:

    - statement: the `Statement` of the database backend; its reads and writes are inside it;
    - read, write: the plan;
    - commit: the transaction;
    - invalidation: the tables (`TableRef`) whose results are dropped; that of a write is a part of it;
    - request: one attempt of the `Request`.

    `using` is the connection's alias, of a request the endpoint. `status` is that of a read ("HIT", "STALE", "MISS",
    "BYPASS"), "WRITTEN" or "STAGED" of a write, "MANUAL" of an invalidation without a write, the HTTP status of a
    request; empty after an error. `size` counts the characters of JSON that were transferred. `rows` is the number of
    rows in the result; None where there are none to count. `duration` is in seconds; None before the end. `parent` is
    the activity that it is part of.
    """

    kind: Kind
    subject: Any
    using: str
    parent: Activity | None = None
    status: str = ""
    size: int = 0
    rows: int | None = None
    error: BaseException | None = None
    started: float = field(default_factory=time.perf_counter)
    duration: float | None = None

    def within(self, kind: Kind) -> Activity | None:
        """Return the nearest activity of this kind that it is part of."""
        outer = self.parent
        while outer is not None and outer.kind != kind:
            outer = outer.parent
        return outer


class Observer(Protocol):
    """Is called in the context of each activity. What it raises is logged and stops nothing."""

    def began(self, activity: Activity) -> None:
        """Take note of an activity before it is carried out."""

    def ended(self, activity: Activity) -> None:
        """Take note of its end, whether it succeeded or failed."""


# The observers of this process.
observers: list[Observer] = []
_current: ContextValue[Activity | None] = ContextValue("appwrite_activity", None)


def observed(
    kind: Kind,
    subject: object,
    using: object,
    steps: Operation[Result],
    note: Callable[[Activity, Result], None] = lambda activity, result: None,
) -> Operation[Result]:
    """Carry out `steps` as an activity; `note` adds what is known from their result."""
    activity = Activity(kind, subject, str(using), _current.get())
    before = _current.held()
    _current.set(activity)
    notified = list(observers)
    for observer in notified:
        _call(observer.began, activity)
    activity.started = time.perf_counter()
    try:
        result = yield from steps
        note(activity, result)
        return result
    except BaseException as error:
        activity.error = error
        raise
    finally:
        activity.duration = time.perf_counter() - activity.started
        _current.restore(before)
        for observer in reversed(notified):
            _call(observer.ended, activity)


def rows_in(data: Any) -> int | None:
    """Return how many rows a result has, or one row; None for a number or anything else."""
    if isinstance(data, dict):
        rows = data.get("rows")
        return len(rows) if isinstance(rows, Sequence) and not isinstance(rows, str) else 1
    return 0 if data is None else None


def _call(method: Callable[[Activity], None], activity: Activity) -> None:
    try:
        method(activity)
    except Exception:
        logger.exception("An observer failed.")
