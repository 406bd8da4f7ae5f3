"""Realtime: a websocket on which Appwrite reports changes as they happen.

Appwrite does not repeat events after a gap, so every new connection starts by invalidating all tables. Facts about the
protocol were recorded from 1.9.6: API keys are ignored here, a JWT in its header is accepted; a refusal comes as an
`error` frame after a successful handshake, and then the connection is closed.
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from ..connection import Connection, connections
from ..credentials import Secret
from ..exceptions import (
    AppwriteError,
    AppwriteORMError,
    ConfigurationError,
    NotFound,
    RateLimited,
    Unavailable,
    shortened,
)
from ..plans import Request
from ..registry import registry
from ..sansio import Operation, run_sync
from ..threads import fork_guard
from .dispatch import connections_like, dispatch_event, invalidate_all_tables, retry_invalidations
from .heartbeat import COMMAND, Reporter
from .parsing import RowChange

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection


logger = logging.getLogger("django_appwrite_orm.events")

# Seconds without a frame after which the server is sent a ping, and after which the connection is closed.
# Appwrite accepts 32 messages a minute on a connection.
QUIET = 20.0
GIVEN_UP = 40.0


def _has_token(data: object) -> bool:
    return isinstance(data, dict) and isinstance(data.get("jwt"), str)


def _token(connection: Connection, user: str) -> Operation[Secret]:
    try:
        body = {"duration": 60}
        reply = yield from connection.send(Request("POST", f"/users/{user}/jwts", body=body, shape=_has_token))
    except NotFound as error:
        if error.type == "user_not_found":
            error.args = (f"{error} LISTEN_AS must be the id of a user of the project; create that user first.",)
        raise
    return Secret(reply.data["jwt"])


class Refused(AppwriteORMError):
    """The connection cannot be used any more: Appwrite closes it with an error frame, or this client does."""


class Listener:
    """Listen for the project of one connection until `stop` is called.

    `run()` listens in the calling thread; another thread or a signal handler can stop it. The state is reported under
    `name`, for `stats_appwrite`. `callback` gets every change of a row, after the tables are invalidated and the signal
    is sent.
    """

    def __init__(self, alias: str, name: str = COMMAND, callback: Callable[[RowChange], object] | None = None) -> None:
        self.alias = alias
        self._callback = callback
        self._reporter = Reporter(alias, name)
        self._stop = Stop()
        self._failures = 0

    @property
    def state(self) -> str:
        """One of "starting", "listening", "waiting" (between two connections) and "stopped"."""
        return self._reporter.state

    def stop(self) -> None:
        """Make `run` return soon."""
        self._stop.request()

    def run(self) -> None:
        """Listen, and connect again after every temporary failure, with pauses that grow up to a minute.

        Raises `ConfigurationError` without the library or a server to listen to, and an `AppwriteError` when there is
        no token for the user LISTEN_AS.
        """
        try:
            self._run()
        finally:
            self._reporter.become("stopped")

    def check(self) -> None:
        """Raise the `ConfigurationError` that `run` would raise at its start."""
        _library()
        self._url()

    def _run(self) -> None:
        connect, failure = _library()
        while not self._stop.requested:
            try:
                url = self._url()
                with connect(url, self._headers()) as socket:
                    self._listen(socket, url)
            except (OSError, failure, AppwriteORMError) as error:
                if not _is_temporary(error):
                    raise
                self._reporter.become("waiting")
                pause = backoff(self._failures)
                self._failures += 1
                logger.warning(
                    "Realtime of %r: %s. Retrying in %.1f s.", self.alias, shortened(error) or repr(error), pause
                )
                with fork_guard.resting():
                    self._stop.wait(pause)
            except ImportError as error:  # of the websocket library, which needs another one for a SOCKS proxy
                raise ConfigurationError(f"Realtime of {self.alias!r} cannot connect: {error}") from error

    def _url(self) -> str:
        connection = connections[self.alias]
        connection.check_allowed()
        settings = connection.settings
        if not settings.endpoint.startswith("http"):
            raise ConfigurationError(
                f"APPWRITE_ORM[{self.alias!r}]: the local Appwrite in this process has no realtime."
                " Run serve_appwrite, and set ENDPOINT to its address."
            )
        databases = dict.fromkeys(each.settings.database_id for each in connections_like(self.alias))
        refs = [table._meta.ref(database) for database in databases for table in registry.every_possible()]
        channels = [f"tablesdb.{ref.database}.tables.{ref.table}.rows" for ref in refs]
        query = [("project", settings.project_id), *(("channels[]", channel) for channel in channels)]
        return f"ws{settings.endpoint.removeprefix('http')}/realtime?{urlencode(query)}"

    def _headers(self) -> dict[str, Secret]:
        connection = connections[self.alias]
        user = connection.settings.listen_as
        # A token is needed only for the handshake, so each connection gets a new one.
        return {"X-Appwrite-JWT": run_sync(_token(connection, user))} if user else {}

    def _listen(self, socket: ClientConnection, url: str) -> None:
        received, pinged = time.monotonic(), False
        while not self._stop.requested:
            self._reporter.repeat()
            run_sync(retry_invalidations(self.alias))
            if self._url() != url:
                raise Refused("tables have been registered since it connected, and it is not subscribed to them")
            try:
                with fork_guard.resting():
                    frame = socket.recv(timeout=POLL)
            except TimeoutError:
                quiet = time.monotonic() - received
                if quiet > GIVEN_UP:
                    raise Refused("no response to a ping") from None
                if quiet > QUIET and not pinged:
                    socket.send('{"type":"ping"}')
                    pinged = True
                continue
            received, pinged = time.monotonic(), False
            self._take(frame)

    def _take(self, frame: str | bytes) -> None:
        try:
            message = json.loads(frame)
            kind, data = message["type"], message.get("data")
            if kind == "event":
                names, payload = [*map(str.strip, data["events"])], data["payload"]
            elif kind == "error":
                refusal = f"Appwrite says {shortened(data['code'], 100)}: {shortened(data['message'])}"
            elif kind == "connected":
                user = shortened(data["user"]["$id"], 100) if data["user"] else "a guest"
                channels = len(data["channels"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            logger.error("Realtime of %r: a frame that cannot be read; all tables are invalidated.", self.alias)
            run_sync(invalidate_all_tables(self.alias))
            return
        if kind == "connected":
            self._begin(user, channels)
        elif kind == "event":
            for change in run_sync(dispatch_event(names, payload, self.alias)):
                if self._callback is not None:
                    self._callback(change)
        elif kind == "error":
            raise Refused(refusal)

    def _begin(self, user: str, channels: int) -> None:
        if connections[self.alias].settings.listen_as not in ("", user):
            logger.error(
                "Realtime of %r: connected as %s; changes of rows that guests may not read are not reported.",
                self.alias,
                user,
            )
        run_sync(invalidate_all_tables(self.alias))
        self._failures = 0
        self._reporter.become("listening")
        logger.info("Realtime of %r: listening as %s on %d channels.", self.alias, user, channels)


def _is_temporary(error: Exception) -> bool:
    """Whether connecting again may help.

    An error without a `type` is not Appwrite's: a proxy before it may respond with any status while Appwrite restarts.
    """
    if isinstance(error, AppwriteError):
        return error.type is None or isinstance(error, (Unavailable, RateLimited))
    return isinstance(error, Refused) or not isinstance(error, AppwriteORMError)


Connect = Callable[[str, Mapping[str, Secret]], "AbstractContextManager[ClientConnection]"]


def _library() -> tuple[Connect, type[Exception]]:
    """Return the function that connects, and the library's exception. The optional library is imported here."""
    try:
        from .websocket import WebSocketException, open_websocket
    except ImportError as error:
        raise ConfigurationError("Realtime needs websockets: pip install 'django-appwrite-orm[realtime]'") from error
    return open_websocket, WebSocketException


# Seconds: the longest pause between two connections, and the time between two checks whether to stop.
MAX_BACKOFF = 60.0
POLL = 0.5


def backoff(failures: int) -> float:
    """Return the seconds to wait after this many earlier failures: from one, doubled up to a minute, with jitter."""
    return min(2.0 ** min(failures, 10), MAX_BACKOFF) * random.uniform(0.5, 1.0)


class Stop:
    """A request to stop, which another thread or a signal handler can make.

    It has no lock. A signal handler runs in the main thread between any two steps: with a `threading.Event`, whose lock
    the interrupted code may hold, it could wait forever.
    """

    def __init__(self) -> None:
        self.requested = False

    def request(self) -> None:
        """Request the stop."""
        self.requested = True

    def wait(self, seconds: float) -> None:
        """Sleep for this time, or until the stop is requested."""
        end = time.monotonic() + seconds
        while not self.requested and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, POLL))
