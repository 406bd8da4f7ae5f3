"""The thread that calls webhooks: one delivery after another, in the order of the commits."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from ..events.event import Event
from ..events.names import webhook_names
from ..storage.session import Session, Store
from .delivery import call
from .repository import Webhook, enabled_webhooks, note_outcome

MAX_WAITING: Final = 10_000  # events; further ones are lost, and logged
_STOP_TIMEOUT: Final = 2.0  # seconds that a stop waits for the current delivery

logger = logging.getLogger(__name__)


class WebhookWorker:
    """Calls the webhooks of a store from ``start`` to ``stop``. Events that still wait then are not delivered."""

    def __init__(self, store: Store, project: str) -> None:
        self._store = store
        self._project = project
        self._waiting: queue.Queue[Event | None] = queue.Queue(MAX_WAITING)
        self._generation = -1
        self._enabled = False
        self._stopping = False
        self._full = False
        self._thread = threading.Thread(target=self._run, name="local-appwrite-webhooks", daemon=True)

    def start(self) -> None:
        """Subscribe to the store's events and start the thread."""
        self._store.bus.subscribe(self)
        self._thread.start()

    def stop(self) -> None:
        """Unsubscribe, and wait for the current delivery for a short time."""
        self._store.bus.unsubscribe(self)
        self._stopping = True
        with suppress(queue.Full):  # then the thread is not waiting for anything
            self._waiting.put_nowait(None)
        self._thread.join(_STOP_TIMEOUT)

    def wants(self, session: Session) -> bool:
        """Return whether a webhook is enabled.

        A change of a webhook, in any process, raises the schema's generation, after which this is read again.
        """
        if session.generation != self._generation:
            self._generation = session.generation
            self._enabled = session.first("SELECT 1 FROM webhooks WHERE enabled") is not None
        return self._enabled

    def receive(self, events: Sequence[Event]) -> None:
        """Queue events; they are dropped and logged where the queue is full."""
        for event in events:
            try:
                self._waiting.put_nowait(event)
                self._full = False
            except queue.Full:
                if not self._full:
                    logger.error("More than %d events wait for webhooks; further events are lost.", MAX_WAITING)
                self._full = True

    def _run(self) -> None:
        while (event := self._waiting.get()) is not None and not self._stopping:
            try:
                self._deliver(event)
            except Exception:
                if not self._stopping:  # the store may be closed by now
                    logger.exception("The delivery of an event failed unexpectedly")

    def _deliver(self, event: Event) -> None:
        with self._store.session(writing=False) as session:
            webhooks = enabled_webhooks(session)
        if not webhooks:
            return
        names = webhook_names(event)
        for webhook in webhooks:
            if not webhook.events.isdisjoint(names):
                self._note(webhook, call(webhook, event, names, self._project))

    def _note(self, webhook: Webhook, failure: str) -> None:
        if failure:
            logger.warning("Delivery to webhook %s failed: %.200r", webhook.id, failure.partition("\n")[0])
        if failure or webhook.attempts:
            with self._store.session(writing=True) as session:
                note_outcome(session, webhook, failure and f"URL: {webhook.url}\nMethod: POST\n{failure}")
