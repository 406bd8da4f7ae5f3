"""How long a client may take to send a request.

cheroot bounds the wait for each piece of a request, not for the whole: a client that sends a byte now and then would
hold one of the few worker threads for ever.
"""

from __future__ import annotations

import math
import socket
import time
from typing import Any, Final

from cheroot.makefile import MakeFile, StreamReader

LONGEST_REQUEST: Final = 60.0  # seconds from its first byte to its last, the 64 MB that a body may have included


class _TimelyIO(socket.SocketIO):
    """A socket to read from until the time is up."""

    _until = math.inf

    def begin_request(self) -> None:
        self._until = time.monotonic() + LONGEST_REQUEST

    def readinto(self, buffer: Any) -> int | None:
        if time.monotonic() > self._until:
            raise TimeoutError("timed out")  # the words by which cheroot knows it, and answers 408
        return super().readinto(buffer)


class _Reader(StreamReader):
    def __init__(self, sock: socket.socket, mode: Any, bufsize: int) -> None:
        super(StreamReader, self).__init__(_TimelyIO(sock, mode), bufsize)
        self.bytes_read = 0


def read_in_time(sock: socket.socket, mode: Any, bufsize: int) -> Any:
    """What cheroot reads a connection from and writes it to; ``raw.begin_request`` starts the clock."""
    return _Reader(sock, mode, bufsize) if "r" in mode else MakeFile(sock, mode, bufsize)
