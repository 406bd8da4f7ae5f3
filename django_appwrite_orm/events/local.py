"""Listen to a local Appwrite in this process, without a socket: its commits are reported directly."""

from __future__ import annotations

import logging
import os
import queue
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ..sansio import run_sync
from ..threads import fork_guard
from ..transport import open_local
from .dispatch import dispatch_event, retry_invalidations
from .heartbeat import REPORT, Reporter
from .parsing import RowChange

if TYPE_CHECKING:
    from ..local.events.event import Event
    from ..local.storage.session import Session

logger = logging.getLogger("django_appwrite_orm.events")

# Events in the queue of slow callbacks. Writers never wait for callbacks; further events are lost.
MAX_QUEUED = 10_000


class LocalListener:
    """A `Listener` for a local Appwrite, with the same states except "waiting".

    It reports changes of every row, as with the API key, but not those that other processes write to the file.
    """

    def __init__(self, file: str, alias: str, name: str, callback: Callable[[RowChange], object]) -> None:
        self._file = file
        self._alias = alias
        self._callback = callback
        self._reporter = Reporter(alias, name)
        self._queue: queue.Queue[Event | None] = queue.Queue(MAX_QUEUED)
        self._process = os.getpid()
        self._stopping = False

    @property
    def state(self) -> str:
        """One of "starting", "listening" and "stopped"."""
        return self._reporter.state

    def check(self) -> None:
        """Open the file and import the modules that `run` needs. Raises what opening the file raises.

        The thread of `run` must not import: a child process that is forked during an import in another thread waits
        for that import forever.
        """
        from ..local.events import names  # noqa: F401

        open_local(self._file)

    def stop(self) -> None:
        """Make `run` return soon."""
        self._stopping = True
        try:
            self._queue.put_nowait(None)
        except queue.Full:
            logger.debug("The queue of the listener of %r is full; it stops after the next event.", self._alias)

    def run(self) -> None:
        """Listen until `stop` is called."""
        from ..local.events.names import realtime_names

        bus = open_local(self._file).store.bus
        bus.subscribe(self)
        try:
            self._reporter.become("listening")
            while not self._stopping:
                self._reporter.repeat()
                run_sync(retry_invalidations(self._alias))
                if (event := self._next()) is not None:
                    for change in run_sync(dispatch_event(realtime_names(event), event.payload, self._alias)):
                        self._callback(change)
        finally:
            bus.unsubscribe(self)
            self._reporter.become("stopped")

    def _next(self) -> Event | None:
        try:
            with fork_guard.resting():
                return self._queue.get(timeout=REPORT)
        except queue.Empty:
            return None

    def wants(self, session: Session) -> bool:
        """Return whether this process runs the listener: a forked child has the object but not its thread."""
        return self._process == os.getpid()

    def receive(self, events: Sequence[Event]) -> None:
        """Put the events of a commit into the queue; called by the writer."""
        for event in events:
            if event.path[-1][0] == "rows":
                try:
                    self._queue.put_nowait(event)
                except queue.Full:
                    logger.error("Callbacks of orm.listen are %d changes behind; a change is lost.", MAX_QUEUED)
