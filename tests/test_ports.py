"""Ports that tests give to servers."""

from __future__ import annotations

import socket
from contextlib import ExitStack

from tests.support.ports import free_port


def test_nobody_who_asks_for_any_port_gets_one_that_is_free() -> None:
    with ExitStack() as stack:
        any_ports = [stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(100)]
        assert max(free_port() for _ in range(100)) < min(any_ports)


def test_a_port_with_a_second_one() -> None:
    port = free_port(second=10_000)
    with socket.create_server(("127.0.0.1", port)), socket.create_server(("127.0.0.1", port + 10_000)):
        assert free_port(second=10_000) != port
