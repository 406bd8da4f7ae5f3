"""Checks of `check --deploy`: Appwrite and the caches respond, the key suffices, the schema is migrated."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from django.core.checks import CheckMessage, Warning
from django.db import DatabaseError, router
from django.db import connections as databases
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from ..backend.model_table import databases_of, possible_tables_of_models, tables_of_models
from ..conf import configured
from ..conf.checks import problems
from ..connection import connections
from ..exceptions import AppwriteError, PermissionDenied, SchemaError
from ..plans import Request
from ..sansio import run_sync
from ..schema import plan, tables_named
from ..web.health import a_table, health_problem, health_problems, part_of
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
    if (table := a_table(alias)) is not None:
        row = table._meta.ref(connection.settings.database_id).row(secrets.token_hex(16))
        try:
            run_sync(connection.send(Request("PATCH", row, body={"data": dict.fromkeys(table._meta.by_key)})))
        except PermissionDenied as error:
            yield _with_alias(alias, health_problem("key", f"the key may not write rows: {error}"))
        except AppwriteError:
            pass  # the row does not exist, as expected


def _schema_problems(alias: str) -> Iterator[CheckMessage]:
    try:
        yield from _differences(alias)
        yield from _unapplied_migrations(alias)
    except PermissionDenied as error:
        hint = "Give API_KEY the scope tables.read, or run the check with a key that has it."
        yield Warning(
            f"APPWRITE_ORM[{alias!r}]: the schema could not be compared: {error}", hint=hint, id="appwrite_orm.W040"
        )
    except (AppwriteError, SchemaError) as error:
        yield _with_alias(alias, health_problem("schema", str(error)))


def _differences(alias: str) -> Iterator[CheckMessage]:
    """Compare the tables on the server with those that are declared; raise what the server refuses."""
    if not (tables := tables_named([], alias)):
        return
    migration_plan = run_sync(plan(tables, alias))
    for warning in migration_plan.warnings:
        hint = "Choose one of the three options, or silence this warning if this project creates no rows there."
        yield Warning(f"APPWRITE_ORM[{alias!r}]: {warning}", hint=hint, id="appwrite_orm.W043")
    differences = [*map(str, migration_plan.changes), *migration_plan.waits, *migration_plan.obstacles]
    if differences:
        message = f"the schema differs from the tables: {_listed(differences)}"
        yield _with_alias(alias, health_problem("schema", message))


def _unapplied_migrations(alias: str) -> Iterator[CheckMessage]:
    """Look for migrations of the models on this connection that `migrate` has not applied."""
    on_disk = {app for app, _ in MigrationLoader(None).disk_migrations}
    apps = {(name, app) for name, app in _migrated_apps(alias) if app in on_disk}
    for name in sorted({name for name, _ in apps}):
        try:
            executor = MigrationExecutor(databases[name])
            targets = [node for node in executor.loader.graph.leaf_nodes() if (name, node[0]) in apps]
            missing = [str(migration) for migration, _ in executor.migration_plan(targets)]
        except DatabaseError as error:
            if isinstance(error.__cause__, AppwriteError):
                raise error.__cause__ from None
            raise
        if missing:
            message = f"migrations of the database {name!r} are not applied: {_listed(missing)}"
            yield _with_alias(alias, health_problem("schema", message))


def _migrated_apps(alias: str) -> Iterator[tuple[str, str]]:
    """Yield the databases that have models on this connection, each with the label of an app."""
    for table in tables_of_models():
        if table._meta.using == alias and table._model._meta.managed:
            yield router.db_for_write(table._model), table._model._meta.app_label
    for table in possible_tables_of_models():
        model = table._model
        # Where it is now it cannot be: its router needs a request to choose a database.
        if model._meta.managed and not router.allow_migrate_model(router.db_for_write(model), model):
            yield from ((name, model._meta.app_label) for name in databases_of(model, alias))


def _listed(items: list[str]) -> str:
    more = f" and {len(items) - _LISTED} more" if len(items) > _LISTED else ""
    return f"{'; '.join(items[:_LISTED])}{more}"
