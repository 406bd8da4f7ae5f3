"""HTTP caching: an ETag from the versions of tables, Cache-Control and the headers that report reads."""

from __future__ import annotations

import functools
import hashlib
import json
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast
from urllib.parse import quote

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, has_vary_header, set_response_etag
from django.utils.http import parse_etags

from ..cache import ReadLog, ReadResult, Status, note_read
from ..connection import Connection, connections
from ..plans import TableRef
from ..registry import registry
from ..routers import aliases
from ..sansio import run_sync

# Headers that distinguish representations, or persons, without touching the session: Accept, Accept-Language, Cookie
# and Authorization by their names in `request.META`, for `request.headers` makes a mapping of all headers.
_DISTINGUISHING = ("HTTP_ACCEPT", "HTTP_ACCEPT_LANGUAGE", "HTTP_COOKIE", "HTTP_AUTHORIZATION")


def asked_for(request: HttpRequest) -> list[str]:
    """Return what of a request decides on the response: its path, its query and the headers that distinguish."""
    meta = request.META
    return [request.path, meta.get("QUERY_STRING", ""), *[meta.get(name, "") for name in _DISTINGUISHING]]


def table_etag(
    *names: str, ttl: float | None = None, by: Callable[[HttpRequest], str] | None = None, using: str | None = None
) -> Callable[..., str | None]:
    """Return an `etag_func` for `django.views.decorators.http.condition`, for a view that shows these tables only.

    The tag changes when one of the tables changes, and every `ttl` seconds at the latest (by default the TTL of the
    connection). So a change that was not reported is not hidden for longer. A 304 costs one round trip to the
    cache, without running the view or reading Appwrite. There is no tag, and the view runs, while a table has not been
    read since its last change. Nor does a response get one while a table is being written.

    Requests with different cookies, Authorization, Accept or Accept-Language have different tags. A view that
    shows more than tables and these, such as the content of a session, must name it. `by` takes the request and
    returns a text. Raises ValueError when no table is named, `ConfigurationError` at the first
    request for one that is not registered.
    """
    if not names:
        raise ValueError("table_etag: name at least one table.")

    def etag(request: HttpRequest, *args: Any, **kwargs: Any) -> str | None:
        tables = [registry.find(name) for name in names]
        alias, *others = dict.fromkeys(using or aliases[table] for table in tables)
        connection = connections[alias]
        if others:
            raise ValueError(f"table_etag: {', '.join(names)} are not on one connection; name it with using=.")
        period_length = ttl if ttl is not None else connection.settings.cache.policy.ttl
        refs = [table._meta.ref(connection.settings.database_id) for table in tables]
        theirs = [tag.removeprefix("W/") for tag in parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))]
        started = time.perf_counter()
        tokens = _versions(connection, refs, unfenced=not theirs)
        if tokens is None or period_length <= 0:
            return None
        period = time.time() // period_length
        parts = [tokens, period, asked_for(request), by(request) if by else ""]
        tag = f'"{hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()}"'
        # A client that sends it has what was read under these tokens, as an entry would be: then fences do not matter.
        # Otherwise the view runs, and what it reads gets the tag.
        if theirs and tag not in theirs and _versions(connection, refs, unfenced=True) != tokens:
            return None
        if tag not in theirs and connection.store.memory.trust:
            # What this process trusts unseen may be older than the tokens: the view must look.
            connection.store.ledger.touch(connection.table_keys(ref).token for ref in refs)
        seconds = time.perf_counter() - started
        for table, ref, token in zip(tables, refs, tokens, strict=True):
            result = ReadResult(None, Status.HIT, expires=(period + 1) * period_length, versions=(token,))
            note_read([table._meta.name], result, seconds, [(alias, ref)])
            seconds = 0  # one look-up for all of them
        return tag

    return etag


def _versions(connection: Connection, refs: Sequence[TableRef], *, unfenced: bool) -> tuple[str, ...] | None:
    # Django calls an `etag_func` on the event loop for an asynchronous view; it waits for the cache alone.
    return run_sync(connection.versions(refs, unfenced=unfenced), even_on_event_loop=True)


# docs/reference/headers.md is generated from these comments.

# `HIT`: everything the view read came from the cache. `MISS`: something came from Appwrite. `STALE`: a policy allowed
# an expired entry. `BYPASS`: something was read without the cache. The worst of all reads counts.
STATUS_HEADER = "X-Cache-Status"
# The names of the tables in the order of their first read, such as `products, countries`. Commas in a name are
# percent-encoded.
TABLE_HEADER = "X-Cache-Table"
# The status as RFC 9211 defines it: `django-appwrite-orm; hit; ttl=240`, `; fwd=miss`, `; fwd=bypass`. A stale result
# is a hit with a negative `ttl`.
STANDARD_HEADER = "Cache-Status"
# `appwrite;desc="3 reads";dur=1.2`: the milliseconds that reads took together, hits included. Browsers show it beside
# the request.
TIMING_HEADER = "Server-Timing"


