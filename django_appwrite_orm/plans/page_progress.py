"""Whether the pages of a list go on: a server, or a cache before it, that ignores where a page begins would be asked
for ever."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from ..exceptions import Unavailable


@dataclass(slots=True)
class Progress:
    """The places at which the pages of one list have ended so far. `what` names the list in the error."""

    what: str
    _places: set[Hashable] = field(default_factory=set, init=False)

    def reached(self, place: Hashable) -> None:
        """Note where a full page has ended. Raises `Unavailable` when one before it has ended there."""
        if place in self._places:
            raise Unavailable(
                f"The server sends the same page of {self.what} again and again, whatever it is asked to begin after."
                " Is a cache or proxy before it that ignores the query string?"
            )
        self._places.add(place)
