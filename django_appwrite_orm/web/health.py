"""Health of the servers and caches that the site needs: for load balancers, and for `check --deploy`."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator

from django.core.checks import CheckMessage, Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from ..cache.effects import CacheGetMany, CacheSet
from ..connection import Connection, connections
from ..exceptions import AppwriteError, CacheUnavailable, NotFound, PermissionDenied
from ..plans import ListRows
from ..registry import registry
from ..sansio import Operation, run_sync
from ..tables import Row
from ..transport import UNMADE

logger = logging.getLogger("django_appwrite_orm.web")

# Seconds until the trial value expires.
_TRIAL = 10


# The parts that may fail, each with the id and hint of `check --deploy`. "appwrite": no response, or a wrong one.
_PARTS = {
    "appwrite": ("appwrite_orm.E040", "Start it, or correct ENDPOINT, PROJECT_ID and DATABASE_ID."),
    "key": ("appwrite_orm.E041", "Give API_KEY the scopes rows.read and rows.write, or copy it again."),
    "schema": ("appwrite_orm.E042", "Run manage.py migrate for models, manage.py migrate_appwrite for tables."),
    "cache": (
        "appwrite_orm.E043",
        "Start it, or correct its LOCATION in CACHES. A Redis Cluster (MovedError, CROSSSLOT) needs two more settings:"
        " CONNECTION_FACTORY in OPTIONS, and a PREFIX in braces.",
    ),
}
_PART_OF = {id: part for part, (id, _) in _PARTS.items()}


@require_safe
def appwrite_health(request: HttpRequest) -> HttpResponse:
    """Respond 200 when every Appwrite accepts its key and every shared cache keeps a value, else 503.

    The response names the parts that fail, the log (ERROR, `django_appwrite_orm.web`) the reasons. It costs one read
    of one row per connection: `path("health/", appwrite_health)`.
    """
    failing = {alias: [part_of(problem) for problem in _logged(alias)] for alias in connections.aliases()}
    healthy = not any(failing.values())
    body = {"status": "ok" if healthy else "failing", "connections": {a: parts or "ok" for a, parts in failing.items()}}
    return JsonResponse(body, status=200 if healthy else 503, headers={"Cache-Control": "no-store"})


def health_problem(part: str, message: str) -> Error:
    """Return the system check's message for a `part` that fails."""
    id, hint = _PARTS[part]
    return Error(message, hint=hint, id=id)


def part_of(problem: CheckMessage) -> str:
    """Return the part that fails, from a message of `health_problem()`."""
    return _PART_OF[str(problem.id)]


def a_table(alias: str) -> type[Row] | None:
    """Return a table that the connection has; one of a model where no table is declared; None without any."""
    return next((table for table in registry.every() if table._meta.using in (None, alias)), None)


def _logged(alias: str) -> Iterator[CheckMessage]:
    for problem in health_problems(alias):
        logger.error("Health of %r: %s", alias, problem.msg)
        yield problem


def health_problems(alias: str) -> list[CheckMessage]:
    """Return what does not work of the connection `alias`, tried now."""
    connection = connections[alias]
    results = (run_sync(_appwrite(connection)), run_sync(_cache(connection)))
    return [problem for problem in results if problem is not None]


def _appwrite(connection: Connection) -> Operation[CheckMessage | None]:
    """Read one row of a table, past the cache; without tables, the version."""
    table = a_table(connection.settings.alias)
    try:
        if table is not None:
            ref = table._meta.ref(connection.settings.database_id)
            yield from connection.follow(ListRows(ref, limit=1).fetch())
        else:
            yield from connection.ask_version()
    except NotFound as error:
        # A wrong PROJECT_ID or path in ENDPOINT is a 404 as well, and no migration fixes it.
        return health_problem("schema" if error.type in UNMADE else "appwrite", str(error))
    except PermissionDenied as error:
        return health_problem("key", str(error))
    except AppwriteError as error:
        return health_problem("appwrite", str(error))
    return None


def _cache(connection: Connection) -> Operation[CheckMessage | None]:
    """Write and read a value, unless the cache belongs to this process alone."""
    if not connection.store.shared:
        return None
    key, value = f"{connection.settings.cache.prefix}:health:{secrets.token_hex(8)}", secrets.token_hex(8)
    name = connection.settings.cache.alias
    try:
        yield from CacheSet(connection.store, key, value, _TRIAL)
        values = yield from CacheGetMany(connection.store, [key, f"{key}:2"])  # several, as every read does
    except CacheUnavailable as error:
        return health_problem("cache", str(error))
    if values.get(key) == value:
        return None
    return health_problem("cache", f"The cache {name!r} does not keep what is written.")
