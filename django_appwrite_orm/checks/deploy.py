"""What `check --deploy` asks Appwrite and the caches: reachable, the key enough, the schema in step."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from ..conf import configured, problems
from ..connection import connections
from ..exceptions import AppwriteError, PermissionDenied, SchemaError
from ..plans import Request
from ..sansio import run_sync
from ..schema import plan, tables_named
from ..web.health import troubles
from .caches import eviction_problems
from .finding import Finding

# Each part that may fail, with its id and what to do.
_IDS = {
    "appwrite": ("E040", "Start it, or correct ENDPOINT, PROJECT_ID and DATABASE_ID."),
    "key": ("E041", "Give API_KEY the scopes rows.read and rows.write, or copy it again."),
    "schema": ("E042", "Run manage.py migrate_appwrite."),
    "cache": ("E043", "Start it, or correct its LOCATION in CACHES."),
}
# Differences that are named; more are counted.
_NAMED = 5


def server_problems() -> Iterator[Finding]:
    """For each connection whose settings are right. What a broken one would only repeat is not asked."""
    asked = set[str]()
    for alias in configured():
        if not list(problems(alias)):
            found = troubles(alias)
            cache = connections[alias].settings.cache.alias
            if cache not in asked and all(trouble.part != "cache" for trouble in found):
                asked.add(cache)
                yield from eviction_problems(cache)
            for trouble in found:
                yield _finding(alias, trouble.part, trouble.message)
            if all(trouble.part == "cache" for trouble in found):
                yield from _key_problems(alias)
                yield from _schema_problems(alias)


def _finding(alias: str, part: str, message: str) -> Finding:
    id, hint = _IDS[part]
    return Finding(id, f"APPWRITE_ORM[{alias!r}]: {message}", hint)


def _key_problems(alias: str) -> Iterator[Finding]:
    """Whether the key may write: an update of a row that is not there is refused for one reason or the other."""
    connection = connections[alias]
    for table in tables_named([], alias)[:1]:
        row = table._meta.ref(connection.settings.database_id).row(secrets.token_hex(16))
        try:
            run_sync(connection.send(Request("PATCH", row, body={"data": dict.fromkeys(table._meta.by_key)})))
        except PermissionDenied as error:
            yield _finding(alias, "key", f"the key may not write rows: {error}")
        except AppwriteError:
            pass  # it is not there, which is what was expected


def _schema_problems(alias: str) -> Iterator[Finding]:
    if not (tables := tables_named([], alias)):
        return
    try:
        todo = run_sync(plan(tables, alias))
    except PermissionDenied as error:
        hint = "Give API_KEY the scopes databases.read and tables.read, or check with a key that has them."
        yield Finding("W040", f"APPWRITE_ORM[{alias!r}]: the schema could not be compared: {error}", hint)
    except (AppwriteError, SchemaError) as error:
        yield _finding(alias, "schema", str(error))
    else:
        for warning in todo.warnings:
            hint = "Follow one of the three ways, or silence this warning where no rows are created from here."
            yield Finding("W043", f"APPWRITE_ORM[{alias!r}]: {warning}", hint)
        differences = [*map(str, todo.changes), *todo.waits, *todo.obstacles]
        if differences:
            more = f" and {len(differences) - _NAMED} more" if len(differences) > _NAMED else ""
            yield _finding(alias, "schema", f"the schema is not in step: {'; '.join(differences[:_NAMED])}{more}")
