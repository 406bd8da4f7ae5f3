"""One request until it has an answer: the attempts, the pauses between them, and when to stop."""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..exceptions import AppwriteError, RateLimited, Timeout, Unavailable
from ..plans import Answer, Request
from ..steps import Pause, Step, Steps
from .errors import error_from

if TYPE_CHECKING:
    from .client import Client, Reply


class NoAnswer(Exception):
    """An attempt that brought no answer. `sent`: the request may have reached the server."""

    def __init__(self, reason: str, *, sent: bool, timed_out: bool = False) -> None:
        super().__init__(reason)
        self.sent = sent
        self.timed_out = timed_out


@dataclass(frozen=True, slots=True)
class Attempt(Step):
    """Send `request` once; a `Reply`, or `NoAnswer` after `timeout` seconds at most."""

    client: Client
    request: Request
    timeout: float

    def perform(self) -> Reply:
        return self.client.send(self.request, self.timeout)

    async def aperform(self) -> Reply:
        return await self.client.asend(self.request, self.timeout)


def exchange(client: Client, request: Request, *, timeout: float, retries: int) -> Steps[Answer]:
    """Send `request`, repeating it up to `retries` times where a repeat cannot do harm.

    `timeout` (seconds) spans all attempts and pauses. A read is repeated after any passing failure; a write
    only when it certainly was not applied: no connection was made, or the answer was 429.
    Raises an `AppwriteError`; its `unclear` is true for a write that may have been applied.
    """
    deadline = time.monotonic() + timeout
    for attempt in range(retries + 1):
        error: AppwriteError
        try:
            reply: Reply = yield Attempt(client, request, max(deadline - time.monotonic(), 0.001))
        except NoAnswer as failure:
            kind = Timeout if failure.timed_out else Unavailable
            error = kind(
                f"No answer from {client.endpoint} to {request}: {failure}",
                unclear=failure.sent and not request.is_read,
            )
            harmless = request.is_read or not failure.sent
        else:
            data = _decoded(reply)
            if reply.status < 400 and (data is not None or reply.text in ("", "null")):
                return Answer(reply.text or "null", data)
            if request.absent and isinstance(data, dict) and data.get("type") == request.absent:
                return Answer("null", None)
            if reply.status < 400:
                message = (
                    f"{client.endpoint} answered {request} with something that is not JSON; is it an Appwrite endpoint?"
                )
                error = Unavailable(message, status=reply.status, unclear=not request.is_read)
            else:
                error = error_from(request, reply.status, data, reply.retry_after)
            harmless = isinstance(error, RateLimited) or (request.is_read and reply.status >= 500)
        pause = _pause(attempt, error)
        if attempt == retries or not harmless or time.monotonic() + pause >= deadline:
            raise error
        yield Pause(pause)
    raise AssertionError("unreachable: the last attempt returns or raises")


def _decoded(reply: Reply) -> object:
    if not reply.is_json:
        return None
    try:
        return json.loads(reply.text)
    except ValueError:
        return None


def _pause(attempt: int, error: AppwriteError) -> float:
    """Seconds before the next attempt: what the server asked for, else doubling from 0.1 s, with jitter."""
    if isinstance(error, RateLimited) and error.retry_after is not None:
        return error.retry_after
    return 0.1 * 2.0**attempt * random.uniform(0.5, 1.0)
