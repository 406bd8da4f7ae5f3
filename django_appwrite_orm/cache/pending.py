"""Invalidations that did not reach the cache, kept for all connections of this process that use the cache."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from weakref import WeakValueDictionary

from ..threads import register_after_fork
from .keys import InDoubt

# Seconds between two attempts for tables that nobody reads or writes at the moment.
REMINDER = 1.0

# Seconds for which a cache that accepted our change is trusted to accept those of other processes.
PROOF = 1.0

# Seconds after which a call that fails has waited for a time limit: the cache does not respond, and others would wait.
SLOW = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class PendingInvalidation:
    """A token that could not be deleted.

    Until `until` (monotonic seconds) the marker `in_doubt` is set before the deletion: the fence could not be set
    either, and the request may still be applied.
    """

    token: str
    in_doubt: InDoubt | None = None
    until: float = 0.0


class PendingInvalidations:
    """The invalidations that a cache did not accept. Tables are given by their token keys.

    While one is pending for a table, this process reads the table from Appwrite. A cache that refuses our deletions
    refuses those of other processes too, so tokens stored at the time of a refusal cannot be trusted: after a
    refusal, and after a call that waited in vain, the token of every table is pending until this process has deleted
    it once.
    """

    def __init__(self) -> None:
        self._touched: dict[str, float] = {}
        self._pending: dict[str, PendingInvalidation] = {}
        self._reminded = -inf  # monotonic seconds
        self._proved = -inf  # monotonic seconds
        self.refusals = 0
        self.unresponsive = False  # a call has waited for a time limit, and none succeeded since
        self._cleared: dict[str, int] = {}  # the refusals there had been when a token was last deleted
        self.after_fork()
        register_after_fork(self)

    def after_fork(self) -> None:
        """Keep what is pending: the child would read what was not deleted, as its parent would."""
        # The garbage collector, which ends the writes of tasks that nobody ended, may come while it is held.
        self._lock = threading.RLock()
        self._probing = False

    @classmethod
    def of(cls, alias: str) -> PendingInvalidations:
        """Return the instance of the cache `alias`; it exists as long as a connection uses it."""
        return _ledgers.setdefault(alias, cls())

    @staticmethod
    def forget_caches() -> None:
        """Begin with new instances: the aliases may name other caches from now on."""
        _ledgers.clear()

    def __len__(self) -> int:
        return len(self._pending)

    def touch(self, tokens: Iterable[str]) -> None:
        """Trust no result of these tables from before now: this process writes them, or knows newer tokens."""
        now = time.monotonic()
        with self._lock:
            self._touched.update(dict.fromkeys(tokens, now))

    def touched(self, tokens: Iterable[str]) -> float:
        """Return when one of them was last noted by `touch` (monotonic seconds); 0 if never."""
        return max((self._touched.get(token, 0.0) for token in tokens), default=0.0)

    def add(self, pending: PendingInvalidation) -> None:
        """Add one. An attempt under way for an earlier one of the same table does not cover it."""
        with self._lock:
            earlier = self._pending.get(pending.token)
            if earlier is not None and earlier.until > pending.until:
                pending = PendingInvalidation(pending.token, earlier.in_doubt, earlier.until)
            self._pending[pending.token] = pending

    def concerning(self, tokens: Iterable[str]) -> list[PendingInvalidation]:
        """Return what must get through before these tables may be read from the cache."""
        if not self._pending and not self.refusals:
            return []
        found = (self._pending.get(token) or self._suspicion(token) for token in tokens)
        return [pending for pending in found if pending is not None]

    def _suspicion(self, token: str) -> PendingInvalidation | None:
        return PendingInvalidation(token) if self._cleared.get(token, 0) < self.refusals else None

    @property
    def is_clear(self) -> bool:
        """Whether the cache may be asked about every table without sending anything first."""
        return not self._pending and not self.refusals and self.is_proved

    @property
    def is_proved(self) -> bool:
        """Whether the cache accepted a change in the last `PROOF` seconds."""
        return time.monotonic() - self._proved <= PROOF

    def prove(self, asked: float) -> None:
        """Note that the cache accepted a change that was sent at `asked` (monotonic seconds)."""
        self._proved = max(self._proved, asked)

    def forget_proof(self) -> None:
        """Note that a call failed: check that the cache accepts changes before trusting it again."""
        self._proved = -inf

    def waited(self, seconds: float) -> bool:
        """Note for how long a call waited that failed; whether that was for a time limit."""
        if seconds < SLOW:
            return False
        self.unresponsive = True
        return True

    def begin_probe(self) -> bool:
        """Whether nobody else finds out already if the cache responds again."""
        with self._lock:
            free, self._probing = not self._probing, True
        return free

    def end_probe(self) -> None:
        """Let another one find out."""
        self._probing = False

    def refuse(self) -> None:
        """Note that the cache refused a deletion, or did not respond; others may not have got theirs through either."""
        with self._lock:
            self.refusals += 1
            self._proved = -inf

    def due(self) -> list[PendingInvalidation]:
        """Return everything that is pending, at most once in `REMINDER` seconds, else nothing.

        Other processes are served what could not be invalidated, so it is retried even if this process does not
        use the table any more.
        """
        if not self._pending:
            return []
        with self._lock:
            now = time.monotonic()
            if now - self._reminded < REMINDER:
                return []
            self._reminded = now
            return list(self._pending.values())

    def discard(self, sent: Iterable[PendingInvalidation]) -> None:
        """Remove those that got through; one that was added for the same table since stays."""
        with self._lock:
            for pending in sent:
                if self._pending.get(pending.token) is pending:
                    del self._pending[pending.token]

    def cleared(self, tokens: Iterable[str], refusals: int) -> None:
        """Note that these tokens were deleted by a call that began after `refusals` refusals."""
        if refusals:
            with self._lock:
                self._cleared.update(dict.fromkeys(tokens, refusals))


_ledgers: WeakValueDictionary[str, PendingInvalidations] = WeakValueDictionary()
