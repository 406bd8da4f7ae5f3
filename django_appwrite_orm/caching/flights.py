"""Single flight: of those who miss the same answer at the same time in one process, one fetches it.

A flight belongs to the tokens it started under. Who begins to read after an invalidation holds other tokens,
and so never takes the answer of a fetch begun before it.
"""

from __future__ import annotations

import asyncio
import copy
import threading
from collections.abc import Hashable
from concurrent.futures import Future, TimeoutError
from dataclasses import dataclass, field

from ..exceptions import AppwriteError
from ..forking import tell_after_fork
from ..plans import Answer
from ..steps import Step


@dataclass(frozen=True, slots=True)
class Landed:
    """What a fetch brought: the answer, and until when it may be reused (epoch seconds, 0: not at all)."""

    answer: Answer
    expires: float


@dataclass(slots=True)
class Flight:
    """One fetch under way. Who `leads` carries it out and must end it; the others wait."""

    key: Hashable
    leads: bool
    future: Future[Landed | None] = field(default_factory=Future)


class Flights:
    """The fetches under way in this process."""

    def __init__(self) -> None:
        self.after_fork()
        tell_after_fork(self)

    def after_fork(self) -> None:
        """Those under way before the fork are in the parent's hands."""
        self._under_way: dict[Hashable, Flight] = {}
        self._lock = threading.Lock()

    def join(self, wanted: Hashable, loop: int | None = None) -> Flight:
        """The flight for what is `wanted`: a new one to lead, or the one under way to wait for.

        `loop` is the id of the event loop that carries it out, None when a thread does, for which anyone may wait.
        """
        key = (loop, wanted)
        with self._lock:
            if key in self._under_way:
                return Flight(key, leads=False, future=self._under_way[key].future)
            flight = self._under_way[key] = Flight(key, leads=True)
            return flight

    def end(self, flight: Flight, landed: Landed | None = None, error: AppwriteError | None = None) -> None:
        """Tell the others how it ended; with neither answer nor error each goes on alone."""
        with self._lock:
            if self._under_way.get(flight.key) is flight:
                del self._under_way[flight.key]
        if error is not None:
            flight.future.set_exception(error)
        else:
            flight.future.set_result(landed)


@dataclass(frozen=True, slots=True)
class Join(Step):
    """Lead or follow. A blocking call never waits for a task of the event loop it blocks, so blocking and
    asynchronous readers have flights of their own, and a blocking one inside a loop flies alone."""

    flights: Flights
    wanted: Hashable

    def perform(self) -> Flight:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self.flights.join(self.wanted)
        return Flight(None, leads=True)

    async def aperform(self) -> Flight:
        return self.flights.join(self.wanted, id(asyncio.get_running_loop()))


@dataclass(frozen=True, slots=True)
class Await(Step):
    """Wait for another's flight, up to `patience` seconds; None when it ended without an answer or did not end.

    Raises the `AppwriteError` it ended with, each waiter its own copy.
    """

    flight: Flight
    patience: float

    def perform(self) -> Landed | None:
        try:
            return self.flight.future.result(self.patience)
        except TimeoutError:
            return None
        except AppwriteError as error:
            raise copy.copy(error) from None

    async def aperform(self) -> Landed | None:
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self.flight.future)), self.patience)
        except TimeoutError:
            return None
        except AppwriteError as error:
            raise copy.copy(error) from None
