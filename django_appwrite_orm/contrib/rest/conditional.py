"""ETags of views from the tables that they have read, and 304 and 412 before they read anything."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import Any

from django.http import HttpRequest, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException

from ...cache import ReadLog, recording
from ...web.read_etags import etag_of_reads, first_current_etag


class PreconditionFailed(APIException):  # type: ignore[misc]  # DRF has no types
    """The rows are not as the client has read them (412)."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = _("The data was changed after the response that this If-Match is of. Read it again.")
    default_code = "precondition_failed"


class _NotModified(Exception):
    """Ends a view whose response the client has."""


# Base of DRF's views, before the others: their responses to GET have an ETag of the tables that they read. A client
# that sends it in If-None-Match gets a 304 as long as none of these tables has changed and none of the results has
# expired. That costs one round trip to the cache, after authentication, permissions and throttles, and before the view
# reads anything. PUT, PATCH and DELETE with If-Match get a 412 unless it is such a tag.
# There is no docstring: drf-spectacular would describe the views of projects by it.
class ConditionalMixin:  # noqa: D101
    def get_etag_key(self, request: Any) -> str:
        """Return what responses depend on besides tables and the request: the user, with the fields of their row.

        Add what else they show, such as permissions, a feature flag or the session's content.
        """
        user = request.user  # of a session it is a SimpleLazyObject
        fields = getattr(getattr(user, "_meta", None), "concrete_fields", ())
        row = {field.attname: str(getattr(user, field.attname)) for field in fields}
        return json.dumps([user.__class__.__qualname__, str(getattr(user, "pk", user)), row, str(request.auth)])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Respond, and give the response its ETag."""
        with ExitStack() as self._open:
            self._reads: ReadLog | None = None
            response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
            if self._reads is None:  # another method, or refused before the view began
                return response
            if callable(render := getattr(response, "render", None)):
                response = render()  # it may read as well
        if (etag := etag_of_reads(self._reads, request, response, self._etag_key)) is not None:
            response.headers.setdefault("ETag", etag)
            _keep_private(request, response)
        return response

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Check what DRF checks before a view, then what the client has. Raises PreconditionFailed."""
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        if request.method in ("GET", "HEAD"):
            self._etag_key = self.get_etag_key(request)
            sent = request.headers.get("If-None-Match", "")
            if etag := first_current_etag(sent, request._request, self._etag_key):
                raise _NotModified(etag)
            self._reads = self._open.enter_context(recording())
        elif request.method in ("PUT", "PATCH", "DELETE") and (text := request.headers.get("If-Match", "*")) != "*":
            key = self.get_etag_key(request)
            if not first_current_etag(text, request._request, key, at_any_age=True):
                raise PreconditionFailed

    def handle_exception(self, exc: Exception) -> HttpResponseBase:
        """Respond to an error, and with 304 to a client that has the response."""
        if isinstance(exc, _NotModified):
            response = HttpResponseNotModified(headers={"ETag": exc.args[0]})
            _keep_private(self.request, response)  # type: ignore[attr-defined]
            return response
        error: HttpResponseBase = super().handle_exception(exc)  # type: ignore[misc]
        return error


def _keep_private(request: Any, response: HttpResponseBase) -> None:
    """Send no response to shared caches, where AppwriteCacheMiddleware does not see to it."""
    if not hasattr(request, "appwrite_reads") and not response.has_header("Cache-Control"):
        response["Cache-Control"] = "private, no-cache"
