"""Single flight: of the readers in one process that miss the same result at the same time, one fetches it.

A flight belongs to the tokens it started under. A reader that begins after an invalidation holds other tokens, so it
never takes the result of a fetch that began before it.
"""

from __future__ import annotations

import asyncio
import copy
import threading
from collections.abc import Hashable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field

from ..exceptions import AppwriteError
from ..plans import Response
from ..sansio import Effect, on_event_loop
from ..threads import register_after_fork


@dataclass(frozen=True, slots=True)
class FetchResult:
    """The response of a fetch, and until when it may be reused (epoch seconds, 0: not at all)."""

    response: Response
    expires: float


@dataclass(slots=True)
class Flight:
    """One fetch under way. The reader for which `is_leader` is true carries it out and must end it; others wait."""

    key: Hashable
    is_leader: bool
    future: Future[FetchResult | None] = field(default_factory=Future)


class SingleFlight:
    """The fetches under way in this process."""

    def __init__(self) -> None:
        self.after_fork()
        register_after_fork(self)

    def after_fork(self) -> None:
        """Drop the flights under way before the fork: the parent carries them out."""
        self._under_way: dict[Hashable, Flight] = {}
        # The garbage collector, which ends the flights of tasks that nobody ended, may come while it is held.
        self._lock = threading.RLock()

    def join(self, key: Hashable, *, in_loop: bool = False) -> Flight:
        """Return the flight for `key`: a new one to lead, or the one under way to wait for.

        Flights of threads are for everybody; those carried out `in_loop`, by a task of an event loop, are for tasks
        only: a waiting thread could block what the task needs. (Before Django 6.1 a task calls the cache in the one
        thread of its context.)
        """
        with self._lock:
            for place in [(key, False), (key, True)] if in_loop else [(key, False)]:
                if (flight := self._under_way.get(place)) is not None:
                    return Flight(place, is_leader=False, future=flight.future)
            flight = Flight((key, in_loop), is_leader=True)
            self._under_way[flight.key] = flight
            return flight

    def end(self, flight: Flight, fetched: FetchResult | None = None, error: AppwriteError | None = None) -> None:
        """Give the waiters the result; with neither a result nor an error each of them fetches on its own."""
        with self._lock:
            if self._under_way.get(flight.key) is flight:
                del self._under_way[flight.key]
        if error is not None:
            flight.future.set_exception(error)
        else:
            flight.future.set_result(fetched)


@dataclass(frozen=True, slots=True)
class Join(Effect[Flight]):
    """Lead or follow a flight.

    A blocking call on an event loop leads its own flight: waiting for a task of the loop it blocks would never end.
    """

    flights: SingleFlight
    key: Hashable

    def perform(self) -> Flight:
        return Flight(None, is_leader=True) if on_event_loop() else self.flights.join(self.key)

    async def aperform(self) -> Flight:
        return self.flights.join(self.key, in_loop=True)


@dataclass(frozen=True, slots=True)
class Await(Effect[FetchResult | None]):
    """Wait for another's flight, up to `patience` seconds; None when it ended without a result or did not end.

    Raises the `AppwriteError` it ended with, each waiter its own copy.
    """

    flight: Flight
    patience: float

    def perform(self) -> FetchResult | None:
        try:
            return self.flight.future.result(self.patience)
        except TimeoutError:
            return None
        except AppwriteError as error:
            raise copy.copy(error) from None

    async def aperform(self) -> FetchResult | None:
        # Not `wrap_future`: where the waiter is cancelled it cancels the flight, and shielded from that it reports
        # the flight's error, which is no longer anybody's, to the loop.
        loop, ended = asyncio.get_running_loop(), asyncio.Event()

        def tell(flight: Future[FetchResult | None]) -> None:
            with suppress(RuntimeError):  # the loop is closed, and with it whoever waited
                loop.call_soon_threadsafe(ended.set)

        self.flight.future.add_done_callback(tell)
        try:
            await asyncio.wait_for(ended.wait(), self.patience)
        except TimeoutError:
            return None
        return self.perform()
