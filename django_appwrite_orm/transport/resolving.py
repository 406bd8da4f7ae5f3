"""The addresses of a host, within a limit. The system's resolver knows none, and cannot be told to stop."""

from __future__ import annotations

import encodings.idna  # noqa: F401 -- getaddrinfo's own import, made here and not in a thread: see `addresses`
import socket
from ipaddress import ip_address
from queue import Empty, SimpleQueue

import httpcore2 as httpcore

from ..threads import Crew

# Look-ups at a time, those included that nobody waits for any more: each holds a thread until the resolver gives up.
MOST = 64
_crew = Crew(MOST, "appwrite-resolver")


def addresses(host: str, port: int, limit: float | None) -> list[str]:
    """The IP addresses of `host`, in the resolver's order; `limit` in seconds.

    Raises httpcore's `ConnectError` when there are none, `ConnectTimeout` when the resolver does not say so in time.
    A process may fork while a thread asks: were it in the middle of an import, the child would wait for its end.
    """
    if is_address(host):
        return [host]
    said: SimpleQueue[list[str] | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            said.put([str(address[0]) for *_, address in found])
        except (OSError, UnicodeError) as error:
            said.put(error)

    if not _crew.start(ask):
        raise httpcore.ConnectTimeout(f"{host} cannot be looked up: no thread is free for it ({MOST} at most)")
    try:
        answer = said.get(timeout=limit)
    except Empty:
        raise httpcore.ConnectTimeout(f"{host} was not looked up in time") from None
    if isinstance(answer, Exception):
        raise httpcore.ConnectError(f"{host} cannot be looked up: {answer}") from answer
    return answer


def is_address(host: str) -> bool:
    """Whether `host` needs no look-up."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
