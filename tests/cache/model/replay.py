"""The model's moves, carried out by the package's own readers and writers.

A world has a cache that is a dict and a server that is a number, and is given a trace: moves of the model, each
with the state it leads to. It lets the real generators take their steps in that order and compares: the step
that a reader or writer asks for must be the move that the model makes, and afterwards the cache must hold what
the model's cache holds. One of them is carried out by the driver under test (`run` or `arun`, through Django's
cache framework), the others are led by hand.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django_appwrite_orm.cache import CachePolicy
from django_appwrite_orm.cache.backend import CacheBackend
from django_appwrite_orm.cache.effects import CacheCall
from django_appwrite_orm.cache.pending import PendingInvalidations
from django_appwrite_orm.cache.process_cache import ProcessCache
from django_appwrite_orm.cache.reads import read
from django_appwrite_orm.cache.writes import write
from django_appwrite_orm.exceptions import CacheUnavailable, InvalidRequest, Timeout, Unavailable
from django_appwrite_orm.plans import Response
from django_appwrite_orm.sansio import Operation
from tests.cache.model.locks import Lock
from tests.cache.model.naming import ENVELOPE, LIFE, LONGER_LIFE, TABLES, Naming, lease_in, number_of
from tests.cache.model.stage import Ask, Clock, Mismatch, Over, ScriptedCache, drop
from tests.cache.model.state import Move, Setup, State, start
from tests.cache.model.traces import Trace

Drive = Callable[[Operation[Any]], Any]


class World:
    """`play` carries out the trace. `main` is who made its last move. With a `lock` readers agree on who fetches, and
    what becomes of it is what the lock says."""

    def __init__(self, setup: Setup, trace: Trace, drive: Drive, clock: Clock, lock: Lock | None = None) -> None:
        self.setup, self.trace, self.drive, self.clock, self.lock = setup, trace, drive, clock, lock
        self.tables = [table._replace(leases=table.leases[: setup.leases]) for table in TABLES[: setup.tables]]
        self.naming = Naming(setup, self.tables)
        self.stores: dict[str, CacheBackend] = {}  # each of them is a process of its own
        self.cache: dict[str, Any] = {}
        self.applied = 0
        self.names: dict[str, int] = {}  # what the model calls a real token
        self.elapsed: dict[str, float] = {}
        self.forgetful: set[str] = set()
        self.kept: dict[str, int] = {}  # what each reader was shown last, as far as it remembers
        self.position = 0
        self.main = trace[-1][0].who
        self.led: dict[str, tuple[Operation[Any], Any]] = {}  # those led by hand, each with the answer it waits for

    def play(self) -> None:
        ScriptedCache.world = self
        try:
            self._let_others_move()
            while self.position < len(self.trace):
                self.drive(self._actor(self.main))
        except Over:
            pass
        finally:
            for steps, _ in self.led.values():
                drop(steps)

    # Whose turn it is.

    def _let_others_move(self) -> None:
        """Go on to the next move of `main`. Raises `Over` when there is none."""
        while self.position < len(self.trace):
            move, _ = self.trace[self.position]
            if move.who == self.main and move.what != "crash":
                self.clock.now = self.elapsed.get(self.main, 0.0)
                return
            self._let_happen(move)
        raise Over

    def _let_happen(self, move: Move) -> None:
        if move.what == "crash":
            self._arrived()
        elif move.who.startswith(("reader", "writer")):
            self._lead(move.who)
        else:
            self._accident(move)
            self._arrived()

    def _lead(self, who: str) -> None:
        """Let one of the others take the step that it wants to take now."""
        self.clock.now = self.elapsed.get(who, 0.0)
        before = self.position
        while self.position == before:
            if who not in self.led:
                self.led[who] = self._actor(who), None
            steps, answer = self.led[who]
            try:
                step = steps.throw(answer) if isinstance(answer, Exception) else steps.send(answer)
            except StopIteration:
                del self.led[who]
                continue
            if isinstance(step, CacheCall):
                answer = self.serve(who, step.method, step.arguments)
                answer = CacheUnavailable("down") if isinstance(answer, Exception) else answer
            else:
                answer = self.request(step) if isinstance(step, Ask) else step.perform()
            self.led[who] = steps, answer

    # What they ask for.

    def answer_main(self, outcome: Callable[[], Any]) -> Any:
        """What `main` is told by the cache or the server, after the others have made their moves."""
        if self.position >= len(self.trace):
            raise Over
        answer = outcome()
        self._let_others_move()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def serve(self, who: str, method: str, arguments: tuple[Any, ...]) -> Any:
        """The answer to a call of the cache, if the model makes the same one now; an exception to be raised."""
        move, _ = self.trace[self.position]
        if self.lock and self.lock.concerns(method, arguments, move):
            return self.lock.answer(method, arguments, move, self.cache)
        asked = self.naming.move(who, self._before(), method, arguments)
        if move.what == f"{asked.what} fails" and move.table == asked.table:
            self._arrived()
            return ConnectionError("the cache is out of reach")
        if asked != move:
            raise Mismatch(f"{asked} is not {move}, after {[str(move) for move, _ in self.trace[: self.position]]}")
        found = self._perform(method, *arguments)
        self._arrived()
        return found

    def _perform(self, method: str, *arguments: Any) -> Any:
        if method == "get":
            return self.cache.get(arguments[0])
        if method == "get_many":
            return {key: self.cache[key] for key in arguments[0] if key in self.cache}
        if method == "delete_many":
            for key in arguments[0]:
                self.cache.pop(key, None)
            return None
        key, value, life = arguments
        if not 0 < life <= 86_400:
            raise Mismatch(f"{key} would live for {life} s")
        if method == "set":
            self.cache[key] = value
            return None
        return self.cache.setdefault(key, value) is value

    def request(self, ask: Ask) -> Any:
        """The answer to a request, if the model makes the same one now; an exception to be raised."""
        move, after = self.trace[self.position]
        is_waiting = ask.what == "wait" and move.what.startswith(("hear", "give up"))
        if move.who != ask.who or not (is_waiting or (ask.what, ask.table) == (move.what, move.table)):
            raise Mismatch(f"{ask.who} wants to {ask.what}, not {move}")
        self._arrived()
        if ask.what == "fetch":
            return self.applied & self.setup.table_bits[ask.table or 0]
        if is_waiting:
            outcome = after.writers[number_of(ask.who)].outcome
            if move.what.startswith("give up"):
                return Timeout("no answer", unclear=True)
            if outcome == "refused":
                return InvalidRequest("no", status=400)
            if outcome == "unclear":
                return Unavailable("it broke", status=500, unclear=True)
        return None

    def _accident(self, move: Move) -> None:
        table = self.tables[move.table or 0]
        if move.what == "forget":
            self._forget(move.who.removeprefix("memory of "))
            return
        if move.who.startswith("server"):
            if move.what.startswith("apply"):
                self.applied |= self.setup.bits[int(move.who.split()[-1]) - 1]
            return
        if move.what == "lease runs out":
            before, after = self.trace[self.position - 1][1].leases, self.trace[self.position][1].leases
            (slot,) = (slot for slot, owner in enumerate(before) if owner != after[slot])
            self.elapsed[f"writer {before[slot]}"] = LONGER_LIFE
            del self.cache[lease_in(self.tables, slot, self.setup)]
            return
        del self.cache[
            {
                "evict token": table.token,
                "evict envelope": ENVELOPE,
                "marker runs out": table.in_doubt,
                "longer marker runs out": table.in_doubt_long,
            }[move.what]
        ]

    # Who they are.

    def _actor(self, who: str) -> Operation[Any]:
        store = self._store(who)
        if who.startswith("reader"):
            return self._read(who, store)
        tables = [self.tables[number] for number in self.setup.writers[number_of(who)]]

        def send() -> Operation[None]:
            yield Ask(self, who, "send")
            yield Ask(self, who, "wait")

        longer = number_of(who) in self.setup.longer
        return self._write(write(store, tables, send, LONGER_LIFE if longer else LIFE))

    def _store(self, who: str) -> CacheBackend:
        if who not in self.stores:
            store = self.stores[who] = CacheBackend("model", memory=ProcessCache(1_000_000 if self.setup.memory else 0))
            store.ledger = PendingInvalidations()
            store.shared = self.lock is not None
        return self.stores[who]

    def _forget(self, who: str) -> None:
        """At once, or before its next read if it has yet to end the one that the model sees ended."""
        if self.trace[self.position][1].readers[number_of(who)].at == "look":
            self.forgetful.add(who)
        else:
            self._store(who).memory.clear()

    def _before(self) -> State:
        """What there is before the next move."""
        return self.trace[self.position - 1][1] if self.position else start(self.setup)

    def _read(self, who: str, store: CacheBackend) -> Operation[None]:
        fetched: list[int] = []

        def fetch() -> Operation[Response]:
            shows = 0
            for table in range(self.setup.tables):
                shows |= yield Ask(self, who, "fetch", table)
            fetched.append(shows)
            return Response(json.dumps(shows), shows)

        if who in self.forgetful:
            self.forgetful.remove(who)
            store.memory.clear()
        hit = self.trace[self.position][1].hit()
        found = yield from read(store, ENVELOPE, self.tables, fetch, CachePolicy())
        if fetched:
            expected: int | None = fetched[0]
        elif self.setup.memory or self.lock:
            expected = self.kept[who]
        else:
            expected = hit and hit.shows
        if found.data != expected:
            raise Mismatch(f"{who} was given {found.data}, not {expected}")

    def _write(self, steps: Operation[None]) -> Operation[None]:
        try:
            yield from steps
        except (InvalidRequest, Unavailable):
            return

    # What there is afterwards.

    def _arrived(self) -> None:
        """The world must now be what the model says it is."""
        move, state = self.trace[self.position]
        if self.lock and move.what == "take what another has stored":
            self.kept[move.who] = json.loads(self.cache[ENVELOPE].split("\n")[1])
        elif move.who.startswith("reader"):
            self.kept[move.who] = state.readers[number_of(move.who)].kept.shows
        self.position += 1
        expected: dict[str, Any] = {}
        for number, table in enumerate(self.tables):
            if token := state.tokens[number]:
                if move.what == "add token" and move.table == number:
                    self.names[self.cache.get(table.token, "")] = token
                expected[table.token] = token
            for key, writers in zip((table.in_doubt, table.in_doubt_long), self.setup.in_doubt, strict=True):
                if state.in_doubt[number] & writers:
                    expected[key] = True
        for slot, owner in enumerate(state.leases):
            if owner:
                expected[lease_in(self.tables, slot, self.setup)] = True
        if state.envelope:
            expected[ENVELOPE] = state.envelope
        found = {key: self._seen(key, value) for key, value in self.cache.items()}
        if (found, self.applied) != (expected, state.applied):
            raise Mismatch(f"{move} left {found}, not {expected}")

    def _seen(self, key: str, value: str) -> Any:
        if key == ENVELOPE:
            head, shows = map(json.loads, value.split("\n"))
            return tuple(self.names[token] for token in head[0]), shows
        return self.names[value] if key.endswith(":token") else True
