"""Whether what the site rests on works: for load balancers, and for `check --deploy`."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from ..cache.backend import CacheCall
from ..connection import Connection, connections
from ..exceptions import AppwriteError, CacheUnavailable, NotFound, PermissionDenied
from ..plans import ListRows
from ..sansio import Operation, run_sync
from ..schema import tables_named
from ..transport import UNMADE

logger = logging.getLogger("django_appwrite_orm.web")

# Seconds that the cache is asked to keep what is tried on it.
_TRIAL = 10


class HealthProblem(NamedTuple):
    """`part` is "appwrite" (no answer, or none it should give), "key", "schema" or "cache"."""

    part: str
    message: str


@require_safe
def appwrite_health(request: HttpRequest) -> HttpResponse:
    """200 when every connection's Appwrite answers its key and every shared cache keeps a value, else 503.

    The answer names the parts that fail, and the log (ERROR, `django_appwrite_orm.web`) says why. One read of
    one row per connection: `path("health/", appwrite_health)`.
    """
    failing = {alias: [trouble.part for trouble in _logged(alias)] for alias in connections.aliases()}
    healthy = not any(failing.values())
    body = {"status": "ok" if healthy else "failing", "connections": {a: parts or "ok" for a, parts in failing.items()}}
    return JsonResponse(body, status=200 if healthy else 503, headers={"Cache-Control": "no-store"})


def _logged(alias: str) -> Iterator[HealthProblem]:
    for trouble in troubles(alias):
        logger.error("Health of %r: %s", alias, trouble.message)
        yield trouble


def troubles(alias: str) -> list[HealthProblem]:
    """What does not work of the connection `alias`, tried now."""
    connection = connections[alias]
    found = (run_sync(_appwrite(connection)), run_sync(_cache(connection)))
    return [trouble for trouble in found if trouble is not None]


def _appwrite(connection: Connection) -> Operation[HealthProblem | None]:
    """One row of the first table is read, past the cache; without tables, the version."""
    tables = tables_named([], connection.settings.alias)
    try:
        if tables:
            ref = tables[0]._meta.ref(connection.settings.database_id)
            yield from connection.follow(ListRows(ref, limit=1).fetch())
        else:
            yield from connection.ask_version()
    except NotFound as error:
        # A wrong PROJECT_ID or path in ENDPOINT is a 404 as well, and no migration mends it.
        return HealthProblem("schema" if error.type in UNMADE else "appwrite", str(error))
    except PermissionDenied as error:
        return HealthProblem("key", str(error))
    except AppwriteError as error:
        return HealthProblem("appwrite", str(error))
    return None


def _cache(connection: Connection) -> Operation[HealthProblem | None]:
    """A value is written and read. One of this process alone cannot be away."""
    if not connection.store.shared:
        return None
    key, value = f"{connection.settings.cache.prefix}:health:{secrets.token_hex(8)}", secrets.token_hex(8)
    name = connection.settings.cache.alias
    try:
        yield CacheCall(connection.store, "set", (key, value, _TRIAL))
        kept = yield CacheCall(connection.store, "get_many", ([key],))
    except CacheUnavailable as error:
        return HealthProblem("cache", str(error))
    return (
        None if kept.get(key) == value else HealthProblem("cache", f"The cache {name!r} does not keep what is written.")
    )
