"""Context variables that mean the same whether or not new threads inherit them.

A thread starts with an empty context, unless the interpreter is set otherwise (`thread_inherit_context`, Python
3.14; the default of free-threaded builds): then it starts with a copy of its starter's, and a worker of a pool keeps
that copy for good, whoever gives it work later. A value here never counts in a thread for that reason alone.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Generic, ParamSpec, Protocol, TypeVar
from weakref import WeakSet

from asgiref.sync import SyncToAsync
from django.core.cache import caches

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, eq=False)
class Held(Generic[Value]):
    """A value, and the thread that has set it."""

    value: Value
    thread: threading.Thread


class ContextValue(Generic[Value]):
    """A value for the code that sets it, for the tasks started there, and for what runs in a copy of its context.

    Such are `asyncio.to_thread`, `sync_to_async` and `copy_context().run` in a thread. Elsewhere it is `default`.
    """

    def __init__(self, name: str, default: Value) -> None:
        self._variable: ContextVar[Held[Value] | None] = ContextVar(name, default=None)
        self._default = default
        # What is set now, whether it counts here or not, as an argument of `restore`. Where it is None nothing is set,
        # which is all that most operations have to know.
        self.held: Callable[[], Held[Value] | None] = self._variable.get

    def get(self) -> Value:
        """Return the value that counts here."""
        held = self._variable.get()
        return self._default if held is None or _is_inherited(held.thread) else held.value

    def set(self, value: Value) -> None:
        """Set the value for the current context."""
        self._variable.set(Held(value, threading.current_thread()))

    def restore(self, before: Held[Value] | None) -> None:
        """Undo a `set`, also in another context than its own, as where a generator continues in another task.

        The same object is set again, so that asgiref, which compares, does not copy it as a change.
        """
        self._variable.set(before)


_probe: ContextVar[object] = ContextVar("appwrite_probe", default=None)


def _is_inherited(origin: threading.Thread) -> bool:
    """Whether a value of the thread `origin` is seen here only because this thread inherited its context.

    It then runs in the context that it was started with.
    """
    here = threading.current_thread()
    if here is origin or not getattr(sys.flags, "thread_inherit_context", False):
        return False
    first = getattr(here, "_context", None)  # private to threading; None in the main thread and in foreign ones
    if first is None:
        return False
    mark = object()
    token = _probe.set(mark)
    try:
        return first.get(_probe) is mark
    finally:
        _probe.reset(token)


class Forked(Protocol):
    """An object with state that a forked child must replace."""

    def after_fork(self) -> None:
        """Replace that state; called in the child while it has one thread.

        The lock of a thread that stayed in the parent would never be free again.
        """


_owners: WeakSet[Forked] = WeakSet()


def register_after_fork(owner: Forked) -> None:
    """Call `owner.after_fork()` in every child, for as long as `owner` exists."""
    _owners.add(owner)


def _after_fork() -> None:
    # The one thread in which asgiref calls Django's caches for asynchronous code stays in the parent, and its pool does
    # not notice: without a new one, every such call would wait forever.
    SyncToAsync.single_thread_executor = ThreadPoolExecutor(max_workers=1)
    for owner in list(_owners):
        owner.after_fork()


# Seconds for which a fork waits for the work of other threads.
FORK_LIMIT = 1.0


class ForkGuard:
    """Let a fork wait while a thread of ours may hold a lock that `after_fork` cannot replace.

    Those are locks of libraries: of the C library while it looks up a name, of a stream, of a cache. In the child such
    a lock would never be free again.
    """

    def __init__(self) -> None:
        self.after_fork()
        register_after_fork(self)

    def after_fork(self) -> None:
        """Forget the parent's threads in the child."""
        self._changed = threading.Condition()
        self._working: set[int] = set()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Let forks wait until this thread is done, or rests."""
        self._begin()
        try:
            yield
        finally:
            self._end()

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Let forks happen although this thread works: it only waits here."""
        worked = threading.get_ident() in self._working
        self._end()
        try:
            yield
        finally:
            if worked:
                self._begin()

    def _begin(self) -> None:
        with self._changed:
            self._working.add(threading.get_ident())

    def _end(self) -> None:
        with self._changed:
            self._working.discard(threading.get_ident())
            self._changed.notify_all()

    def before_fork(self) -> None:
        """Wait until no other thread works, but not for ever; none begins before the fork is done."""
        self._changed.acquire()
        self._changed.wait_for(lambda: self._working <= {threading.get_ident()}, FORK_LIMIT)

    def after_fork_in_parent(self) -> None:
        """Let work begin again."""
        self._changed.release()


fork_guard = ForkGuard()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(
        before=fork_guard.before_fork,
        after_in_parent=fork_guard.after_fork_in_parent,
        after_in_child=_after_fork,
    )


Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def close_caches_after(work: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Return `work` for a thread of ours, whose caches it closes at the end.

    Each thread has caches of its own. Django closes those of its threads with each request, and does not know of ours.
    """

    @functools.wraps(work)
    def done(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            return work(*args, **kwargs)
        finally:
            caches.close_all()

    return done


class DaemonThreadPool:
    """Daemon threads, at most `size` at a time: for work that may be left undone."""

    def __init__(self, size: int, name: str) -> None:
        self._size, self._name = size, name
        self.after_fork()
        register_after_fork(self)

    def after_fork(self) -> None:
        """Start without threads in a child: the parent's are not here."""
        self._free = threading.BoundedSemaphore(self._size)

    def start(self, work: Callable[[], object]) -> bool:
        """Start `work` now; False when all threads are in use, or the system has no more."""
        free = self._free
        if not free.acquire(blocking=False):
            return False

        def done() -> None:
            try:
                close_caches_after(work)()
            finally:
                free.release()

        try:
            threading.Thread(target=done, name=self._name, daemon=True).start()
        except BaseException as error:
            free.release()
            if not isinstance(error, RuntimeError):  # what Python raises when the system has no more threads
                raise
            return False
        return True
