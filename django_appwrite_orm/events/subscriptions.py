"""Callbacks for what happens to rows: `orm.listen(...)`, over one realtime connection for each alias.

The listener is the one of `listen_appwrite`, in a thread of this process, so that tokens are dropped and the signal
is sent too; a local Appwrite in this process needs no connection. It runs for as long as somebody listens.
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
from ..threads import close_caches_after, register_after_fork
from ..transport import local_file
from .heartbeat import CALLBACKS
from .local import LocalListener
from .parsing import RowChange
from .realtime import Listener

logger = logging.getLogger("django_appwrite_orm.events")

Callback = Callable[[RowChange], object]
# Changes that may wait for an asynchronous loop that is slower than they come.
MOST_WAITING = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Subscriber:
    """Who listens, and to what: to every registered table, to one, or to one row of it. `ended` is told when there is
    nothing more to hear, and the error that made it so."""

    callback: Callback
    table: type[Row] | None = None
    id: str | None = None
    ended: Callable[[AppwriteORMError | None], object] | None = None

    def end(self, error: AppwriteORMError | None = None) -> None:
        if self.ended is not None:
            self.ended(error)

    def wants(self, change: RowChange) -> bool:
        return self.table in (None, change.table) and self.id in (None, change.row.id)


class SubscriptionHub:
    """Everybody who listens in this process to one connection, and the thread that does it for them."""

    def __init__(self, alias: str) -> None:
        self._alias = alias
        self._subscribers: tuple[Subscriber, ...] = ()
        self._listener: Listener | LocalListener | None = None

    def add(self, subscriber: Subscriber) -> None:
        """Raises `ConfigurationError` when there is nothing to listen to."""
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
            return Listener(self._alias, CALLBACKS, self._tell)
        return LocalListener(file, self._alias, CALLBACKS, self._tell)

    def remove(self, chosen: Callable[[Subscriber], bool]) -> None:
        """Take those away. The thread ends soon when nobody is left."""
        before, self._subscribers = self._subscribers, tuple(one for one in self._subscribers if not chosen(one))
        for subscriber in before:
            if subscriber not in self._subscribers:
                subscriber.end()
        if not self._subscribers and self._listener is not None:
            self._listener.stop()
            self._listener = None

    def _listen(self, listener: Listener | LocalListener) -> None:
        try:
            listener.run()
        except BaseException as failure:  # what does not pass (the settings, the user), or a receiver's sys.exit()
            error = failure if isinstance(failure, AppwriteORMError) else AppwriteORMError(f"it failed: {failure!r}")
            logger.error("Realtime of %r: nothing more is heard: %s", self._alias, error, exc_info=error is not failure)
            with _lock:
                if self._listener is not listener:  # it was on its way out
                    return
                left, self._subscribers = self._subscribers, ()
                self._listener = None
            for subscriber in left:
                subscriber.end(error)

    def _tell(self, change: RowChange) -> None:
        for subscriber in self._subscribers:
            if change.using == self._alias and subscriber.wants(change):
                try:
                    subscriber.callback(change)
                except BaseException:  # nobody interrupts this thread, and a sys.exit() must not end it for the others
                    logger.exception("A callback of orm.listen failed on %s", change.table._meta.label)


_lock = threading.RLock()
_audiences: dict[str, SubscriptionHub] = {}
_threads: WeakSet[threading.Thread] = WeakSet()


class _Fork:
    """A child has none of the threads; what it wants to hear it has to say itself."""

    def after_fork(self) -> None:
        global _lock
        _lock = threading.RLock()
        _audiences.clear()
        _threads.clear()


_fork = _Fork()
register_after_fork(_fork)


def listen(alias: str, subscriber: Subscriber) -> Callable[[], None]:
    """Call back for every change from the moment on that Appwrite has taken the connection. What is given ends it.

    Raises `ConfigurationError` without the library or a server to listen to.
    """
    with _lock:
        audience = _audiences.setdefault(alias, SubscriptionHub(alias))
        audience.add(subscriber)

    def stop() -> None:
        with _lock:
            audience.remove(lambda one: one is subscriber)

    return stop


async def changes(alias: str, table: type[Row] | None = None, id: str | None = None) -> AsyncGenerator[RowChange]:
    """The same to iterate over, until `close_listeners`. Raises what else ends the listening, and `AppwriteORMError`
    for a loop that is too slow: changes would be lost without a word."""
    loop = asyncio.get_running_loop()
    waiting: asyncio.Queue[RowChange | AppwriteORMError | None] = asyncio.Queue()

    def take(change: RowChange | AppwriteORMError | None) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody iterates
            loop.call_soon_threadsafe(put, change)

    def put(change: RowChange | AppwriteORMError | None) -> None:
        if waiting.qsize() < MOST_WAITING:
            waiting.put_nowait(change)
        elif waiting.qsize() == MOST_WAITING:
            waiting.put_nowait(AppwriteORMError(f"More than {MOST_WAITING} changes wait: the loop is too slow."))

    stop = listen(alias, Subscriber(take, table, id, take))
    try:
        while (change := await waiting.get()) is not None:
            if isinstance(change, AppwriteORMError):
                raise change
            yield change
    finally:
        stop()


def close_listeners(table: type[Row] | None = None) -> None:
    """End the listening of all callbacks and wait for its threads, or end that of those to one table. From a callback
    it does not wait: two of them, for two aliases, would wait for each other."""
    with _lock:
        for audience in _audiences.values():
            audience.remove(lambda one: table is None or one.table is table)
        ending = list(_threads) if table is None and threading.current_thread() not in _threads else []
    for thread in ending:
        thread.join()
