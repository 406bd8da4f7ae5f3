"""What there is: one cache, one Appwrite, readers of one plan and writers that change its tables.

Everything is a small immutable tuple, so that a state can be a key of a dictionary. A writer's change is one
bit for each table it touches; an answer is the set of changes that it shows. Tokens are positive integers, 0
is a missing one. Tables are numbered from 0, and the plan that is read covers all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple


@dataclass(frozen=True)
class Rules:
    """The protocol's safeguards. Each can be taken out, to see what goes wrong without it."""

    fence: bool = True  # a write stands under a lease or an in-doubt marker
    fence_before_token: bool = True  # the lease is taken before the token is deleted, not after
    in_doubt: bool = True  # who finds the lease taken sets an in-doubt marker
    in_doubt_by_life: bool = True  # markers of different lives have different keys; if not, the last one's life counts
    keep_when_unclear: bool = True  # after an unclear outcome the lease is left to run out
    in_doubt_when_unclear: bool = True  # after an unclear outcome an in-doubt marker is set where no fence may stand
    stopwatch: bool = True  # a lease that has run out is not freed: it may be somebody else's
    second_look: bool = True  # after adding a token the reader looks at tokens and fences again
    token_before_fences: bool = True  # key by key, a table's token is looked at before its fences, not after
    tokens_from_before: bool = True  # an answer is stored under the tokens held before it was fetched
    fresh_tokens: bool = True  # a missing token is replaced by a new one, not by the one the envelope names
    flights_by_tokens: bool = True  # readers share a fetch only if they hold the same tokens
    every_lease: bool = True  # a reader looks at all leases of a table, not at the first one alone
    fences_at_a_miss: bool = True  # an answer is stored only if no fence was there after its tokens had been seen
    own_keys: bool = True  # fences have keys of their own; if not, one value BUSY stands in the token's key
    proof: bool = True  # a reader makes sure that the cache takes changes before it believes it
    clearing: bool = True  # a reader that met a refusal deletes the tokens once before it believes the cache again


@dataclass(frozen=True)
class Setup:
    """Who takes part, and what may happen: `crashes`, `failures`, `lost_fences` and `outages` are the numbers allowed.

    `writers` names the tables of each writer, `longer` those whose fences live longer than the others'. A failure
    is a cache call that raises and has no effect. A lost fence is one that the cache forgets, or that runs out while
    its writer stands still before sending.
    """

    readers: int = 2
    writers: tuple[tuple[int, ...], ...] = ((0,), (0,))
    tables: int = 1
    leases: int = 1  # of each table
    longer: frozenset[int] = frozenset()
    evictions: bool = True  # of tokens and envelopes, any number
    timeouts: bool = False  # a writer gives up waiting; its request may be lost, or applied later
    refusals: bool = False  # the server answers 4xx and applies nothing
    errors: bool = False  # the server applies the change and answers 500
    crashes: int = 0
    failures: int = 0
    lost_fences: int = 0
    atomic_add: bool = True  # if not, `add` looks first and sets later (file and database caches)
    memory: bool = False  # readers remember the answer they had last, and then look at tokens alone
    flights: bool = False  # a reader may take what another one has fetched, or stored while it waited
    outages: int = 0  # the cache answers and takes no changes; the other accidents of the cache go on
    outage_ends: bool = True
    all_notice: bool = False  # it ends only after each reader has begun a read in it
    at_once: bool = True  # many keys are looked up and deleted in one moment (Redis); if not, key by key
    rules: Rules = Rules()

    @cached_property
    def bits(self) -> tuple[int, ...]:
        """The changes of each writer."""
        numbered = enumerate(self.writers)
        return tuple(sum(1 << (number * self.tables + table) for table in own) for number, own in numbered)

    @property
    def may_be_unclear(self) -> bool:
        """Whether a writer may not hear how its write went."""
        return self.timeouts or self.errors

    @cached_property
    def in_doubt(self) -> tuple[int, ...]:
        """The writers, as bits, by the key of their markers: that of the ordinary TTL, that of the longer one."""
        every = range(len(self.writers))
        longer = sum(1 << number for number in every if number in self.longer)
        return (sum(1 << number for number in every) - longer, longer)

    @cached_property
    def table_bits(self) -> tuple[int, ...]:
        """The changes to each table."""
        every = range(len(self.writers))
        return tuple(sum(1 << (n * self.tables + table) for n in every) for table in range(self.tables))


class Envelope(NamedTuple):
    tokens: tuple[int, ...]
    shows: int


NO_ENVELOPE = Envelope((), 0)


