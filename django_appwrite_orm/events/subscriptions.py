"""Callbacks for changes of rows: `orm.listen(...)`, over one realtime connection for each alias.

The listener is that of `listen_appwrite` in a thread of this process, so tables are invalidated and the signal is sent
too. A local Appwrite in this process needs no connection. The thread runs as long as there are subscribers.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass
from weakref import WeakSet

from ..connection import connections
from ..exceptions import AppwriteORMError
from ..tables import Row
from ..threads import close_caches_after, fork_guard, register_after_fork
from ..transport import local_file
from .heartbeat import CALLBACKS
from .local import LocalListener
from .parsing import RowChange
from .realtime import Listener

logger = logging.getLogger("django_appwrite_orm.events")

Callback = Callable[[RowChange], object]
# Changes in the queue of an asynchronous loop that is slower than they come.
MAX_QUEUED = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Subscriber:
    """A callback for changes of every registered table, of one table, or of one row.

    `on_end` is called when the listening ends, with the error that ended it, or None.
    """

    callback: Callback
    table: type[Row] | None = None
    id: str | None = None
    on_end: Callable[[AppwriteORMError | None], object] | None = None

    def end(self, error: AppwriteORMError | None = None) -> None:
        """Call `on_end`."""
        if self.on_end is not None:
            self.on_end(error)

    def matches(self, change: RowChange) -> bool:
        """Whether the subscription is about this change."""
        return self.table in (None, change.table) and self.id in (None, change.row.id)


class SubscriptionHub:
    """The subscribers of one connection in this process, and the thread that listens for them."""

    def __init__(self, alias: str) -> None:
        self._alias = alias
        self._subscribers: tuple[Subscriber, ...] = ()
        self._listener: Listener | LocalListener | None = None

    def add(self, subscriber: Subscriber) -> None:
        """Add a subscriber, and start the thread for the first. Raises `ConfigurationError` as `listen` does."""
        if self._listener is None:
            listener = self._new_listener()
            listener.check()
            connections[self._alias].store.load()
            self._listener = listener
            self._subscribers = (subscriber,)
            name = f"appwrite-listen-{self._alias}"
            thread = threading.Thread(target=close_caches_after(self._listen), args=(listener,), name=name, daemon=True)
            _threads.add(thread)
            thread.start()
        else:
            self._subscribers = (*self._subscribers, subscriber)

    def _new_listener(self) -> Listener | LocalListener:
        connection = connections[self._alias]
        connection.check_allowed()
        file = local_file(connection.settings.endpoint)
        if file is None:
            return Listener(self._alias, CALLBACKS, self._call)
        return LocalListener(file, self._alias, CALLBACKS, self._call)

    def remove(self, is_removed: Callable[[Subscriber], bool]) -> None:
        """Remove subscribers. The thread ends soon after the last one is removed."""
        before = self._subscribers
        self._subscribers = tuple(subscriber for subscriber in before if not is_removed(subscriber))
        for subscriber in before:
            if subscriber not in self._subscribers:
                subscriber.end()
        if not self._subscribers and self._listener is not None:
            self._listener.stop()
            self._listener = None

    def _listen(self, listener: Listener | LocalListener) -> None:
        try:
            with fork_guard.working():
                listener.run()
        except BaseException as failure:  # a permanent error (settings, user), or a receiver's sys.exit()
            error = failure if isinstance(failure, AppwriteORMError) else AppwriteORMError(f"it failed: {failure!r}")
            logger.error("Realtime of %r: listening has ended: %s", self._alias, error, exc_info=error is not failure)
            with _lock:
                if self._listener is not listener:  # it was being stopped
                    return
                left, self._subscribers = self._subscribers, ()
                self._listener = None
            for subscriber in left:
                subscriber.end(error)

    def _call(self, change: RowChange) -> None:
        for subscriber in self._subscribers:
            if change.using == self._alias and subscriber.matches(change):
                try:
                    subscriber.callback(change)
                except BaseException:  # a callback's sys.exit() must not end the thread for the other subscribers
                    logger.exception("A callback of orm.listen failed on %s", change.table._meta.label)


_lock = threading.RLock()
_hubs: dict[str, SubscriptionHub] = {}
_threads: WeakSet[threading.Thread] = WeakSet()


class _Fork:
    """Reset the subscriptions in a forked child, which has none of the threads."""

    def after_fork(self) -> None:
        """Forget all subscriptions."""
        global _lock
        _lock = threading.RLock()
        _hubs.clear()
        _threads.clear()


_fork = _Fork()
register_after_fork(_fork)


def listen(alias: str, subscriber: Subscriber) -> Callable[[], None]:
    """Subscribe to changes, from the time when Appwrite has accepted the connection; return the function that ends it.

    Raises `ConfigurationError` without the library or a server to listen to.
    """
    with _lock:
        hub = _hubs.setdefault(alias, SubscriptionHub(alias))
        hub.add(subscriber)

    def stop() -> None:
        with _lock:
            hub.remove(lambda other: other is subscriber)

    return stop


async def changes(alias: str, table: type[Row] | None = None, id: str | None = None) -> AsyncGenerator[RowChange]:
    """Iterate over changes until `close_listeners` is called.

    Raises the error that ends the listening, and `AppwriteORMError` when the loop is so slow that changes are lost.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[RowChange | AppwriteORMError | None] = asyncio.Queue()

    def take(change: RowChange | AppwriteORMError | None) -> None:
        with suppress(RuntimeError):  # the loop is closed, so nothing iterates
            loop.call_soon_threadsafe(put, change)

    def put(change: RowChange | AppwriteORMError | None) -> None:
        if queue.qsize() < MAX_QUEUED:
            queue.put_nowait(change)
        elif queue.qsize() == MAX_QUEUED:
            queue.put_nowait(AppwriteORMError(f"More than {MAX_QUEUED} changes are waiting: the loop is too slow."))

    stop = listen(alias, Subscriber(take, table, id, take))
    try:
        while (change := await queue.get()) is not None:
            if isinstance(change, AppwriteORMError):
                raise change
            yield change
    finally:
        stop()


def close_listeners(table: type[Row] | None = None) -> None:
    """End all subscriptions and wait for their threads, or end the subscriptions to one table.

    When a callback calls this, it does not wait: callbacks of two aliases would wait for each other.
    """
    with _lock:
        for hub in _hubs.values():
            hub.remove(lambda subscriber: table is None or subscriber.table is table)
        ending = list(_threads) if table is None and threading.current_thread() not in _threads else []
    for thread in ending:
        thread.join()
