"""What the model calls the things that the package's readers and writers ask of the cache."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django_appwrite_orm.cache.keys import InDoubt, Keys, TableKeys
from tests.cache.model.stage import Mismatch
from tests.cache.model.state import Move, Setup, State

KEYS = Keys("model", ("endpoint", "project"))
TABLES = [KEYS.table(("db", name)) for name in ("a", "b")]
ENVELOPE = KEYS.entry("a plan")
LIFE, LONGER_LIFE = 30, 80


def number_of(who: str) -> int:
    """Whose place it is among the readers or the writers."""
    return int(who.split()[1]) - 1


def lease_in(tables: Sequence[TableKeys], slot: int, setup: Setup) -> str:
    """The key of a lease by its place among those of all tables."""
    table, lease = divmod(slot, setup.leases)
    return tables[table].leases[lease]


class Naming:
    def __init__(self, setup: Setup, tables: Sequence[TableKeys]) -> None:
        self._setup, self._tables = setup, tables

    def move(self, who: str, before: State, method: str, arguments: tuple[Any, ...]) -> Move:
        """The move that this call is, as far as the model knows it; `before` is what there is. Raises `Mismatch`."""
        key, keys = arguments[0], arguments[0]
        if method == "get_many" and who.startswith("reader"):
            return self._look(who, before, list(keys))
        if (method, key) == ("set", ENVELOPE):
            return Move(who, "store")
        if method == "delete_many" and who.startswith("writer"):
            return self._deletion(who, before, list(keys))
        for number, table in enumerate(self._tables):
            if (method, key) == ("add", table.token):
                return Move(who, "add token", number)
            if method == "add" and key in table.leases:
                tries = before.writers[number_of(who)].tries
                if key == table.leases[tries]:
                    return Move(who, "take another lease" if tries else "take lease", number)
            if who.startswith("writer") and (method, key, arguments[2]) == ("set", *self._in_doubt(who, table)):
                return Move(who, "mark again" if before.writers[number_of(who)].outcome else "mark in doubt", number)
        raise Mismatch(f"{who} calls {method} with {arguments}")

    def _look(self, who: str, before: State, keys: list[str]) -> Move:
        tokens = [table.token for table in self._tables]
        fences = [key for table in self._tables for key in table.fences]
        for what, asked in {
            "look": [ENVELOPE, *tokens],
            "look at versions": tokens,
            "look at fences": fences,
            "get envelope": [ENVELOPE, *fences],
            "look again": [*tokens, *fences],
        }.items():
            if keys == asked:
                return Move(who, what)
        if keys[0] == ENVELOPE and keys[2:] == [table.token for table in self._tables]:
            return Move(who, "take what another has stored")
        raise Mismatch(f"{who} looks at {keys}")

    def _deletion(self, who: str, before: State, keys: list[str]) -> Move:
        """Of the tokens of its tables, and after the request, with a clear outcome, of the leases it still has."""
        writer = before.writers[number_of(who)]
        own = [self._tables[table].token for table in self._setup.writers[number_of(who)]]
        slots = writer.leases if writer.outcome in ("succeeded", "refused") else ()
        leases = [lease_in(self._tables, slot, self._setup) for slot in slots]
        if keys != own + leases:
            raise Mismatch(f"{who} deletes {keys}, not {own + leases}")
        first = "delete tokens again" if writer.at == "delete tokens again" else "delete tokens"
        return Move(who, "tidy up" if writer.outcome else first)

    def _in_doubt(self, who: str, table: TableKeys) -> InDoubt:
        """The in-doubt marker that this writer must set."""
        if number_of(who) in self._setup.longer:
            return InDoubt(table.in_doubt_long, LONGER_LIFE)
        return InDoubt(table.in_doubt, LIFE)
