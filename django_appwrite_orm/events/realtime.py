"""Realtime: a websocket on which Appwrite tells of changes as they happen.

Nothing is replayed after a gap, so that every connection begins by dropping all tokens. Facts about the protocol
were recorded from a running 1.9.6: API keys count for nothing here, a JWT in its header does; refusals come as an
`error` frame after a good handshake, and then the connection ends.
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
from .dispatch import connections_like, dispatch_event, forget_all, pay
from .heartbeat import COMMAND, Reporter
from .parsing import RowChange

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection


logger = logging.getLogger("django_appwrite_orm.events")

# Seconds without a frame after which the server is asked for a sign of life, and after which it is given up.
# Appwrite takes 32 messages a minute on a connection.
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
            error.args = (f"{error} LISTEN_AS names a user of the project, who has to be made first.",)
        raise
    return Secret(reply.data["jwt"])


class Refused(AppwriteORMError):
    """The connection is of no more use: Appwrite's realtime ended it with an error frame, or we do."""


class Listener:
    """Listens for the project of one connection until it is told to stop.

    `run()` does it in this thread and can be stopped from another one or a signal handler. `state` is one of
    "starting", "listening", "waiting" (between two connections) and "stopped", and is reported under `name` where
    `stats_appwrite` finds it. `tell` gets every change of a row, after the tokens are gone and the signal is sent.
    """

    def __init__(self, alias: str, name: str = COMMAND, tell: Callable[[RowChange], object] | None = None) -> None:
        self.alias = alias
        self._tell = tell
        self._reporter = Reporter(alias, name)
        self._stop = Stop()
        self._failures = 0

    @property
    def state(self) -> str:
        return self._reporter.state

    def stop(self) -> None:
        """Make `run` return soon."""
        self._stop.ask()

    def run(self) -> None:
        """Listen, and connect again after every failure that may pass, ever more slowly up to a minute.

        Raises `ConfigurationError` without the library or a server to listen to, and an `AppwriteError` when the
        user LISTEN_AS cannot be listened as.
        """
        try:
            self._run()
        finally:
            self._reporter.become("stopped")

    def check(self) -> None:
        """Raises `ConfigurationError` where `run` would, before it begins."""
        _library()
        self._url()

    def _run(self) -> None:
        connect, failure = _library()
        while not self._stop.asked:
            try:
                url = self._url()
                with connect(url, self._headers()) as socket:
                    self._listen(socket, url)
            except (OSError, failure, AppwriteORMError) as error:
                if not _passes(error):
                    raise
                self._reporter.become("waiting")
                pause = backoff(self._failures)
                self._failures += 1
                logger.warning(
                    "Realtime of %r: %s. Again in %.1f s.", self.alias, shortened(error) or repr(error), pause
                )
                self._stop.wait(pause)
            except ImportError as error:  # of the websocket library's own, for a SOCKS proxy
                raise ConfigurationError(f"Realtime of {self.alias!r} cannot connect: {error}") from error

    def _url(self) -> str:
        connection = connections[self.alias]
        connection.check_allowed()
        settings = connection.settings
        if not settings.endpoint.startswith("http"):
            raise ConfigurationError(
                f"APPWRITE_ORM[{self.alias!r}]: the local Appwrite in this process has no realtime."
                " Run serve_appwrite, and give its address as ENDPOINT."
            )
        databases = dict.fromkeys(found.settings.database_id for found in connections_like(self.alias))
        refs = [table._meta.ref(database) for database in databases for table in registry.all()]
        channels = [f"tablesdb.{ref.database}.tables.{ref.table}.rows" for ref in refs]
        query = [("project", settings.project_id), *(("channels[]", channel) for channel in channels)]
        return f"ws{settings.endpoint.removeprefix('http')}/realtime?{urlencode(query)}"

    def _headers(self) -> dict[str, Secret]:
        connection = connections[self.alias]
        user = connection.settings.listen_as
        # A token counts while connecting only, so that each connection gets a new one.
        return {"X-Appwrite-JWT": run_sync(_token(connection, user))} if user else {}

    def _listen(self, socket: ClientConnection, url: str) -> None:
        heard = time.monotonic()
        asked = False
        while not self._stop.asked:
            self._reporter.repeat()
            run_sync(pay(self.alias))
            if self._url() != url:
                raise Refused("tables have been registered since it connected, which it is not told of")
            try:
                frame = socket.recv(timeout=LOOK)
            except TimeoutError:
                quiet = time.monotonic() - heard
                if quiet > GIVEN_UP:
                    raise Refused("no sign of life") from None
                if quiet > QUIET and not asked:
                    socket.send('{"type":"ping"}')
                    asked = True
                continue
            heard, asked = time.monotonic(), False
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
            logger.error("Realtime of %r: a frame that cannot be read; every table is read anew.", self.alias)
            run_sync(forget_all(self.alias))
            return
        if kind == "connected":
            self._begin(user, channels)
        elif kind == "event":
            for change in run_sync(dispatch_event(names, payload, self.alias)):
                if self._tell is not None:
                    self._tell(change)
        elif kind == "error":
            raise Refused(refusal)

    def _begin(self, user: str, channels: int) -> None:
        if connections[self.alias].settings.listen_as not in ("", user):
            logger.error(
                "Realtime of %r: connected as %s; rows that guests may not read are not heard of.", self.alias, user
            )
        run_sync(forget_all(self.alias))
        self._failures = 0
        self._reporter.become("listening")
        logger.info("Realtime of %r: listening as %s on %d channels.", self.alias, user, channels)


def _passes(error: Exception) -> bool:
    """Whether connecting again may help. An error of no `type` is not Appwrite's: a proxy before it says 404, 401 or
    anything while Appwrite restarts."""
    if isinstance(error, AppwriteError):
        return error.type is None or isinstance(error, (Unavailable, RateLimited))
    return isinstance(error, Refused) or not isinstance(error, AppwriteORMError)


Connect = Callable[[str, Mapping[str, Secret]], "AbstractContextManager[ClientConnection]"]


def _library() -> tuple[Connect, type[Exception]]:
    """How to connect, and what goes wrong then. The library is an extra, so that it is imported here."""
    try:
        from .websocket import WebSocketException, open_websocket
    except ImportError as error:
        raise ConfigurationError("Realtime needs the library websockets: pip install 'websockets>=15'.") from error
    return open_websocket, WebSocketException


LONGEST = 60.0
# Seconds between two looks at whether to stop.
LOOK = 0.5


def backoff(failures: int) -> float:
    """Seconds to wait after so many failures before this one: doubling from one to a minute, with jitter."""
    return min(2.0 ** min(failures, 10), LONGEST) * random.uniform(0.5, 1.0)


class Stop:
    """Whether to stop, to be said from another thread or from a signal handler.

    A handler runs in the main thread, between any two steps of what it interrupts: an `Event`, whose lock may be held
    just then, would wait for itself for ever.
    """

    def __init__(self) -> None:
        self.asked = False

    def ask(self) -> None:
        self.asked = True

    def wait(self, seconds: float) -> None:
        """For so long, or until somebody asks."""
        end = time.monotonic() + seconds
        while not self.asked and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, LOOK))
