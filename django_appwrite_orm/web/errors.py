"""The response when Appwrite is unavailable: 503 with a sentence, and with DEBUG the reason."""

from __future__ import annotations

import logging
from math import ceil

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import TemplateDoesNotExist, loader
from django.utils.html import escape
from django.utils.log import log_response
from django.utils.translation import get_language, get_language_bidi, gettext_noop
from django.utils.translation import gettext as _

from ..exceptions import RateLimited, Unavailable

logger = logging.getLogger("django_appwrite_orm.web")

MESSAGE = gettext_noop("The data of this site cannot be reached at the moment. Please try again soon.")
# Seconds to wait after a 429 that does not name them: Appwrite counts requests by the minute.
RATE_WINDOW = 60
# Seconds to wait for a server that cannot be reached.
OUTAGE = 10
# A site with a template of this name shows it as the page, as Django does with 404.html.
TEMPLATE = "503.html"

_PAGE = """<!doctype html>
<html lang="{language}" dir="{direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
</head>
<body><h1>{title}</h1><p>{message}</p>{note}</body>
</html>
"""


_DEBUG_NOTE = "<p>The reason is shown because DEBUG is on.</p>"


def unavailable_response(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """Return a 503 if Appwrite is unreachable, too slow or asks to wait (429); None for any other error.

    It is JSON for clients that prefer it to HTML, otherwise the site's template 503.html, or a plain page without one.
    The reason, which names servers, is shown with DEBUG only. The log line has it too; Django's own line would not.
    """
    if not isinstance(error, (Unavailable, RateLimited)):
        return None
    reason = f"{type(error).__name__}: {error}"
    response: HttpResponse
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        response = JsonResponse({"error": _(MESSAGE), **({"reason": reason} if settings.DEBUG else {})}, status=503)
    else:
        response = HttpResponse(_page(request, reason if settings.DEBUG else ""), status=503)
    response["Cache-Control"] = "no-store"
    response["Retry-After"] = str(_seconds_to_wait(error))
    log_response(
        "%s answered with 503: %s", request.path, str(error), response=response, request=request, logger=logger
    )
    return response


def _seconds_to_wait(error: Exception) -> int:
    if not isinstance(error, RateLimited):
        return OUTAGE
    return RATE_WINDOW if error.retry_after is None else ceil(error.retry_after)


def _page(request: HttpRequest, reason: str) -> str:
    """Render the site's template; a plain page if there is none, or if it needs what cannot be read."""
    try:
        return loader.render_to_string(TEMPLATE, {"message": _(MESSAGE), "reason": reason}, request)
    except TemplateDoesNotExist:
        pass
    except Exception:
        logger.exception("%s could not be rendered.", TEMPLATE)
    is_translated = _(MESSAGE) != MESSAGE
    return _PAGE.format(
        language=get_language() if is_translated else "en",
        direction="rtl" if is_translated and get_language_bidi() else "ltr",
        title=escape(_("Temporarily unavailable")),
        message=escape(_(MESSAGE)),
        note=f"<pre>{escape(reason)}</pre>{_DEBUG_NOTE}" if reason else "",
    )
