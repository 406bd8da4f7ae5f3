"""Ports for servers that have to be given one."""

from __future__ import annotations

import socket


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
