"""Context variables that mean the same whether or not new threads inherit them.

A thread starts with an empty context, unless the interpreter is told otherwise (`thread_inherit_context`, Python
3.14; the default of free-threaded builds): then it starts with a copy of its starter's, and a worker of a pool keeps
that copy for good, whoever gives it work later. A value here never counts in a thread for that reason alone.
"""

from __future__ import annotations

import sys
import threading
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, eq=False)
class Held(Generic[Value]):
    """A value, and the thread that has set it."""

    value: Value
    thread: threading.Thread


class ContextValue(Generic[Value]):
    """A value for the code that sets it, for the tasks started there, and for whatever else its context is given to:
    `asyncio.to_thread`, `sync_to_async`, `copy_context().run` in a thread. Everywhere else it is `default`."""

    def __init__(self, name: str, default: Value) -> None:
        self._variable: ContextVar[Held[Value] | None] = ContextVar(name, default=None)
        self._default = default

    def get(self) -> Value:
        held = self._variable.get()
        return self._default if held is None or _is_inherited(held.thread) else held.value

    def held(self) -> Held[Value] | None:
        """What is set now, whether it counts here or not: to be given to `restore`."""
        return self._variable.get()

    def set(self, value: Value) -> None:
        self._variable.set(Held(value, threading.current_thread()))

    def restore(self, before: Held[Value] | None) -> None:
        """Undo a `set`, also in another context than its own, as where a generator goes on in another task. The very
        object is put back, so that asgiref, which compares, does not carry it over as a change."""
        self._variable.set(before)


_probe: ContextVar[object] = ContextVar("appwrite_probe", default=None)


def _is_inherited(origin: threading.Thread) -> bool:
    """Whether what the thread `origin` has set is seen here for no other reason than that this thread began with a
    copy of its context: it then runs in the very context that it was started with."""
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
