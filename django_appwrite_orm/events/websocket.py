"""The websocket to Appwrite's realtime. Its library is an extra, so that this module is imported when it is needed."""

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
                raise ConnectionError(f"it redirects to {shortened(place)}, which is not followed") from None
            raise


def _shows_no_secret(record: logging.LogRecord) -> bool:
    """The library logs every header at level DEBUG."""
    return all(str(value).lower() != "x-appwrite-jwt" for value in record.args or ())


_logger = logging.getLogger("django_appwrite_orm.events.websocket")
_logger.addFilter(_shows_no_secret)


def open_websocket(url: str, headers: Mapping[str, Secret]) -> AbstractContextManager[ClientConnection]:
    """A connection, as a context manager. Raises `OSError` or a `WebSocketException` when there is none, and
    `ImportError` for a SOCKS proxy in the environment without the library that it takes."""
    outside = sys.exception()
    try:
        return connect(
            url,
            additional_headers={name: value.reveal() for name, value in headers.items()},
            user_agent_header="django-appwrite-orm",
            create_connection=_Direct,
            open_timeout=OPEN_LIMIT,
            close_timeout=CLOSE_LIMIT,
            ping_interval=None,  # Appwrite's own ping shows that more than its front door lives
            max_size=LARGEST,
            logger=_logger,
        )
    except BaseException as error:
        raise without_frames(error, outside)  # noqa: B904 -- it is the same error
