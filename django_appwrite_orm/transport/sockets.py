"""Sockets for blocking requests that never wait beyond the end of the request.

The read timeout of an HTTP library starts again with every byte, so a server that sends one byte at a time can hold a
thread for ever. Here each wait gets what is left until the end of the request.
"""

from __future__ import annotations

import encodings.idna  # noqa: F401 -- getaddrinfo's own import, made here and not in a thread: see `addresses`
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from typing import Any, Final
from urllib.parse import unquote_to_bytes, urlsplit
from urllib.request import getproxies, proxy_bypass
from weakref import WeakSet

import httpcore2 as httpcore

from ..threads import DaemonThreadPool, fork_guard

# One write at a time, so that a server which reads slowly is noticed too.
_CHUNK = 65_536


class _Deadline(threading.local):
    at = float("inf")


_deadline = _Deadline()


@contextmanager
def ending_in(seconds: float) -> Iterator[None]:
    """Let every wait of this thread's sockets inside end `seconds` from now, with a timeout error of httpcore."""
    _deadline.at = time.monotonic() + seconds
    try:
        yield
    finally:
        _deadline.at = float("inf")


def check() -> None:
    """Raise a timeout error of httpcore when the end of `ending_in` is over."""
    _left(None, httpcore.ReadTimeout)


def _left(limit: float | None, error: type[httpcore.TimeoutException]) -> float | None:
    left = _deadline.at - time.monotonic()
    if left <= 0:
        raise error("timed out")
    shortest = left if limit is None else min(limit, left)
    return None if shortest == float("inf") else shortest


# Closing a connection, also by the end of the process, discards what is not sent yet. Without it, the system goes on
# sending a request that its client gave up on, for a minute and more, and a fence would expire before it arrives.
FORGET: Final = (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0))


class DeadlineBackend(httpcore.SyncBackend):
    """Open sockets with a deadline; keep track of them, for a forked child must close its copies."""

    def __init__(self) -> None:
        self._streams: WeakSet[_Stream] = WeakSet()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of `host` that responds; all of them together within the deadline."""
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses(host, port, _left(timeout, httpcore.ConnectTimeout)):
            limit = _left(timeout, httpcore.ConnectTimeout)
            try:
                options = [*(socket_options or ()), FORGET]
                stream = super().connect_tcp(address, port, limit, local_address, options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return self._watched(stream)
        raise failure

    def _watched(self, stream: httpcore.NetworkStream) -> _Stream:
        watched = _Stream(stream, self)
        self._streams.add(watched)
        return watched

    def close_all(self) -> None:
        """Close this process's copies of the sockets; other processes that share them are not affected."""
        for stream in list(self._streams):
            stream.close()


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, backend: DeadlineBackend) -> None:
        self._stream = stream
        self._backend = backend
        self._spoilt = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _CHUNK):
            self._stream.write(buffer[start : start + _CHUNK], _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        limit = _left(timeout, httpcore.ConnectTimeout)
        return self._backend._watched(self._stream.start_tls(ssl_context, server_hostname, limit))

    def spoil(self) -> None:
        """Make the pool close this connection instead of reusing it."""
        self._spoilt = True

    def get_extra_info(self, info: str) -> Any:
        found = self._stream.get_extra_info(info)
        if info == "is_readable":  # of an idle connection: true, and it is not used again
            return self._spoilt or found or self._holds_bytes_back()
        return found

    def _holds_bytes_back(self) -> bool:
        """Whether a layer of TLS has bytes that have left the socket already."""
        tls = self._stream.get_extra_info("ssl_object")
        incoming = getattr(self._stream, "_incoming", None)  # of TLS within TLS, through a proxy
        return (tls is not None and tls.pending() > 0) or (incoming is not None and incoming.pending > 0)


_SOCKS = ("socks5", "socks5h")


def proxy_of(endpoint: str) -> httpcore.Proxy | None:
    """Return the proxy that HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY name for this endpoint.

    Raises `ValueError` for one that cannot be used; it names the variable, and not the value, which may hold a
    password.
    """
    parts, known = urlsplit(endpoint), getproxies()
    kind = parts.scheme if known.get(parts.scheme) else "all"
    found = known.get(kind)
    # NO_PROXY names an IPv6 address without the brackets that it has in a URL.
    if not found or proxy_bypass(parts.netloc) or proxy_bypass(parts.hostname or ""):
        return None
    try:
        proxy = urlsplit(found if "://" in found else f"http://{found}")
        has_host = bool(proxy.hostname) and proxy.netloc.rpartition("@")[2].isascii()
        usable = has_host and (proxy.port or 80) > 0 and proxy.scheme in ("http", "https", *_SOCKS)
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(f"{kind.upper()}_PROXY in the environment is not a proxy; give one as in http://host:3128")
    if proxy.scheme in _SOCKS and find_spec("socksio") is None:
        raise ValueError(
            f"{kind.upper()}_PROXY in the environment is a SOCKS proxy, which needs socksio:"
            " pip install 'django-appwrite-orm[socks]'"
        )
    auth = (unquote_to_bytes(proxy.username), unquote_to_bytes(proxy.password or "")) if proxy.username else None
    return httpcore.Proxy(f"{proxy.scheme}://{proxy.netloc.rpartition('@')[2]}", auth=auth)


# Look-ups at a time, abandoned ones included: each holds a thread until the resolver gives up.
MOST = 64
_resolvers = DaemonThreadPool(MOST, "appwrite-resolver")


def addresses(host: str, port: int, limit: float | None) -> list[str]:
    """Return the IP addresses of `host`, in the resolver's order; `limit` in seconds.

    Raises httpcore's `ConnectError` when there are none, `ConnectTimeout` when the resolver takes too long.
    A process may fork during a look-up: were it in the middle of an import, the child would wait for its end.
    """
    if is_address(host):
        return [host]
    outcomes: SimpleQueue[list[str] | Exception] = SimpleQueue()

    def look_up() -> None:
        try:
            with fork_guard.working():
                found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            outcomes.put([str(address[0]) for *_, address in found])
        except (OSError, UnicodeError) as error:
            outcomes.put(error)

    if not _resolvers.start(look_up):
        raise httpcore.ConnectTimeout(f"{host} cannot be looked up: no thread is free for it ({MOST} at most)")
    try:
        outcome = outcomes.get(timeout=limit)
    except Empty:
        raise httpcore.ConnectTimeout(f"{host} was not looked up in time") from None
    if isinstance(outcome, Exception):
        raise httpcore.ConnectError(f"{host} cannot be looked up: {outcome}") from outcome
    return outcome


def is_address(host: str) -> bool:
    """Whether `host` is an IP address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
