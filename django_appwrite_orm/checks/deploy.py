"""Checks of `check --deploy`: Appwrite and the caches respond, the key suffices, the schema is migrated."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from django.core.checks import CheckMessage, Warning

from ..conf import configured
from ..conf.checks import problems
from ..connection import connections
from ..exceptions import AppwriteError, PermissionDenied, SchemaError
from ..plans import Request
from ..sansio import run_sync
from ..schema import plan, tables_named
from ..web.health import health_problem, health_problems, part_of
from .caches import eviction_problems

# Schema differences listed in the message; further ones are only counted.
_LISTED = 5


def server_problems() -> Iterator[CheckMessage]:
    """Check each connection whose settings have no problem; skip checks that would repeat an earlier failure."""
    checked_caches = set[str]()
    for alias in configured():
        if not list(problems(alias)):
            problems_found = health_problems(alias)
            parts = {part_of(problem) for problem in problems_found}
            cache = connections[alias].settings.cache.alias
            if cache not in checked_caches and "cache" not in parts:
                checked_caches.add(cache)
                yield from eviction_problems(cache)
            yield from (_with_alias(alias, problem) for problem in problems_found)
            if parts <= {"cache"}:
                yield from _key_problems(alias)
                yield from _schema_problems(alias)


def _with_alias(alias: str, problem: CheckMessage) -> CheckMessage:
    """Put the connection's alias before the problem's text."""
    problem.msg = f"APPWRITE_ORM[{alias!r}]: {problem.msg}"
    return problem


def _key_problems(alias: str) -> Iterator[CheckMessage]:
    """Check that the key may write, by an update of a row that does not exist."""
    connection = connections[alias]
    for table in tables_named([], alias)[:1]:
        row = table._meta.ref(connection.settings.database_id).row(secrets.token_hex(16))
        try:
            run_sync(connection.send(Request("PATCH", row, body={"data": dict.fromkeys(table._meta.by_key)})))
        except PermissionDenied as error:
            yield _with_alias(alias, health_problem("key", f"the key may not write rows: {error}"))
        except AppwriteError:
            pass  # the row does not exist, as expected


def _schema_problems(alias: str) -> Iterator[CheckMessage]:
    if not (tables := tables_named([], alias)):
        return
    try:
        migration_plan = run_sync(plan(tables, alias))
    except PermissionDenied as error:
        hint = "Give API_KEY the scopes databases.read and tables.read, or run the check with a key that has them."
        yield Warning(
            f"APPWRITE_ORM[{alias!r}]: the schema could not be compared: {error}", hint=hint, id="appwrite_orm.W040"
        )
    except (AppwriteError, SchemaError) as error:
        yield _with_alias(alias, health_problem("schema", str(error)))
    else:
        for warning in migration_plan.warnings:
            hint = "Choose one of the three options, or silence this warning if this project creates no rows there."
            yield Warning(f"APPWRITE_ORM[{alias!r}]: {warning}", hint=hint, id="appwrite_orm.W043")
        differences = [*map(str, migration_plan.changes), *migration_plan.waits, *migration_plan.obstacles]
        if differences:
            more = f" and {len(differences) - _LISTED} more" if len(differences) > _LISTED else ""
            message = f"the schema differs from the tables: {'; '.join(differences[:_LISTED])}{more}"
            yield _with_alias(alias, health_problem("schema", message))
