"""The protocol of one realtime connection, without the connection: frames in, frames out.

Frames, errors and recipients are as recorded from Appwrite 1.9.6. This server has no sessions, so a message
``authentication`` finds none.
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
    """The server closes the connection after sending the frame in this exception."""


class Conversation:
    """One connection: its caller and its subscriptions. ``greeting`` is the first frame."""

    def __init__(self, store: Store, project: str, target: str, headers: Mapping[str, str]) -> None:
        """Accept a connection. Raises ``Ended`` for one that is refused."""
        try:
            request = read_request("GET", target, headers, b"")
        except AppwriteError as refusal:
            raise Ended(_error(refusal.status, refusal.message)) from refusal
        sent = request.query.get("channels", [])
        channels = [str(channel) for channel in sent] if isinstance(sent, list) else [str(sent)]
        requested_project = request.query.get("project") or headers.get("x-appwrite-project", "")
        self._receives = requested_project == project  # without a project the server accepts the connection
        if requested_project not in ("", project):
            raise Ended(_error(_POLICY, "Missing or unknown project ID"))
        _check_origin(headers.get("origin", ""))
        self._caller, user = _caller_and_user(store, headers.get("x-appwrite-jwt", ""))
        if "account" in channels and self._caller.user_id:
            channels.append(f"account.{self._caller.user_id}")
        self._subscriptions = {unique_id(): Subscription(tuple(channels))} if channels else {}
        self.greeting = _frame(
            "connected", {"channels": channels, "subscriptions": list(self._subscriptions), "user": user}
        )

    def handle_message(self, text: str) -> str:
        """Return the response to a client's frame. A frame that is not valid changes nothing."""
        try:
            message = json.loads(text)
            return _HANDLERS[message["type"]](self, message.get("data"))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, AppwriteError):
            return _error(_MESSAGE, "Error: Server Error")

    def frame_for(self, event: Event, names: Sequence[str], channels: Sequence[str], timestamp: str) -> str | None:
        """Return the frame for an event; None where the caller may not read the row or has not subscribed to it."""
        if not self._receives or event.readers.isdisjoint(self._caller.roles):
            return None
        subscriptions = [id for id, subscription in self._subscriptions.items() if subscription.wants(event, channels)]
        data = {"events": names, "channels": channels, "timestamp": timestamp, "payload": event.payload}
        return _frame("event", {**data, "subscriptions": subscriptions}) if subscriptions else None

    def _pong(self, data: Any) -> str:
        return '{"type":"pong"}'

    def _subscribe(self, data: Any) -> str:
        subscriptions = {
            str(item.get("subscriptionId") or unique_id()): read_subscription(item) for item in _items(data)
        }
        self._subscriptions |= subscriptions
        descriptions = [
            {"subscriptionId": id, "channels": list(subscription.channels), "queries": list(subscription.queries)}
            for id, subscription in subscriptions.items()
        ]
        return _response("subscribe", descriptions)

    def _unsubscribe(self, data: Any) -> str:
        ids = [str(item["subscriptionId"]) for item in _items(data)]
        return _response(
            "unsubscribe",
            [{"subscriptionId": id, "removed": self._subscriptions.pop(id, None) is not None} for id in ids],
        )


def _check_origin(origin: str) -> None:
    """Check that a browser's page is from this machine. Raises ``Ended``."""
    try:
        host = urlsplit(origin).hostname
    except ValueError:
        host = None
    if origin and host not in _ORIGINS:
        raise Ended(_error(_POLICY, f"Invalid Origin. Register your new client ({host}) as a new Web platform."))


def _caller_and_user(store: Store, token: str) -> tuple[Caller, dict[str, Any] | None]:
    """Return the caller of a token, and the user. API keys are ignored. Raises ``Ended`` for an invalid token."""
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


_HANDLERS: Final[dict[str, Callable[[Conversation, Any], str]]] = {
    "ping": Conversation._pong,
    "subscribe": Conversation._subscribe,
    "unsubscribe": Conversation._unsubscribe,
}
