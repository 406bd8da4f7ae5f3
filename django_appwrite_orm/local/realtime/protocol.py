"""What is said on one realtime connection, without the connection: frames in, frames out.

Frames, errors and who hears what are as recorded from a running 1.9.6. A session cannot be had from this server, so
that a message ``authentication`` finds none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from ..accounts.jwt import caller_of
from ..accounts.users import find_user
from ..api.auth import GUEST, Caller
from ..api.errors import AppwriteError
from ..api.identifiers import unique_id
from ..api.requests import read_request
from ..events.event import Event
from ..storage.session import Store
from .subscriptions import Subscription, read_subscription

_POLICY: Final = 1008
_MESSAGE: Final = 1003
_ORIGINS: Final = ("localhost", "127.0.0.1", "::1")


class Ended(Exception):
    """The server ends the connection, after the frame that this carries."""


class Conversation:
    """One connection: who listens, to what. ``greeting`` is the first frame."""

    def __init__(self, store: Store, project: str, target: str, headers: Mapping[str, str]) -> None:
        """Raises ``Ended`` for a connection that is refused."""
        try:
            request = read_request("GET", target, headers, b"")
        except AppwriteError as refusal:
            raise Ended(_error(refusal.status, refusal.message)) from refusal
        channels = request.query.get("channels", [])
        wanted = [str(channel) for channel in channels] if isinstance(channels, list) else [str(channels)]
        named = request.query.get("project") or headers.get("x-appwrite-project", "")
        self._hears = named == project  # without a project the server takes the connection
        if named not in ("", project):
            raise Ended(_error(_POLICY, "Missing or unknown project ID"))
        _check_origin(headers.get("origin", ""))
        self._caller, user = _who(store, headers.get("x-appwrite-jwt", ""))
        if "account" in wanted and self._caller.user_id:
            wanted.append(f"account.{self._caller.user_id}")
        self._subscriptions = {unique_id(): Subscription(tuple(wanted))} if wanted else {}
        self.greeting = _frame(
            "connected", {"channels": wanted, "subscriptions": list(self._subscriptions), "user": user}
        )

    def answer(self, text: str) -> str:
        """The frame that answers a client's. One that cannot be understood changes nothing."""
        try:
            message = json.loads(text)
            return _ANSWERS[message["type"]](self, message.get("data"))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, AppwriteError):
            return _error(_MESSAGE, "Error: Server Error")

    def tell(self, event: Event, names: Sequence[str], channels: Sequence[str], timestamp: str) -> str | None:
        """The frame for an event; None where the caller may not read the row, or did not ask for it."""
        if not self._hears or event.readers.isdisjoint(self._caller.roles):
            return None
        told = [id for id, subscription in self._subscriptions.items() if subscription.wants(event, channels)]
        data = {"events": names, "channels": channels, "timestamp": timestamp, "payload": event.payload}
        return _frame("event", {**data, "subscriptions": told}) if told else None

    def _pong(self, data: Any) -> str:
        return '{"type":"pong"}'

    def _subscribe(self, data: Any) -> str:
        asked = {str(item.get("subscriptionId") or unique_id()): read_subscription(item) for item in _items(data)}
        self._subscriptions |= asked
        shown = [
            {"subscriptionId": id, "channels": list(found.channels), "queries": list(found.queries)}
            for id, found in asked.items()
        ]
        return _response("subscribe", shown)

    def _unsubscribe(self, data: Any) -> str:
        ids = [str(item["subscriptionId"]) for item in _items(data)]
        return _response(
            "unsubscribe",
            [{"subscriptionId": id, "removed": self._subscriptions.pop(id, None) is not None} for id in ids],
        )


def _check_origin(origin: str) -> None:
    """A browser's page must be one of this machine. Raises ``Ended``."""
    try:
        host = urlsplit(origin).hostname
    except ValueError:
        host = None
    if origin and host not in _ORIGINS:
        raise Ended(_error(_POLICY, f"Invalid Origin. Register your new client ({host}) as a new Web platform."))


def _who(store: Store, token: str) -> tuple[Caller, dict[str, Any] | None]:
    """An API key counts for nothing here. Raises ``Ended`` for a token that is not valid."""
    if not token:
        return GUEST, None
    try:
        with store.session(writing=False) as session:
            caller = caller_of(session, token)
            return caller, find_user(session, caller.user_id).describe()
    except AppwriteError as refusal:
        raise Ended(_error(refusal.status, refusal.message)) from refusal


def _items(data: Any) -> list[dict[str, Any]]:
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
        raise ValueError("expected a list of objects")
    return data


def _response(to: str, subscriptions: Collection[dict[str, Any]]) -> str:
    return _frame("response", {"to": to, "success": True, "subscriptions": list(subscriptions)})


def _error(code: int, message: str) -> str:
    return _frame("error", {"code": code, "message": message})


def _frame(type: str, data: dict[str, Any]) -> str:
    return json.dumps({"type": type, "data": data}, separators=(",", ":"), ensure_ascii=False)


_ANSWERS: Final[dict[str, Callable[[Conversation, Any], str]]] = {
    "ping": Conversation._pong,
    "subscribe": Conversation._subscribe,
    "unsubscribe": Conversation._unsubscribe,
}
