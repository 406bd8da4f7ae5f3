"""Ports for servers that have to be given one.

They are below those that systems give to clients, and to servers that ask for any port (32768 on Linux, 49152 on macOS
and Windows): another test cannot get such a port before the server has it, nor while the server is away.
"""

from __future__ import annotations

import random
import socket
from contextlib import suppress

_PORTS = range(10_000, 22_000)
# Not the generator of the tests, which Hypothesis seeds alike in every process.
_random = random.SystemRandom()


def free_port(*, second: int = 0) -> int:
    """Return a port that nobody uses, nor the one that is so far above it. Raises RuntimeError if it finds none."""
    for _ in range(10_000):
        port = _random.choice(_PORTS)
        with socket.socket() as one, socket.socket() as other, suppress(OSError):
            one.bind(("127.0.0.1", port))
            if second:
                other.bind(("127.0.0.1", port + second))
            return port
    raise RuntimeError(f"No port was found free from {_PORTS.start} to {_PORTS.stop - 1}.")
