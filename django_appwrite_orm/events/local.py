"""Listening to a local Appwrite in this process: no socket, what this process commits is told as it happens."""

from __future__ import annotations

import logging
import os
import queue
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ..sansio import run_sync
from ..transport import open_local
from .dispatch import dispatch_event, pay
from .heartbeat import REPORT, Reporter
from .parsing import RowChange

if TYPE_CHECKING:
    from ..local.events.event import Event
    from ..local.storage.session import Session

logger = logging.getLogger("django_appwrite_orm.events")

# Events that may wait for callbacks which are slower than they come; a writer never does.
MOST_WAITING = 10_000


class LocalListener:
    """As a `Listener`, with the same states but "waiting". Every row is heard of, as with the API key; what other
    processes write to the file is not."""

    def __init__(self, file: str, alias: str, name: str, tell: Callable[[RowChange], object]) -> None:
        self._file = file
        self._alias = alias
        self._tell = tell
        self._reporter = Reporter(alias, name)
        self._waiting: queue.Queue[Event | None] = queue.Queue(MOST_WAITING)
        self._process = os.getpid()
        self._stopping = False

    @property
    def state(self) -> str:
        return self._reporter.state

    def check(self) -> None:
        """Raises what opening the file raises. It is done here, with all its imports, and not in the thread of `run`:
        a child that is forked in the middle of an import waits for its end for ever."""
        from ..local.events import names  # noqa: F401

        open_local(self._file)

    def stop(self) -> None:
        """Make `run` return soon."""
        self._stopping = True
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            logger.debug("The listener of %r has much to tell and will see that it is to stop.", self._alias)

    def run(self) -> None:
        """Listen until told to stop."""
        from ..local.events.names import realtime_names

        bus = open_local(self._file).store.bus
        bus.subscribe(self)
        try:
            self._reporter.become("listening")
            while not self._stopping:
                self._reporter.repeat()
                run_sync(pay(self._alias))
                if (event := self._next()) is not None:
                    for change in run_sync(dispatch_event(realtime_names(event), event.payload, self._alias)):
                        self._tell(change)
        finally:
            bus.unsubscribe(self)
            self._reporter.become("stopped")

    def _next(self) -> Event | None:
        try:
            return self._waiting.get(timeout=REPORT)
        except queue.Empty:
            return None

    def wants(self, session: Session) -> bool:
        """A forked child writes to the same object, and has nobody who takes what is put here."""
        return self._process == os.getpid()

    def receive(self, events: Sequence[Event]) -> None:
        """Between two writers' turns: put aside, for the thread of `run`."""
        for event in events:
            if event.path[-1][0] == "rows":
                try:
                    self._waiting.put_nowait(event)
                except queue.Full:
                    logger.error("Callbacks of orm.listen are %d changes behind; one is lost.", MOST_WAITING)
