"""Deliver committed events to subscribers in this process, in the order of the commits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from .event import Event

if TYPE_CHECKING:
    from ..storage.session import Session


class Subscriber(Protocol):
    """A receiver of events. Both methods are called while other writers wait, so they must not block."""

    def wants(self, session: Session) -> bool:
        """Return whether this transaction has to create events for the subscriber."""

    def receive(self, events: Sequence[Event]) -> None:
        """Take committed events. Must not raise."""


class EventBus:
    """The subscribers of one store."""

    def __init__(self) -> None:
        self._subscribers: tuple[Subscriber, ...] = ()

    def has_subscribers(self, session: Session) -> bool:
        """Return whether any subscriber wants the events of this transaction."""
        return any(subscriber.wants(session) for subscriber in self._subscribers)

    def subscribe(self, subscriber: Subscriber) -> None:
        self._subscribers = (*self._subscribers, subscriber)

    def unsubscribe(self, subscriber: Subscriber) -> None:
        self._subscribers = tuple(other for other in self._subscribers if other is not subscriber)

    def publish(self, events: Sequence[Event]) -> None:
        """Pass events on to every subscriber."""
        if events:
            for subscriber in self._subscribers:
                subscriber.receive(events)
