"""The lock between processes, of which the model knows nothing: it may change who fetches, and nothing else.

The model says that a reader may fetch or, now and then, take what another one has stored meanwhile. Here the lock is
answered so that the reader must do what the trace says, in one of the ways that there are.
"""

from __future__ import annotations

from typing import Any

from tests.cache.model.naming import ENVELOPE
from tests.cache.model.state import Move

WAYS = ("is free", "is done with", "is given up", "fails")


class Lock:
    """What readers who are to fetch find: a lock that is free; one whose holder has stored its answer, which is gone
    again; one that its holder gives up; or a cache that fails."""

    def __init__(self, way: str) -> None:
        self._way = way
        self._refused = False

    def concerns(self, method: str, arguments: tuple[Any, ...], move: Move) -> bool:
        """Whether this call is about the lock alone, or makes sure that a cache which processes share takes changes:
        the model makes no move then."""
        if method == "delete_many":
            return all(key.endswith(":proof") for key in arguments[0])
        if method == "get_many":
            keys = list(arguments[0])
            return len(keys) > 1 and _is_lock(keys[1]) and not move.what.startswith("take what another")
        return isinstance(arguments[0], str) and _is_lock(arguments[0])

    def answer(self, method: str, arguments: tuple[Any, ...], move: Move, cache: dict[str, Any]) -> Any:
        if method != "add":
            # The lock is freed; or, while it was somebody else's, looked at together with what is in the cache.
            if method != "get_many":
                return None
            found = {key: cache[key] for key in arguments[0] if key in cache}
            return {**found, arguments[0][1]: "done"} if self._way == "is done with" else found
        if move.what.startswith("take what another"):
            return False
        if self._way == "fails":
            return ConnectionError("the cache is out of reach")
        # Once it is somebody else's; unless what that one would have stored were there to be taken.
        self._refused = not self._refused and self._way != "is free" and ENVELOPE not in cache
        return not self._refused


def _is_lock(key: str) -> bool:
    return key.startswith(f"{ENVELOPE}:")
