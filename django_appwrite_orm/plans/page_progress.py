"""Detect a list whose pages do not advance.

A server, or a cache before it, that ignores where a page begins would be asked for the same page forever.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from ..exceptions import Unavailable


@dataclass(slots=True)
class Progress:
    """The ends of the pages of one list so far. `what` names the list in the error."""

    what: str
    _ends: set[Hashable] = field(default_factory=set, init=False)

    def reached(self, end: Hashable) -> None:
        """Record the end of a full page. Raises `Unavailable` when an earlier page had the same end."""
        if end in self._ends:
            raise Unavailable(
                f"The server sends the same page of {self.what} again and again, whatever it is asked to begin after."
                " Is a cache or proxy before it that ignores the query string?"
            )
        self._ends.add(end)
