"""Sockets of an event loop, with all received and unread bytes in one place.

Unread bytes decide whether a connection may be reused. asyncio decrypts and delivers what arrives at once, so that
nothing stays in a buffer of a TLS layer, where it would not be seen.
"""

from __future__ import annotations

import asyncio
import selectors
import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, cast
from weakref import WeakSet

import httpcore2 as httpcore

from .sockets import FORGET, is_address

# Bytes received and not read, beyond which the sender has to wait.
_ROOM = 256 * 1024


class LoopBackend(httpcore.AsyncNetworkBackend):
    """Open the sockets of one event loop, and keep track of the open ones."""

    def __init__(self) -> None:
        self._sockets: WeakSet[socket.socket] = WeakSet()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of `host` that responds; each gets its share of `timeout` (seconds)."""
        loop = asyncio.get_running_loop()
        with _as_connecting():
            async with asyncio.timeout(timeout) as limit:
                if is_address(host):
                    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
                else:
                    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                failure: Exception = OSError(f"{host} has no address")
                for index, (family, kind, protocol, _, address) in enumerate(found):
                    end = limit.when()
                    share = None if end is None else (end - loop.time()) / (len(found) - index)
                    opened = socket.socket(family, kind, protocol)
                    try:
                        opened.setblocking(False)
                        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                        for option in (*(socket_options or ()), FORGET):
                            opened.setsockopt(*option)
                        if local_address is not None:
                            opened.bind((local_address, 0))
                        async with asyncio.timeout(share):
                            await loop.sock_connect(opened, address)
                        transport, made = await loop.create_connection(_Received, sock=opened)
                    except (OSError, TimeoutError) as error:
                        opened.close()
                        failure = error
                    except BaseException:
                        opened.close()
                        raise
                    else:
                        self._sockets.add(opened)
                        return LoopStream(transport, made, opened)
                raise failure

    def close_all(self) -> None:
        """Close the sockets of a loop that is closed, or of a parent process's loop in a forked child."""
        for opened in list(self._sockets):
            opened.close()


class _Received(asyncio.Protocol):
    """The bytes that arrived on one connection."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.ended = False
        self.failure: Exception | None = None
        self.news = asyncio.Event()
        self.writable = asyncio.Event()
        self.writable.set()
        self.transport: asyncio.Transport | None = None
        self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.data += data
        if len(self.data) >= _ROOM and self.transport is not None and not self._paused:
            self._paused = True
            self.transport.pause_reading()
        self.news.set()

    def eof_received(self) -> None:
        self.ended = True
        self.news.set()

    def connection_lost(self, error: Exception | None) -> None:
        self.ended = True
        self.failure = error
        self.news.set()
        self.writable.set()

    def pause_writing(self) -> None:
        self.writable.clear()

    def resume_writing(self) -> None:
        self.writable.set()

    def take(self, most: int) -> bytes:
        taken = bytes(self.data[:most])
        del self.data[:most]
        if self._paused and len(self.data) < _ROOM and self.transport is not None and not self.transport.is_closing():
            self._paused = False
            self.transport.resume_reading()
        if not self.data and not self.ended:
            self.news.clear()
        return taken


class LoopStream(httpcore.AsyncNetworkStream):
    """One connection of an event loop, plain or TLS."""

    def __init__(self, transport: asyncio.Transport, received: _Received, opened: socket.socket) -> None:
        self._transport = transport
        self._received = received
        self._socket = opened
        self._spoilt = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        received = self._received
        with _as(httpcore.ReadTimeout, httpcore.ReadError):
            async with asyncio.timeout(timeout):
                await received.news.wait()
            if not received.data and received.failure is not None:
                raise received.failure
        return received.take(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with _as(httpcore.WriteTimeout, httpcore.WriteError):
            async with asyncio.timeout(timeout):
                if self._transport.is_closing():
                    raise self._received.failure or OSError("the connection is closed")
                self._transport.write(buffer)
                await self._received.writable.wait()

    async def aclose(self) -> None:
        """Close at once, without waiting for data that was sent."""
        self._transport.abort()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        loop = asyncio.get_running_loop()
        try:
            with _as_connecting():
                async with asyncio.timeout(timeout):
                    transport = await loop.start_tls(
                        self._transport, self._received, ssl_context, server_hostname=server_hostname
                    )
                if transport is None:
                    raise OSError("the connection was closed during the TLS handshake")
        except BaseException:  # a cancellation too, which would leave the socket to the garbage collector
            self._transport.abort()
            raise
        self._received.transport = transport
        return LoopStream(transport, self._received, self._socket)

    def spoil(self) -> None:
        """Make the pool close this connection instead of reusing it."""
        self._spoilt = True

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":  # of an idle connection: true, and it is not used again
            received = self._received
            unread = bool(received.data) or received.ended or _is_readable(self._socket)
            return self._spoilt or unread or self._transport.is_closing()
        name = {"client_addr": "sockname", "server_addr": "peername"}.get(info, info)
        return self._transport.get_extra_info(name)


def _is_readable(opened: socket.socket) -> bool:
    """Whether bytes, or the end, have arrived which the loop has not looked at yet."""
    with selectors.DefaultSelector() as selector:
        try:
            selector.register(opened, selectors.EVENT_READ)
        except ValueError:  # it is closed
            return True
        return bool(selector.select(0))


@contextmanager
def _as(timed_out: type[Exception], failed: type[Exception]) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise timed_out("timed out") from error
    except (OSError, UnicodeError) as error:
        raise failed(str(error)) from error


def _as_connecting() -> Any:
    return _as(httpcore.ConnectTimeout, httpcore.ConnectError)
