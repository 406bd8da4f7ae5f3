"""Where committed events go: to whoever listens in this process, in the order of the commits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from .event import Event

if TYPE_CHECKING:
    from ..storage.session import Session


class Listener(Protocol):
    """Is asked in a writer's transaction and told before the next writer's turn, so that it must not wait."""

    def wants(self, session: Session) -> bool:
        """Whether events of this transaction need be made for it."""

    def hear(self, events: Sequence[Event]) -> None:
        """Take what was committed. Must not raise."""


class Feed:
    """Passes events on."""

    def __init__(self) -> None:
        self._listeners: tuple[Listener, ...] = ()

    def is_wanted(self, session: Session) -> bool:
        """Whether anybody would hear what this transaction does."""
        return any(listener.wants(session) for listener in self._listeners)

    def subscribe(self, listener: Listener) -> None:
        self._listeners = (*self._listeners, listener)

    def unsubscribe(self, listener: Listener) -> None:
        self._listeners = tuple(other for other in self._listeners if other is not listener)

    def publish(self, events: Sequence[Event]) -> None:
        if events:
            for listener in self._listeners:
                listener.hear(events)
