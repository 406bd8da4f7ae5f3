"""The response when Appwrite is unavailable: 503 with a sentence, and with DEBUG the reason."""

from __future__ import annotations

import logging
from math import ceil

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.html import escape
from django.utils.log import log_response

from ..exceptions import RateLimited, Unavailable

logger = logging.getLogger("django_appwrite_orm.web")

MESSAGE = "The data of this site cannot be reached at the moment. Please try again soon."
# Seconds to wait after a 429 that does not name them: Appwrite counts requests by the minute.
RATE_WINDOW = 60

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Temporarily unavailable</title>
</head>
<body><h1>Temporarily unavailable</h1><p>%s</p>%s</body>
</html>
"""


_DEBUG_NOTE = "<p>The reason is shown because DEBUG is on.</p>"


def unavailable_response(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """Return a 503 if Appwrite is unreachable, too slow or asks to wait (429); None for any other error.

    It is JSON for clients that prefer it to HTML. The reason, which names servers, is shown with DEBUG only. The log
    line has it too; Django's own line would not.
    """
    if not isinstance(error, (Unavailable, RateLimited)):
        return None
    reason = f"{type(error).__name__}: {error}"
    response: HttpResponse
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        response = JsonResponse({"error": MESSAGE, **({"reason": reason} if settings.DEBUG else {})}, status=503)
    else:
        details = f"<pre>{escape(reason)}</pre>{_DEBUG_NOTE}" if settings.DEBUG else ""
        response = HttpResponse(_PAGE % (MESSAGE, details), status=503)
    response["Cache-Control"] = "no-store"
    if isinstance(error, RateLimited):
        response["Retry-After"] = str(RATE_WINDOW if error.retry_after is None else ceil(error.retry_after))
    log_response(
        "%s answered with 503: %s", request.path, str(error), response=response, request=request, logger=logger
    )
    return response
