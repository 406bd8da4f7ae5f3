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

from django_appwrite_orm.caching import CachePolicy, Keys, Store, read, write
from django_appwrite_orm.caching.keys import Doubt, TableKeys
from django_appwrite_orm.caching.ledger import Ledger
from django_appwrite_orm.caching.store import CacheCall
from django_appwrite_orm.exceptions import CacheUnavailable, InvalidRequest, Timeout, Unavailable
from django_appwrite_orm.plans import Answer
from django_appwrite_orm.steps import Steps

from .stage import Ask, Clock, Mismatch, Over, ScriptedCache, drop
from .state import Move, Setup, Writer, start
from .traces import Trace

KEYS = Keys("model", ("endpoint", "project"))
TABLES = [KEYS.table(("db", name)) for name in ("a", "b")]
ENVELOPE = KEYS.envelope("a plan")
LIFE, LONGER_LIFE = 30, 80

Drive = Callable[[Steps[Any]], Any]


class World:
    """`play` carries out the trace. `main` is who made its last move."""

    def __init__(self, setup: Setup, trace: Trace, drive: Drive, clock: Clock) -> None:
        self.setup, self.trace, self.drive, self.clock = setup, trace, drive, clock
        self.tables = TABLES[: setup.tables]
        self.cache: dict[str, Any] = {}
        self.applied = 0
        self.names: dict[str, int] = {}  # what the model calls a real token
        self.elapsed: dict[str, float] = {}
        self.position = 0
        self.main = trace[-1][0].who
        self.led: dict[str, tuple[Steps[Any], Any]] = {}  # those led by hand, each with the answer it waits for

    def play(self) -> None:
        ScriptedCache.world = self
        try:
            self._let_others_move()
            while self.position < len(self.trace):
                self.drive(self._actor(self.main))
        except Over:
            pass
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
            steps, answer = self.led.pop(who)
            try:
                step = steps.throw(answer) if isinstance(answer, Exception) else steps.send(answer)
            except StopIteration:
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
        asked = self._named(who, method, arguments)
        if move.what == f"{asked.what} fails" and move.table == asked.table:
            self._arrived()
            return ConnectionError("the cache is out of reach")
        if asked != move:
            raise Mismatch(f"{asked} is not {move}, after {[str(move) for move, _ in self.trace[: self.position]]}")
        found = self._perform(method, *arguments)
        self._arrived()
        return found

    def _named(self, who: str, method: str, arguments: tuple[Any, ...]) -> Move:
        """What the model calls this call of the cache."""
        versions = [key for table in self.tables for key in table]
        if method == "get_many":
            whats = {"look": [ENVELOPE, *versions], "look again": versions}
            return next(Move(who, what) for what, keys in whats.items() if list(arguments[0]) == keys)
        if method == "delete_many" and who.startswith("writer"):
            return self._named_deletion(who, list(arguments[0]))
        if (method, arguments[0]) == ("set", ENVELOPE):
            return Move(who, "store")
        for number, table in enumerate(self.tables):
            if (method, arguments[0]) == ("add", table.token):
                return Move(who, "add token", number)
            if (method, arguments[0]) == ("add", table.lane):
                return Move(who, "take lane", number)
            if who.startswith("writer") and (method, arguments[0], arguments[2]) == ("set", *self._doubt(who, table)):
                return Move(who, "doubt again" if self._writer(who).outcome else "leave doubt", number)
        raise Mismatch(f"{who} calls {method} with {arguments}")

    def _doubt(self, who: str, table: TableKeys) -> Doubt:
        """The doubt that this writer must leave."""
        if int(who.split()[1]) - 1 in self.setup.longer:
            return Doubt(table.long_doubt, LONGER_LIFE)
        return Doubt(table.doubt, LIFE)

    def _writer(self, who: str) -> Writer:
        """As the model has it before the next move."""
        before = self.trace[self.position - 1][1] if self.position else start(self.setup)
        return before.writers[int(who.split()[1]) - 1]

    def _named_deletion(self, who: str, keys: list[str]) -> Move:
        """Deleting the tokens of its tables, and after the request, with a clear outcome, the lanes it still has."""
        writer = self._writer(who)
        own = [self.tables[table].token for table in self.setup.writers[int(who.split()[1]) - 1]]
        lanes = [self.tables[table].lane for table in writer.lanes if writer.outcome in ("succeeded", "refused")]
        if keys != own + lanes:
            raise Mismatch(f"{who} deletes {keys}, not {own + lanes}")
        return Move(who, "tidy up" if writer.outcome else "delete tokens")

    def _perform(self, method: str, *arguments: Any) -> Any:
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
            outcome = after.writers[int(ask.who.split()[1]) - 1].outcome
            if move.what.startswith("give up"):
                return Timeout("no answer", unclear=True)
            if outcome == "refused":
                return InvalidRequest("no", status=400)
            if outcome == "unclear":
                return Unavailable("it broke", status=500, unclear=True)
        return None

    def _accident(self, move: Move) -> None:
        table = TABLES[move.table or 0]
        if move.who.startswith("server"):
            if move.what.startswith("apply"):
                self.applied |= self.setup.bits[int(move.who.split()[-1]) - 1]
            return
        if move.what == "lane runs out":
            owner = self.trace[self.position - 1][1].lanes[move.table or 0]
            self.elapsed[f"writer {owner}"] = LONGER_LIFE
        del self.cache[
            {
                "evict token": table.token,
                "evict envelope": ENVELOPE,
                "lane runs out": table.lane,
                "doubt runs out": table.doubt,
                "longer doubt runs out": table.long_doubt,
            }[move.what]
        ]

    # Who they are.

    def _actor(self, who: str) -> Steps[Any]:
        store = Store("model")
        store.ledger = Ledger()  # each is a process of its own
        if who.startswith("reader"):
            return self._read(who, store)
        tables = [self.tables[number] for number in self.setup.writers[int(who.split()[1]) - 1]]

        def send() -> Steps[None]:
            yield Ask(self, who, "send")
            yield Ask(self, who, "wait")

        longer = int(who.split()[1]) - 1 in self.setup.longer
        return self._write(write(store, tables, send, LONGER_LIFE if longer else LIFE))

    def _read(self, who: str, store: Store) -> Steps[None]:
        fetched: list[int] = []

        def fetch() -> Steps[Answer]:
            shows = 0
            for table in range(self.setup.tables):
                shows |= yield Ask(self, who, "fetch", table)
            fetched.append(shows)
            return Answer(json.dumps(shows), shows)

        hit = self.trace[self.position][1].hit()
        found = yield from read(store, ENVELOPE, self.tables, fetch, CachePolicy())
        expected = fetched[0] if fetched else hit and hit.shows
        if found.data != expected:
            raise Mismatch(f"{who} was given {found.data}, not {expected}")

    def _write(self, steps: Steps[None]) -> Steps[None]:
        try:
            yield from steps
        except (InvalidRequest, Unavailable):
            return

    # What there is afterwards.

    def _arrived(self) -> None:
        """The world must now be what the model says it is."""
        move, state = self.trace[self.position]
        self.position += 1
        expected: dict[str, Any] = {}
        for number, table in enumerate(self.tables):
            if token := state.tokens[number]:
                if move.what == "add token" and move.table == number:
                    self.names[self.cache.get(table.token, "")] = token
                expected[table.token] = token
            if state.lanes[number]:
                expected[table.lane] = True
            for key, writers in zip((table.doubt, table.long_doubt), self.setup.doubts, strict=True):
                if state.doubts[number] & writers:
                    expected[key] = True
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
