"""How long a listener waits before it connects again."""

from __future__ import annotations

import random

LONGEST = 60.0


def pause_after(failures: int) -> float:
    """Seconds to wait after so many failures before this one: doubling from one to a minute, with jitter."""
    return min(2.0 ** min(failures, 10), LONGEST) * random.uniform(0.5, 1.0)
