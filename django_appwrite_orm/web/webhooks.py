"""The view that Appwrite's webhooks call: `path("appwrite/", appwrite_webhook)` in urls.py.

Settings of the connection: WEBHOOK_SECRET, and WEBHOOK_URL where the site does not see the URL that Appwrite calls,
behind a proxy that changes host, scheme or path. The signature covers that URL to the last slash.
"""

from __future__ import annotations

import json
import logging

from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.utils.log import log_response
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from ..conf import DEFAULT_ALIAS
from ..events import dispatch_event
from ..sansio import run_sync
from .webhook_signature import is_signed, signature

__all__ = ["appwrite_webhook", "signature"]

logger = logging.getLogger("django_appwrite_orm.events")

# The names of the events, with commas between them.
EVENTS_HEADER = "X-Appwrite-Webhook-Events"
# Bytes of a delivery that are read. Far more than a usual row has, and small enough for anybody to send.
LARGEST = 16 * 1024 * 1024


@csrf_exempt
@require_POST
def appwrite_webhook(request: HttpRequest, using: str = DEFAULT_ALIAS) -> HttpResponse:
    """Process one delivery for the connection `using`, and respond with 204.

    A wrong signature is a 401, without effects. An event name that contradicts the signed body is a 400: the tokens
    are deleted, and no signal is sent.

    Raises `ConfigurationError` when the connection has no WEBHOOK_SECRET.
    """
    try:
        too_large = _declares_too_much(request) or len(body := request.read(LARGEST + 1)) > LARGEST
    except UnreadablePostError:
        return _refused(request, 400, "it broke off")
    if too_large:
        return _refused(request, 413, f"it is larger than {LARGEST} bytes")
    if not is_signed(request, body, using):
        return _refused(request, 401, "its signature is not right for this URL, body and secret")
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return _refused(request, 400, "its body is not JSON")
    names = request.headers.get(EVENTS_HEADER, "").split(",")
    contradictions: list[str] = []
    run_sync(dispatch_event(names, payload, using, contradictions=contradictions))
    if contradictions:
        return _refused(request, 400, f"its names, which are not signed, contradict the body: {contradictions[0]}")
    return HttpResponse(status=204)


def _declares_too_much(request: HttpRequest) -> bool:
    """Whether the declared length is too large; anybody can send it, so the body is not read."""
    length = request.META.get("CONTENT_LENGTH") or ""
    return length.isdecimal() and int(length[:20]) > LARGEST


def _refused(request: HttpRequest, status: int, reason: str) -> HttpResponse:
    """Log the reason in one line, without anything that the sender wrote."""
    response = HttpResponse(status=status)
    log_response(
        "A webhook's delivery was refused (%s): %s",
        status,
        reason,
        response=response,
        request=request,
        logger=logger,
    )
    return response
