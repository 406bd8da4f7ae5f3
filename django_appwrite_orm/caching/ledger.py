"""What this process knows of the tables in one cache, whichever of its connections has written them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from weakref import WeakValueDictionary

from ..forking import tell_after_fork
from .keys import Doubt

# Seconds between two tries to pay what nobody asks for just now.
REMINDER = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Debt:
    """A token that could not be deleted. While `until` (monotonic seconds) is to come, `doubt` goes before it: no
    fence could be put up either, and the request may yet be applied."""

    token: str
    doubt: Doubt | None = None
    until: float = 0.0


class Ledger:
    """Tables are given by their token keys. Until what is owed for a table has got through, this process reads it
    from Appwrite."""

    def __init__(self) -> None:
        self._touched: dict[str, float] = {}
        self._debts: dict[str, Debt] = {}
        self._reminded = -inf  # monotonic seconds
        self.after_fork()
        tell_after_fork(self)

    def after_fork(self) -> None:
        """A child owes what its parent owes: both would read what was not deleted."""
        # The garbage collector, which ends the writes of tasks that nobody ended, may come while it is held.
        self._lock = threading.RLock()

    @classmethod
    def of(cls, alias: str) -> Ledger:
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

    def owe(self, debt: Debt) -> None:
        """Whoever is paying an earlier debt of this table just now does not pay this one."""
        with self._lock:
            earlier = self._debts.get(debt.token)
            if earlier is not None and earlier.until > debt.until:
                debt = Debt(debt.token, earlier.doubt, earlier.until)
            self._debts[debt.token] = debt

    def owed(self, tokens: Iterable[str]) -> list[Debt]:
        return [self._debts[token] for token in tokens if token in self._debts] if self._debts else []

    def due(self) -> list[Debt]:
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

    def paid(self, debts: Iterable[Debt]) -> None:
        with self._lock:
            for debt in debts:
                if self._debts.get(debt.token) is debt:
                    del self._debts[debt.token]


_ledgers: WeakValueDictionary[str, Ledger] = WeakValueDictionary()
