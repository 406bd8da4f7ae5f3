"""How long a listener waits before it connects again, and how it is told to stop."""

from __future__ import annotations

import random
import time

LONGEST = 60.0
# Seconds between two looks at whether to stop.
LOOK = 0.5


def pause_after(failures: int) -> float:
    """Seconds to wait after so many failures before this one: doubling from one to a minute, with jitter."""
    return min(2.0 ** min(failures, 10), LONGEST) * random.uniform(0.5, 1.0)


class Stop:
    """Whether to stop, to be said from another thread or from a signal handler.

    A handler runs in the main thread, between any two steps of what it interrupts: an `Event`, whose lock may be held
    just then, would wait for itself for ever.
    """

    def __init__(self) -> None:
        self.asked = False

    def ask(self) -> None:
        self.asked = True

    def wait(self, seconds: float) -> None:
        """For so long, or until somebody asks."""
        end = time.monotonic() + seconds
        while not self.asked and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, LOOK))
