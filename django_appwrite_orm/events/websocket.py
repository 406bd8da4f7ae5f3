"""The websocket to Appwrite's realtime. Its library is an extra, so that this module is imported when it is needed."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

__all__ = ["WebSocketException", "open_websocket"]

# Seconds for the handshake, and for the end.
OPEN_LIMIT = 10.0
CLOSE_LIMIT = 2.0
# Bytes of a frame. An event holds one row; what is longer ends the connection, and is as good as a gap.
LARGEST = 64 * 1024 * 1024


class _Direct(ClientConnection):
    """Goes nowhere else: the library follows redirects, and would take the token along to another host."""

    def handshake(self, *given: Any, **more: Any) -> None:
        try:
            super().handshake(*given, **more)
        except InvalidStatus as error:
            if place := error.response.headers.get("Location"):
                raise ConnectionError(f"it redirects to {place}, which is not followed") from None
            raise


def open_websocket(url: str, headers: dict[str, str]) -> AbstractContextManager[ClientConnection]:
    """A connection, as a context manager. Raises `OSError` or a `WebSocketException` when there is none, and
    `ImportError` for a SOCKS proxy in the environment without the library that it takes."""
    return connect(
        url,
        additional_headers=headers,
        user_agent_header="django-appwrite-orm",
        create_connection=_Direct,
        open_timeout=OPEN_LIMIT,
        close_timeout=CLOSE_LIMIT,
        ping_interval=None,  # Appwrite's own ping shows that more than its front door lives
        max_size=LARGEST,
    )
