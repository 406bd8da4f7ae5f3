"""What this process knows of the tables in one cache, whichever of its connections has written them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from weakref import WeakValueDictionary

from ..threads import register_after_fork
from .keys import Doubt

# Seconds between two tries to pay what nobody asks for just now.
REMINDER = 1.0

# Seconds for which a cache that has taken a change is believed to take those of others.
PROOF = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class PendingInvalidation:
    """A token that could not be deleted. While `until` (monotonic seconds) is to come, `doubt` goes before it: no
    fence could be put up either, and the request may yet be applied."""

    token: str
    doubt: Doubt | None = None
    until: float = 0.0


class PendingInvalidations:
    """Tables are given by their token keys. Until what is owed for a table has got through, this process reads it
    from Appwrite.

    While the cache takes no changes, other processes cannot delete the tokens of what they write, and owe it. So what
    was there when it refused one is not to be relied on: from then on the token of every table is owed, until this
    process has deleted it once.
    """

    def __init__(self) -> None:
        self._touched: dict[str, float] = {}
        self._debts: dict[str, PendingInvalidation] = {}
        self._reminded = -inf  # monotonic seconds
        self._proved = -inf  # monotonic seconds
        self.refusals = 0
        self._cleared: dict[str, int] = {}  # the refusals there had been when a token was last deleted
        self.after_fork()
        register_after_fork(self)

    def after_fork(self) -> None:
        """A child owes what its parent owes: both would read what was not deleted."""
        # The garbage collector, which ends the writes of tasks that nobody ended, may come while it is held.
        self._lock = threading.RLock()

    @classmethod
    def of(cls, alias: str) -> PendingInvalidations:
        """The one of the cache `alias`, kept for as long as somebody uses it."""
        return _ledgers.setdefault(alias, cls())

    def __len__(self) -> int:
        return len(self._debts)

    def touch(self, tokens: Iterable[str]) -> None:
        """A write of this process concerns these tables, now."""
        now = time.monotonic()
        with self._lock:
            self._touched.update(dict.fromkeys(tokens, now))

    def touched(self, tokens: Iterable[str]) -> float:
        """When this process last touched one of them (monotonic seconds); 0 if never."""
        return max((self._touched.get(token, 0.0) for token in tokens), default=0.0)

    def owe(self, debt: PendingInvalidation) -> None:
        """Whoever is paying an earlier debt of this table just now does not pay this one."""
        with self._lock:
            earlier = self._debts.get(debt.token)
            if earlier is not None and earlier.until > debt.until:
                debt = PendingInvalidation(debt.token, earlier.doubt, earlier.until)
            self._debts[debt.token] = debt

    def owed(self, tokens: Iterable[str]) -> list[PendingInvalidation]:
        if not self._debts and not self.refusals:
            return []
        found = (self._debts.get(token) or self._suspicion(token) for token in tokens)
        return [debt for debt in found if debt is not None]

    def _suspicion(self, token: str) -> PendingInvalidation | None:
        return PendingInvalidation(token) if self._cleared.get(token, 0) < self.refusals else None

    @property
    def is_proved(self) -> bool:
        """Whether the cache has taken a change a moment ago."""
        return time.monotonic() - self._proved <= PROOF

    def prove(self, asked: float) -> None:
        """The cache has taken a change that was sent at `asked` (monotonic seconds)."""
        self._proved = max(self._proved, asked)

    def doubt(self) -> None:
        """A call has failed: whether the cache takes changes is to be found out before it is believed again."""
        self._proved = -inf

    def refuse(self) -> None:
        """The cache did not take a deletion, and so perhaps not those of others either."""
        with self._lock:
            self.refusals += 1
            self._proved = -inf

    def due(self) -> list[PendingInvalidation]:
        """Everything that is owed, to whoever asks first in a second: it is to be paid also where this process has no
        more to do with the table, for other processes are served what could not be invalidated."""
        if not self._debts:
            return []
        with self._lock:
            now = time.monotonic()
            if now - self._reminded < REMINDER:
                return []
            self._reminded = now
            return list(self._debts.values())

    def paid(self, debts: Iterable[PendingInvalidation]) -> None:
        with self._lock:
            for debt in debts:
                if self._debts.get(debt.token) is debt:
                    del self._debts[debt.token]

    def cleared(self, tokens: Iterable[str], refusals: int) -> None:
        """These were deleted, by a call before which there had been so many refusals."""
        if refusals:
            with self._lock:
                self._cleared.update(dict.fromkeys(tokens, refusals))


_ledgers: WeakValueDictionary[str, PendingInvalidations] = WeakValueDictionary()
