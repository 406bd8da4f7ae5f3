"""What a contender measures at its turn: a cell of a table."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from .sizes import sized

# Seconds of a turn, and the calls it has at least. Short, so that what else the machine does disturbs all contenders
# alike; but of several calls, so that it interrupts not all of them.
TURN, CALLS = sized((0.05, 10), quick=(0.0, 1))


class Cell(Protocol):
    def measure(self) -> dict[str, float]: ...


@dataclass(frozen=True)
class Timed:
    """Seconds of one call, or of each of `per` parts of it: the shortest by the clock, the mean of the processor.

    During the longer calls of a turn the machine did something else.
    """

    action: Callable[[], object]
    per: int = 1

    def measure(self) -> dict[str, float]:
        self.action()  # fills the caches, so that all calls that count are hits
        shortest, calls = math.inf, 0
        processor = time.process_time()
        start = time.perf_counter()
        end = start + TURN
        while start < end or calls < CALLS:
            self.action()
            now = time.perf_counter()
            shortest, calls = min(shortest, now - start), calls + 1
            start = now
        processor = time.process_time() - processor
        return {"wall": shortest / self.per, "cpu": processor / calls / self.per}


@dataclass(frozen=True)
class Missed:
    """Seconds of one call that `before` has made a miss: the shortest by the clock, the mean of the processor."""

    action: Callable[[], object]
    before: Callable[[], object]

    def measure(self) -> dict[str, float]:
        shortest, calls, processor = math.inf, 0, 0.0
        end = time.perf_counter() + TURN
        while time.perf_counter() < end or calls < CALLS:
            self.before()
            used, start = time.process_time(), time.perf_counter()
            self.action()
            shortest = min(shortest, time.perf_counter() - start)
            processor += time.process_time() - used
            calls += 1
        return {"wall": shortest, "cpu": processor / calls}


@dataclass(frozen=True)
class Seconds:
    """Seconds that `action` itself has measured: by the clock and of the processor."""

    action: Callable[[], tuple[float, float]]

    def measure(self) -> dict[str, float]:
        wall, cpu = self.action()
        return {"wall": wall, "cpu": cpu}


@dataclass(frozen=True)
class Number:
    """A number of requests or bytes, for each of `per` rows."""

    action: Callable[[], float]
    per: int = 1

    def measure(self) -> dict[str, float]:
        return {"number": self.action() / self.per}
