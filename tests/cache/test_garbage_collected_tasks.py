"""Tasks that nobody ended are ended by the garbage collector, which may come in the middle of anything."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Generator

from django_appwrite_orm.cache.pending import PendingInvalidation, PendingInvalidations
from django_appwrite_orm.cache.single_flight import SingleFlight
from tests.support.waiting import LIMIT


def litter(ended: Callable[[], None]) -> None:
    """Leave of a task what calls `ended` when the garbage collector comes, and not before: it holds itself."""

    def left() -> Generator[None, object]:
        itself = yield
        try:
            yield
        finally:
            del itself
            ended()

    task = left()
    next(task)
    task.send(task)


class Collected:
    """Equal to itself alone; to look it up is when the garbage collector comes."""

    def __hash__(self) -> int:
        gc.collect()
        return 1


def comes_through(work: Callable[[], object]) -> bool:
    """Whether a thread that does `work` ends."""
    done = threading.Event()
    threading.Thread(target=lambda: (work(), done.set()), daemon=True).start()
    return done.wait(LIMIT)


def test_a_flight_ends_while_another_one_begins() -> None:
    flights = SingleFlight()
    flight = flights.join("left")
    litter(lambda: flights.end(flight))
    assert comes_through(lambda: flights.join(Collected()))
    assert flight.future.done()
    assert flights.join("left").is_leader


def test_a_pending_invalidation_is_noted_while_a_write_begins() -> None:
    ledger = PendingInvalidations()
    litter(lambda: ledger.add(PendingInvalidation("token")))
    assert comes_through(lambda: ledger.touch([Collected()]))  # type: ignore[list-item]
    assert [pending.token for pending in ledger.concerning(["token"])] == ["token"]
