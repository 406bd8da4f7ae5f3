"""AUTO_MIGRATE and AUTO_VALIDATE: migrate or check the schema when a connection is first used for rows.

The result is noted in the cache under a digest of the declared tables, so that the schema is checked once for every
state of the code and not once for every process. One process checks it, the others wait. Nothing is checked under
tests, nor by commands that read and write no rows.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Sequence
from dataclasses import replace
from weakref import WeakSet

from django.core import mail

from ..cache.effects import CacheAdd, CacheDeleteMany, CacheGet, CacheSet
from ..connection import Connection
from ..exceptions import CacheUnavailable, SchemaError
from ..registry import registry
from ..sansio import Operation, Sleep
from ..tables import Row
from .autodetector import compare
from .declared import declared_table, relationship_ends, tables_named
from .executor import migrate
from .introspection import read_tables
from .plan import WARNING, MigrationOptions

logger = logging.getLogger("django_appwrite_orm.schema")

# Seconds: a schema is checked again after a day. A check may take a minute before another process starts one too;
# that is safe, because migrations may run at the same time.
_TTL = 86_400
_LOCK_TTL = 60
_PAUSE = 0.1

_ready: WeakSet[Connection] = WeakSet()


def under_tests() -> bool:
    """Whether Django's test environment is set up (Django itself recognizes it by the mailbox)."""
    return hasattr(mail, "outbox")


def ready(connection: Connection) -> Operation[None]:
    """Migrate or validate the tables of `connection` if its settings say so and no process has done it yet.

    Raises `SchemaError` with every difference, at this use and at the next ones until the difference is gone.
    """
    settings = connection.settings
    if connection in _ready or under_tests():
        return
    tables = tables_named([], settings.alias)
    key = _key(connection, tables)
    try:
        yield from _check_once(connection, tables, key)
    except CacheUnavailable:
        yield from _check(connection, tables)
    _ready.add(connection)


def _check_once(connection: Connection, tables: Sequence[type[Row]], key: str) -> Operation[None]:
    """Check the schema unless a process has done so; while one does, wait. Raises `CacheUnavailable`."""
    lock, owner = f"{key}:lock", secrets.token_hex(8)
    while (yield from CacheGet(connection.store, key)) is None:
        if (yield from CacheAdd(connection.store, lock, owner, _LOCK_TTL)):
            try:
                yield from _check(connection, tables)
                yield from CacheSet(connection.store, key, "right", _TTL)
            finally:
                yield from CacheDeleteMany(connection.store, [lock])
            return
        yield Sleep(_PAUSE)


def _check(connection: Connection, tables: Sequence[type[Row]]) -> Operation[None]:
    if connection.settings.auto_migrate:
        yield from migrate(tables, connection.settings.alias, _log)
        return
    existing = yield from read_tables(connection)
    if existing is None:
        raise SchemaError(f"There is no database {connection.settings.database_id!r}. Run migrate_appwrite.")
    declared = [declared_table(table) for table in tables]
    ends = relationship_ends((*registry.all(), *tables))
    plan = compare(connection.settings.database_id, declared, existing, MigrationOptions(), ends=ends)
    for warning in plan.warnings:
        _log(f"{WARNING}{warning}")
    if not plan.is_empty:
        lines = "\n".join(f"- {line}" for line in (*plan.waits, *map(str, plan.changes), *plan.obstacles))
        raise SchemaError(f"The database differs from the declared tables. Run migrate_appwrite. To do:\n{lines}")


def _log(line: str) -> None:
    logger.log(logging.WARNING if line.startswith(WARNING) else logging.INFO, "%s", line)


def _key(connection: Connection, tables: Sequence[type[Row]]) -> str:
    states = (declared_table(table).state for table in tables)
    # The order of a set differs between processes.
    texts = sorted(f"{sorted(state.permissions)} {replace(state, permissions=frozenset())!r}" for state in states)
    digest = hashlib.blake2b("\n".join(texts).encode(), digest_size=16).hexdigest()
    return connection.keys.entry(f"schema {connection.settings.database_id} {digest}")
