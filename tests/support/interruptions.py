"""Work that is interrupted at one of its writes, by a crash or by a network failure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import mock

from django.core.cache import caches

from django_appwrite_orm.connection import connections
from django_appwrite_orm.exceptions import SchemaError
from django_appwrite_orm.transport import close_local
from django_appwrite_orm.transport.retry import Attempt, TransportError


class Killed(BaseException):
    """Nothing catches this one, as nothing catches SIGKILL."""


Failure = Callable[[], BaseException]
FAILURES: dict[str, Failure] = {
    "killed": Killed,
    "connection lost": lambda: TransportError("reset", sent=True),
    "timeout": lambda: TransportError("timed out", sent=True, timed_out=True),
}


def failing(at: int, failure: Failure, *, applied: bool) -> Any:
    """Writes fail from the one numbered `at` on, the first of them before or after it was applied."""
    perform, seen = Attempt.perform, {"writes": 0}

    def performed(self: Attempt) -> Any:
        if self.request.is_read:
            return perform(self)
        seen["writes"] += 1
        if seen["writes"] >= at:
            if applied and seen["writes"] == at:
                perform(self)
            raise failure()
        return perform(self)

    return mock.patch.object(Attempt, "perform", performed)


def interleaved(at: int, migrate: Callable[[], object]) -> None:
    """`migrate`, and once more from start to end before the write numbered `at`: the first may find things changed."""
    perform, seen = Attempt.perform, {"writes": 0}

    def performed(self: Attempt) -> Any:
        if not self.request.is_read:
            seen["writes"] += 1
            if seen["writes"] == at:
                migrate()
        return perform(self)

    with mock.patch.object(Attempt, "perform", performed):
        try:
            migrate()
        except SchemaError as error:
            assert "run the migration again" in str(error), at  # noqa: PT017


def empty_world() -> None:
    caches["default"].clear()
    connections.reset()
    close_local(":memory:")