def finish(
    request: HttpRequest, response: HttpResponseBase, record: ReadLog, *, details: bool = True
) -> HttpResponseBase:
    """Return the response with its headers, or a 304 for a client that has it already.

    Without `details` no header names a table, or the number and time of reads. A response that used no table is left
    alone, unless its view has `cache_publicly`; so is a Cache-Control that the view has set.
    """
    max_age = public_max_age(request, response, record.expires)
    if not record.tables and max_age is None:
        return response
    if not response.has_header("Cache-Control"):
        response["Cache-Control"] = f"public, max-age={max_age}" if max_age else "private, no-cache"
    worst = record.worst
    if record.tables and worst is Status.STALE:
        del response["ETag"]  # `table_etag` made it of what the tables are now, and this is what they were
    if can_have_etag(request, response):
        if not response.has_header("ETag"):
            set_response_etag(response)
        response = get_conditional_response(request, response["ETag"], None, cast(HttpResponse, response)) or response
    if record.tables:
        response[STATUS_HEADER] = worst.name
        _append(response, STANDARD_HEADER, _cache_status(worst, record.expires))
    if record.tables and details:
        # A table's name is free text and the comma separates: what a header cannot hold is percent-encoded.
        response[TABLE_HEADER] = ", ".join(quote(name, safe=" ") for name in record.tables)
        _append(response, TIMING_HEADER, f'appwrite;desc="{record.reads} reads";dur={record.seconds * 1000:.1f}')
    return response


def _append(response: HttpResponseBase, name: str, value: str) -> None:
    """Add to a header that is a list, to which others may have added."""
    response[name] = f"{response[name]}, {value}" if response.has_header(name) else value


def _cache_status(worst: Status, expires: float) -> str:
    """Return the status in the form of RFC 9211.

    For a hit, how long it may still be used (negative for a stale one); else why Appwrite was read.
    """
    if worst is Status.HIT:
        return f"django-appwrite-orm; hit; ttl={int(expires - time.time())}"
    if worst is Status.STALE:
        return "django-appwrite-orm; hit; ttl=-1; detail=stale"
    return f"django-appwrite-orm; fwd={'bypass' if worst is Status.BYPASS else 'miss'}"


def can_have_etag(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether the whole body is there and may be stored. A HEAD without one does not show the GET's."""
    if request.method not in ("GET", "HEAD") or response.status_code != 200 or response.streaming:
        return False
    return "no-store" not in response.get("Cache-Control", "").lower() and bool(cast(HttpResponse, response).content)


View = TypeVar("View", bound=Callable[..., Any])

_MAX_AGE = "_appwrite_public_max_age"


def cache_publicly(*, max_age: int) -> Callable[[View], View]:
    """Let browsers and shared caches keep a view's responses for up to `max_age` seconds.

    For synchronous and asynchronous views; on a class use Django's `method_decorator`. During that time
    clients do not request it again and so do not see changes. The middleware grants less than `max_age` where
    the oldest entry used has less left. It grants nothing (see `public_max_age`) for a response that may be personal.
    Raises ValueError for a `max_age` that is not a whole number above 0.
    """
    if isinstance(max_age, bool) or not isinstance(max_age, int) or max_age < 1:
        raise ValueError(f"cache_publicly: max_age must be a whole number of seconds, 1 or more, not {max_age!r}.")

    def decorate(view: View) -> View:
        @functools.wraps(view)
        async def asynchronous(*args: Any, **kwargs: Any) -> Any:
            response = await view(*args, **kwargs)
            setattr(response, _MAX_AGE, max_age)
            return response

        @functools.wraps(view)
        def synchronous(*args: Any, **kwargs: Any) -> Any:
            response = view(*args, **kwargs)
            setattr(response, _MAX_AGE, max_age)
            return response

        return asynchronous if iscoroutinefunction(view) else synchronous  # type: ignore[return-value]

    return decorate


def public_max_age(request: HttpRequest, response: HttpResponseBase, expires: float) -> int | None:
    """Return the seconds for which shared caches may keep this response; 0: not at all; None: without `cache_publicly`.

    `expires` (epoch seconds) is when the first cached result in it expires. They must not keep what is not the plain
    response to a GET or HEAD, what continues to read while it streams, and what may be personal: it sets a cookie or
    varies by one, the request had an Authorization header, the session was accessed, or a cookie may have chosen the
    language.
    """
    max_age: int | None = getattr(response, _MAX_AGE, None)
    if max_age is None:
        return None
    plain = request.method in ("GET", "HEAD") and response.status_code == 200 and not response.streaming
    if not plain or _may_be_personal(request, response):
        return 0
    return max(int(min(max_age, expires - time.time())), 0)


def _may_be_personal(request: HttpRequest, response: HttpResponseBase) -> bool:
    session = getattr(request, "session", None)
    return (
        bool(response.cookies)
        or response.has_header("Set-Cookie")
        or "Authorization" in request.headers
        # Django's LocaleMiddleware obeys this cookie, and names only Accept-Language in Vary.
        or (settings.USE_I18N and settings.LANGUAGE_COOKIE_NAME in request.COOKIES)
        or getattr(session, "accessed", False)
        or getattr(session, "modified", False)
        or any(has_vary_header(response, name) for name in ("Cookie", "Authorization", "*"))
    )