class Reader(NamedTuple):
    """`at` is what it does next; `versions` the tokens it will store under, () for not at all.

    `looked` is what a look-up key by key has seen so far: the envelope, then the token of each table; `fences` are
    whether it has seen lease and marker of each. `must_show` are the changes that were applied when the read began,
    where what it takes is older than that.
    `proved` says that the cache took a change as the read began, `suspects` that it once did not.
    """

    at: str = "look"
    versions: tuple[int, ...] = ()
    todo: tuple[int, ...] = ()  # the tables whose token it has yet to add, or that it has yet to fetch
    shows: int = 0
    kept: Envelope = NO_ENVELOPE  # what its process remembers
    looked: tuple[Any, ...] = ()
    fences: tuple[bool, ...] = ()
    must_show: int = 0
    proved: bool = False
    suspects: bool = False


class Writer(NamedTuple):
    """`at` is what it does next, or how it ended; `request` is where its request is.

    `leases` are the slots of those it holds by its own stopwatch, `bare` those where no fence of its own may
    stand; `step` counts what it does table by table, and `tries` the leases of a table that others hold. `is_pending`
    says that it has yet to delete the tokens, which it could not at its end.
    """

    at: str = "start"
    request: str = "unsent"
    leases: tuple[int, ...] = ()
    bare: tuple[int, ...] = ()
    step: int = 0
    tries: int = 0
    outcome: str = ""
    is_pending: bool = False

    @property
    def has_ended(self) -> bool:
        return self.at in ENDED

    @property
    def can_still_change(self) -> bool:
        """Whether its request may be applied from now on: so long its fence must stand."""
        return self.request in ("unsent", "under way")


ENDED = frozenset({"succeeded", "refused", "unclear", "crashed"})


class Left(NamedTuple):
    """How many more of the counted accidents may happen."""

    crashes: int
    failures: int
    lost_fences: int
    outages: int = 0


class State(NamedTuple):
    """Per table: its token, its in-doubt markers (writers as bits), and a slot for each of its leases: the writer that
    holds it plus 1, or 0.

    `refusing` says that the cache takes no changes."""

    tokens: tuple[int, ...]
    leases: tuple[int, ...]
    in_doubt: tuple[int, ...]
    envelope: Envelope | None
    applied: int
    readers: tuple[Reader, ...]
    writers: tuple[Writer, ...]
    left: Left
    refusing: bool = False

    def with_reader(self, number: int, reader: Reader) -> State:
        return self._replace(readers=put(self.readers, number, reader))

    def with_writer(self, number: int, writer: Writer) -> State:
        return self._replace(writers=put(self.writers, number, writer))

    def failing(self) -> State:
        return self._replace(left=self.left._replace(failures=self.left.failures - 1))

    def is_fenced(self, setup: Setup) -> bool:
        leases = self.leases if setup.rules.every_lease else self.leases[:: setup.leases]
        return any(leases) or any(self.in_doubt)

    def hit(self) -> Envelope | None:
        """The envelope, if a look at this moment would be a hit. Fences do not matter: see `cache.reads`."""
        envelope = self.envelope
        return None if envelope is None or 0 in self.tokens or envelope.tokens != self.tokens else envelope

    def remembers(self, reader: Reader) -> bool:
        """Whether what this reader remembers is current."""
        return reader.kept.tokens == self.tokens and 0 not in self.tokens

    def new_token(self) -> int:
        used = {*self.tokens, *(self.envelope.tokens if self.envelope else ())}
        for reader in self.readers:
            used.update(reader.versions, reader.looked[1:], *(seen.tokens for seen in reader.looked[:1]))
            used.update(reader.kept.tokens)
        return next(number for number in range(1, len(used) + 2) if number not in used)


class Move(NamedTuple):
    """Something that happens: who does what, to which table where it is one of several."""

    who: str
    what: str
    table: int | None = None

    def __str__(self) -> str:
        return f"{self.who}: {self.what}" + ("" if self.table is None else f" of table {self.table}")


Moves = Iterator[tuple[Move, State]]


def start(setup: Setup) -> State:
    """Nothing cached, nobody at work."""
    nothing = (0,) * setup.tables
    left = Left(setup.crashes, setup.failures, setup.lost_fences, setup.outages)
    readers, writers = (Reader(),) * setup.readers, (Writer(),) * len(setup.writers)
    return State(nothing, nothing * setup.leases, nothing, None, 0, readers, writers, left)


def put(values: tuple, index: int, value: object) -> tuple:
    return (*values[:index], value, *values[index + 1 :])
