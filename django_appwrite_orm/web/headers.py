"""From the record of what a request read to the headers of its response."""

from __future__ import annotations

import time
from typing import cast
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, set_response_etag

from ..caching import ReadRecord, Status
from .public import public_max_age

STATUS_HEADER = "X-Cache-Status"
TABLE_HEADER = "X-Cache-Table"


def finish(
    request: HttpRequest, response: HttpResponseBase, record: ReadRecord, *, details: bool = True
) -> HttpResponseBase:
    """The response with its headers, or a 304 for a client that has it already.

    Without `details` nothing in it names a table, or says how many reads there were and how long they took. A response
    that rests on no table is left alone, unless its view asked for `cache_publicly`; so is a Cache-Control that the
    view has set.
    """
    max_age = public_max_age(request, response, record.expires)
    if not record.tables and max_age is None:
        return response
    if not response.has_header("Cache-Control"):
        response["Cache-Control"] = f"public, max-age={max_age}" if max_age else "private, no-cache"
    if record.tables and record.worst is Status.STALE:
        del response["ETag"]  # `table_etag` made it of what the tables are now, and this is what they were
    if _can_have_etag(request, response):
        if not response.has_header("ETag"):
            set_response_etag(response)
        response = get_conditional_response(request, response["ETag"], None, cast(HttpResponse, response)) or response
    if record.tables:
        response[STATUS_HEADER] = record.worst.name
        _append(response, "Cache-Status", _cache_status(record))
    if record.tables and details:
        # A table's name is free text and the comma separates: what a header cannot hold is percent-encoded.
        response[TABLE_HEADER] = ", ".join(quote(name, safe=" ") for name in record.tables)
        _append(response, "Server-Timing", f'appwrite;desc="{record.reads} reads";dur={record.seconds * 1000:.1f}')
    return response


def _append(response: HttpResponseBase, name: str, value: str) -> None:
    """Add to a header that is a list, to which others may have added."""
    response[name] = f"{response[name]}, {value}" if response.has_header(name) else value


def _cache_status(record: ReadRecord) -> str:
    """The same for machines that know RFC 9211: whether the answer was found, how long it may still be used
    (negative for one that is past it), or why Appwrite was asked."""
    if record.worst is Status.HIT:
        return f"django-appwrite-orm; hit; ttl={int(record.expires - time.time())}"
    if record.worst is Status.STALE:
        return "django-appwrite-orm; hit; ttl=-1; detail=stale"
    return f"django-appwrite-orm; fwd={'bypass' if record.worst is Status.BYPASS else 'miss'}"


def _can_have_etag(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether the whole body is at hand and may be kept. A HEAD answered without one says nothing of the GET's."""
    if request.method not in ("GET", "HEAD") or response.status_code != 200 or response.streaming:
        return False
    return "no-store" not in response["Cache-Control"].lower() and bool(cast(HttpResponse, response).content)
