"""What a forked child must not take over from its parent: locks that were held, threads that stayed behind."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol
from weakref import WeakSet

from asgiref.sync import SyncToAsync


class Forked(Protocol):
    """Something that a child cannot use as it was."""

    def after_fork(self) -> None:
        """Called in the child, while it has this one thread. The lock of a thread that stayed in the parent would
        never be free again."""


_owners: WeakSet[Forked] = WeakSet()


def tell_after_fork(owner: Forked) -> None:
    """Have `owner.after_fork()` called in every child, for as long as there is an `owner`."""
    _owners.add(owner)


def _after_fork() -> None:
    # The one thread in which asgiref calls Django's caches for asynchronous code stays in the parent, and its pool does
    # not notice: without a new one, every such call would wait for ever.
    SyncToAsync.single_thread_executor = ThreadPoolExecutor(max_workers=1)
    for owner in list(_owners):
        owner.after_fork()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_after_fork)
