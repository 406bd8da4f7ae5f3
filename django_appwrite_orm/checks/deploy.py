"""What `check --deploy` asks Appwrite and the caches: reachable, the key enough, the schema in step."""

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

# Differences that are named; more are counted.
_NAMED = 5


def server_problems() -> Iterator[CheckMessage]:
    """For each connection whose settings are right. What a broken one would only repeat is not asked."""
    asked = set[str]()
    for alias in configured():
        if not list(problems(alias)):
            found = health_problems(alias)
            parts = {part_of(problem) for problem in found}
            cache = connections[alias].settings.cache.alias
            if cache not in asked and "cache" not in parts:
                asked.add(cache)
                yield from eviction_problems(cache)
            yield from (_of(alias, problem) for problem in found)
            if parts <= {"cache"}:
                yield from _key_problems(alias)
                yield from _schema_problems(alias)


def _of(alias: str, problem: CheckMessage) -> CheckMessage:
    """The problem, with the connection that has it in its text."""
    problem.msg = f"APPWRITE_ORM[{alias!r}]: {problem.msg}"
    return problem


def _key_problems(alias: str) -> Iterator[CheckMessage]:
    """Whether the key may write: an update of a row that is not there is refused for one reason or the other."""
    connection = connections[alias]
    for table in tables_named([], alias)[:1]:
        row = table._meta.ref(connection.settings.database_id).row(secrets.token_hex(16))
        try:
            run_sync(connection.send(Request("PATCH", row, body={"data": dict.fromkeys(table._meta.by_key)})))
        except PermissionDenied as error:
            yield _of(alias, health_problem("key", f"the key may not write rows: {error}"))
        except AppwriteError:
            pass  # it is not there, which is what was expected


def _schema_problems(alias: str) -> Iterator[CheckMessage]:
    if not (tables := tables_named([], alias)):
        return
    try:
        todo = run_sync(plan(tables, alias))
    except PermissionDenied as error:
        hint = "Give API_KEY the scopes databases.read and tables.read, or check with a key that has them."
        yield Warning(
            f"APPWRITE_ORM[{alias!r}]: the schema could not be compared: {error}", hint=hint, id="appwrite_orm.W040"
        )
    except (AppwriteError, SchemaError) as error:
        yield _of(alias, health_problem("schema", str(error)))
    else:
        for warning in todo.warnings:
            hint = "Follow one of the three ways, or silence this warning where no rows are created from here."
            yield Warning(f"APPWRITE_ORM[{alias!r}]: {warning}", hint=hint, id="appwrite_orm.W043")
        differences = [*map(str, todo.changes), *todo.waits, *todo.obstacles]
        if differences:
            more = f" and {len(differences) - _NAMED} more" if len(differences) > _NAMED else ""
            message = f"the schema is not in step: {'; '.join(differences[:_NAMED])}{more}"
            yield _of(alias, health_problem("schema", message))
