"""Send a request with its retries: the attempts, the waits between them, and when to stop."""

from __future__ import annotations

import json
import logging
import random
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..exceptions import AppwriteError, RateLimited, Timeout, Unavailable, shortened
from ..plans import Request, Response
from ..sansio import Effect, Operation, Sleep
from ..signals.observers import Activity, observed, observers
from .errors import error_from, wait_of
from .messages import TransportError

if TYPE_CHECKING:
    from .client import Client, Reply

logger = logging.getLogger("django_appwrite_orm.transport")


@dataclass(frozen=True, slots=True)
class Attempt(Effect["Reply"]):
    """Send `request` once, with a limit of `timeout` seconds. Raises `TransportError`."""

    client: Client
    request: Request
    timeout: float
    request_id: str = ""

    def perform(self) -> Reply:
        return self.client.send(self.request, self.timeout, self.request_id)

    async def aperform(self) -> Reply:
        return await self.client.asend(self.request, self.timeout, self.request_id)


@dataclass(frozen=True, slots=True)
class _Failure:
    """A failed attempt; `repeatable` if a retry can do no harm; `wait` in seconds, if the server asked for it."""

    error: AppwriteError
    repeatable: bool
    wait: float | None = None


def send_with_retries(
    client: Client, request: Request, *, timeout: float, retries: int
) -> Operation[tuple[Reply, bool]]:
    """Send `request` until it has a good reply, repeating it up to `retries` times where that cannot do harm.

    Returns the reply, and whether an earlier copy of the request may have been, or may yet be, applied besides.
    `timeout` (seconds) spans all attempts and pauses. Any request is repeated that certainly was not applied: no
    connection was made, or the status was 429. After other passing failures (no response, 5xx) only what can be
    applied no more than once is: reads, and creates under an id of our own. Raises an `AppwriteError`.
    """
    deadline = time.monotonic() + timeout
    request_id = secrets.token_hex(4)
    unclear = False
    for attempt in range(retries + 1):
        started = time.monotonic()
        try:
            reply = yield from _attempt(Attempt(client, request, max(deadline - started, 0.001), request_id))
        except TransportError as failure_cause:
            failure = _no_response(client, request, failure_cause)
        else:
            logger.debug("%s %s: %s in %.0f ms", request_id, request, reply.status, (time.monotonic() - started) * 1000)
            if _is_good(request, reply):
                return reply, unclear
            failure = _refused(client, request, reply)
        error = failure.error
        error.request_id, error.repeated = request_id, unclear
        unclear = error.unclear = unclear or error.unclear
        pause = failure.wait if failure.wait is not None else 0.1 * 2.0**attempt * random.uniform(0.5, 1.0)
        if attempt == retries or not failure.repeatable or time.monotonic() + pause >= deadline:
            raise error
        logger.warning("%s Again in %.1f s: %s", request_id, pause, error)
        yield Sleep(pause)
    raise AssertionError("unreachable: the last attempt returns or raises")


def _attempt(attempt: Attempt) -> Operation[Reply]:
    steps = iter(attempt)
    if observers:
        steps = observed("request", attempt.request, attempt.client.endpoint, steps, _note)
    return (yield from steps)


def _note(activity: Activity, reply: Reply) -> None:
    activity.status, activity.size = str(reply.status), len(reply.text)


def request_json(client: Client, request: Request, *, timeout: float, retries: int) -> Operation[Response]:
    """Return the JSON response to `request`; see `send_with_retries` for retries and errors."""
    reply, unclear = yield from send_with_retries(client, request, timeout=timeout, retries=retries)
    if reply.status >= 400:  # only what `absent` names gets here
        return Response("null", None)
    data = _decoded(reply)
    # An empty body is a response to a deletion only; elsewhere it would read as a row that does not exist.
    nothing = reply.status == 204 and request.method == "DELETE"
    if reply.status >= 300 or not (nothing or request.shape(data)):
        moved = f" (it redirects to {shortened(reply.headers['location'])})" if "location" in reply.headers else ""
        what = "JSON of another form than its response" if isinstance(data, dict) else "no JSON object"
        raise Unavailable(
            f"{client.endpoint} answered {request} with {reply.status} and {what}{moved}; is it an"
            " Appwrite endpoint? It is that of the setting ENDPOINT.",
            status=reply.status,
            unclear=not request.is_read,
        )
    return Response(reply.text or "null", data, unclear)


def _no_response(client: Client, request: Request, failure_cause: TransportError) -> _Failure:
    error = (Timeout if failure_cause.timed_out else Unavailable)(
        f"No response from {client.endpoint} to {request}: {shortened(failure_cause)}",
        unclear=failure_cause.sent and not request.is_read,
    )
    return _Failure(error, not failure_cause.final and (not failure_cause.sent or _is_harmless(request)))


def _is_good(request: Request, reply: Reply) -> bool:
    """Whether the reply is not an error, or the one that `absent` names."""
    if reply.status < 400 or request.absent is None:
        return reply.status < 400
    data = _decoded(reply)
    return isinstance(data, dict) and data.get("type") == request.absent


def _refused(client: Client, request: Request, reply: Reply) -> _Failure:
    wait = wait_of(reply.status, reply.retry_after, reply.headers.get("x-ratelimit-reset"))
    error = error_from(request, reply.status, _decoded(reply), wait, endpoint=client.endpoint, for_user=client.for_user)
    passing = isinstance(error, RateLimited) or (reply.status >= 500 and _is_harmless(request))
    return _Failure(error, passing, wait)


def _is_harmless(request: Request) -> bool:
    """Whether any number of copies does what one does."""
    return request.is_read or request.repeatable


def _decoded(reply: Reply) -> object:
    if not reply.is_json:
        return None
    try:
        return json.loads(reply.text)
    except (ValueError, RecursionError):
        return None
