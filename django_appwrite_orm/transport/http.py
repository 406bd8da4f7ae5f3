"""HTTP transport: one attempt over pooled, kept-alive connections, blocking or on an event loop.

Errors are returned, not raised: frames in here hold the API key, and Django's error page shows the local variables of
the frames of a traceback.
"""

from __future__ import annotations

import asyncio
import atexit
import ssl
import threading
import weakref
import zlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, closing
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary, WeakSet

import httpcore2 as httpcore

from ..credentials import in_clear
from ..threads import register_after_fork
from .async_sockets import LoopBackend
from .decoding import Body, TooLarge
from .messages import RawRequest, RawResponse, TransportError
from .sockets import DeadlineBackend, check, ending_in, proxy_of

# Seconds for a TCP and TLS handshake. Far above any round trip, and short enough to leave time for a repeat.
CONNECT_LIMIT = 3.0
# Seconds an idle connection is kept: less than any usual server or proxy does, for a request sent over one that
# is being closed at the other end has an unclear outcome.
KEPT_ALIVE = 5.0
# Connections of the threads of a process together.
THREADS_CONNECTIONS = 100
# Connections of an event loop, where hundreds of requests are cheap.
LOOP_CONNECTIONS = 500


class HTTPTransport:
    """Connections to `endpoint`: one pool for all threads of this process, and one for each event loop.

    A forked child starts with pools of its own. A loop's pool is closed when the loop shuts its asynchronous
    generators down, as `asyncio.run` and asgiref do at the end.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._tls: ssl.SSLContext | None = None
        self._base: httpcore.URL | None = None
        self._host = urlsplit(endpoint).netloc.rpartition("@")[2]
        self._start()
        _wires.add(self)
        register_after_fork(self)

    def _start(self) -> None:
        self._lock = threading.Lock()
        self._backend = DeadlineBackend()
        self._pool: httpcore.ConnectionPool | None = None
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _Kept] = WeakKeyDictionary()

    def send(self, outgoing: RawRequest, limit: float) -> RawResponse | TransportError:
        stage = _Stage()
        try:
            if self._loops:
                self._forget_closed_loops()
            pool = self._blocking_pool()
            with ending_in(limit), closing(pool.handle_request(self._request(outgoing, limit, stage.note))) as response:
                headers = _headers(response)
                body = Body(headers)
                for chunk in response.iter_stream():
                    rest = body.add(chunk)
                    while rest:
                        check()
                        rest = body.add(rest)
                _spoil_unless_read(response)
            return RawResponse(response.status, headers, body.whole())
        except TransportError as error:
            return error
        except TooLarge as error:
            return _too_large(error)
        except _FAILURES as error:
            return _transport_error(error, stage.sent)

    async def asend(self, outgoing: RawRequest, limit: float) -> RawResponse | TransportError:
        stage = _Stage()
        try:
            async with asyncio.timeout(limit):
                pool = await self._loop_pool()
                request = self._request(outgoing, limit, stage.anote)
                async with aclosing(await pool.handle_async_request(request)) as response:
                    headers = _headers(response)
                    body = Body(headers)
                    async for chunk in response.aiter_stream():
                        rest = body.add(chunk)
                        while rest:  # unpacking much would block the loop
                            rest = await asyncio.to_thread(body.add, rest)
                    _spoil_unless_read(response)
            return RawResponse(response.status, headers, body.whole())
        except TransportError as error:
            return error
        except TooLarge as error:
            return _too_large(error)
        except (*_FAILURES, TimeoutError) as error:
            return _transport_error(error, stage.sent)

    def _request(self, outgoing: RawRequest, limit: float, trace: Any) -> httpcore.Request:
        """Return it as httpcore takes it, without `pool.stream()`, which would parse the endpoint for each request."""
        base = self._base
        if base is None:
            base = self._base = httpcore.URL(self._endpoint)
        url = httpcore.URL(
            scheme=base.scheme,
            host=base.host,
            port=base.port,
            target=base.target.rstrip(b"/") + outgoing.target.encode("ascii"),
        )
        headers: list[tuple[bytes | str, bytes | str]] = [
            ("host", self._host),
            ("accept-encoding", "gzip"),
            *in_clear(outgoing.headers).items(),
        ]
        if outgoing.body is not None:
            headers.append(("content-length", str(len(outgoing.body))))
        timeout = {"connect": min(CONNECT_LIMIT, limit), "pool": limit}
        extensions = {"timeout": timeout, "trace": trace}
        return httpcore.Request(outgoing.method, url, headers=headers, content=outgoing.body, extensions=extensions)

    def _blocking_pool(self) -> httpcore.ConnectionPool:
        with self._lock:
            if self._pool is None:
                self._pool = httpcore.ConnectionPool(
                    network_backend=self._backend, **self._options(THREADS_CONNECTIONS)
                )
            return self._pool

    async def _loop_pool(self) -> httpcore.AsyncConnectionPool:
        loop = asyncio.get_running_loop()
        with self._lock:
            found = self._loops.get(loop)
        if found is None:
            self._forget_closed_loops()
            backend = LoopBackend()
            pool = httpcore.AsyncConnectionPool(network_backend=backend, **self._options(LOOP_CONNECTIONS))
            found = _Kept(pool, backend, self._until_shutdown(weakref.ref(loop), pool))
            await anext(found.keeper)
            with self._lock:
                self._loops[loop] = found
        return found.pool

    async def _until_shutdown(
        self, loop: weakref.ref[asyncio.AbstractEventLoop], pool: httpcore.AsyncConnectionPool
    ) -> AsyncGenerator[None]:
        """Close the pool when the loop shuts its asynchronous generators down; suspended until then."""
        try:
            yield
        finally:
            with self._lock:
                if (ended := loop()) is not None:
                    self._loops.pop(ended, None)
            await pool.aclose()

    def _forget_closed_loops(self) -> None:
        """Close the pools of loops that were closed without shutting down their asynchronous generators.

        This transport keeps the generators, so that nothing else would close them.
        """
        with self._lock:
            closed = [loop for loop in self._loops if loop.is_closed()]
            left = [self._loops.pop(loop) for loop in closed]
        for kept in left:
            kept.backend.close_all()

    def _options(self, connections: int) -> dict[str, Any]:
        if self._tls is None and self._endpoint.startswith("https"):
            self._tls = httpcore.default_ssl_context()  # reads the authorities' certificates, so it is made once
        try:
            proxy = proxy_of(self._endpoint)
        except ValueError as error:
            raise TransportError(str(error), sent=False, final=True) from None
        return {
            "ssl_context": self._tls,
            "proxy": proxy,
            "max_connections": connections,
            "keepalive_expiry": KEPT_ALIVE,
        }

    def close(self) -> None:
        """Close what is open. Running loops close their connections as soon as they can."""
        self._forget_closed_loops()
        with self._lock:
            pool, self._pool = self._pool, None
            self._loops = WeakKeyDictionary()
        if pool is not None:
            pool.close()

    def after_fork(self) -> None:
        """Drop the parent's connections in a forked child, whoever held the lock at the fork."""
        self._backend.close_all()
        for kept in self._loops.values():
            kept.backend.close_all()
        _left_behind.append(self._loops)
        self._start()


