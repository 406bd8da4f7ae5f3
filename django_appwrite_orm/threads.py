"""Work in threads of our own, which leave no connection of a cache open behind them."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.core.cache import caches

from .forking import tell_after_fork

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def closing(work: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """`work` for a thread that ends after it. Django closes the caches of its own threads with each request; each
    thread has some of its own, and nobody else knows of ours."""

    @functools.wraps(work)
    def done(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            return work(*args, **kwargs)
        finally:
            caches.close_all()

    return done


class Crew:
    """Daemon threads, at most `size` at a time: for work that may be left undone."""

    def __init__(self, size: int, name: str) -> None:
        self._size, self._name = size, name
        self.after_fork()
        tell_after_fork(self)

    def after_fork(self) -> None:
        """The parent's threads are not here."""
        self._free = threading.BoundedSemaphore(self._size)

    def start(self, work: Callable[[], object]) -> bool:
        """Begin `work` now; False when there are as many threads already, or the system has no more."""
        free = self._free
        if not free.acquire(blocking=False):
            return False

        def done() -> None:
            try:
                closing(work)()
            finally:
                free.release()

        try:
            threading.Thread(target=done, name=self._name, daemon=True).start()
        except BaseException as error:
            free.release()
            if not isinstance(error, RuntimeError):  # what Python raises when there is no thread to be had
                raise
            return False
        return True
