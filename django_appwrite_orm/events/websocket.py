"""The websocket to Appwrite's realtime. Its library is optional, so this module is imported only when it is needed."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from ..credentials import Secret, without_frames
from ..exceptions import shortened

__all__ = ["WebSocketException", "open_websocket"]

# Seconds for the handshake, and for closing the connection.
OPEN_LIMIT = 10.0
CLOSE_LIMIT = 2.0
# Bytes of a frame. An event contains one row; a longer frame closes the connection, with the effects of a gap.
MAX_FRAME = 64 * 1024 * 1024


class _Direct(ClientConnection):
    """A connection that follows no redirects: the library would send the token to another host."""

    def handshake(self, *args: Any, **kwargs: Any) -> None:
        """Raise `ConnectionError` for a redirect."""
        try:
            super().handshake(*args, **kwargs)
        except InvalidStatus as error:
            if location := error.response.headers.get("Location"):
                raise ConnectionError(f"it redirects to {shortened(location)}, which is not followed") from None
            raise


def _has_no_secret(record: logging.LogRecord) -> bool:
    """Filter the headers that the library logs at level DEBUG."""
    return all(str(value).lower() != "x-appwrite-jwt" for value in record.args or ())


_logger = logging.getLogger("django_appwrite_orm.events.websocket")
_logger.addFilter(_has_no_secret)


def open_websocket(url: str, headers: Mapping[str, Secret]) -> AbstractContextManager[ClientConnection]:
    """Return a connection, which is a context manager.

    Raises `OSError` or a `WebSocketException` when it cannot connect, and `ImportError` for a SOCKS proxy in the
    environment if the library for SOCKS is missing.
    """
    outside = sys.exception()
    try:
        return connect(
            url,
            additional_headers={name: value.reveal() for name, value in headers.items()},
            user_agent_header="django-appwrite-orm",
            create_connection=_Direct,
            open_timeout=OPEN_LIMIT,
            close_timeout=CLOSE_LIMIT,
            ping_interval=None,  # Appwrite's own ping also shows that the server behind a proxy works
            max_size=MAX_FRAME,
            logger=_logger,
        )
    except BaseException as error:
        raise without_frames(error, outside)  # noqa: B904 -- it is the same error