class _Kept(NamedTuple):
    pool: httpcore.AsyncConnectionPool
    backend: LoopBackend
    keeper: AsyncGenerator[None]


class _Stage:
    """How far an attempt has come: `sent` from the first byte of the request on."""

    def __init__(self) -> None:
        self.sent = False

    def note(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":
            self.sent = True

    async def anote(self, event: str, info: Mapping[str, Any]) -> None:
        self.note(event, info)


_FAILURES = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    OSError,
    zlib.error,
)
_wires: WeakSet[HTTPTransport] = WeakSet()
# Pools of event loops that stayed in the parent process. To collect them would be to work on its loops.
_left_behind: list[object] = []


def _at_exit() -> None:
    for wire in list(_wires):
        wire.close()


atexit.register(_at_exit)


def _headers(response: httpcore.Response) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}


def _too_large(error: TooLarge) -> TransportError:
    """Return the error; another attempt would end in the same way."""
    return TransportError(str(error), sent=True, final=True)


def _spoil_unless_read(response: httpcore.Response) -> None:
    """Let the connection be closed if more bytes than this response were received.

    The next request of the pool, which may be another user's, would take them for its response. httpcore keeps them in
    the private parser of the connection; where it is not found, no connection is used twice.
    """
    try:
        unread, _ = response.stream._stream._connection._h11_state.trailing_data  # type: ignore[union-attr]
    except AttributeError:
        unread = b"?"
    if unread:
        response.extensions["network_stream"].spoil()


def _transport_error(error: BaseException, sent: bool) -> TransportError:
    if isinstance(error, (httpcore.TimeoutException, TimeoutError)):
        return TransportError("timed out", sent=sent, timed_out=True)
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if cause is not None and not sent:
        return TransportError(f"TLS failed: {cause}", sent=False, final=isinstance(cause, ssl.SSLCertVerificationError))
    return TransportError(str(error) or type(error).__name__, sent=sent)
