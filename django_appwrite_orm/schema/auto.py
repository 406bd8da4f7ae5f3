"""AUTO_MIGRATE and AUTO_VALIDATE: a schema that is looked after when a connection is first used for rows.

What was found to be right is noted in the cache under a digest of the declared tables, so that it is asked once
for every state of the code and not once for every process. One process looks, the others wait for it. Nothing
is asked under tests, nor by commands that touch no rows.
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

# Seconds: what was right is asked again after a day; who looks has a minute before another one may look too,
# which does no harm, for two migrations at once do none.
_LIFE = 86_400
_LOCK_LIFE = 60
_PAUSE = 0.1

_ready: WeakSet[Connection] = WeakSet()


def under_tests() -> bool:
    """Whether Django's test environment is set up (its mailbox is the sign that Django itself goes by)."""
    return hasattr(mail, "outbox")


def ready(connection: Connection) -> Operation[None]:
    """Migrate or validate the tables of `connection` if its settings say so and nobody has done it yet.

    Raises `SchemaError` with every difference that there is, at this use and the next ones until it is gone.
    """
    settings = connection.settings
    if connection in _ready or under_tests():
        return
    tables = tables_named([], settings.alias)
    note = _key(connection, tables)
    try:
        yield from _look_once(connection, tables, note)
    except CacheUnavailable:
        yield from _look(connection, tables)
    _ready.add(connection)


def _look_once(connection: Connection, tables: Sequence[type[Row]], note: str) -> Operation[None]:
    """Look at the schema unless somebody has; while somebody does, wait. Raises `CacheUnavailable`."""
    lock, owner = f"{note}:lock", secrets.token_hex(8)
    while (yield from CacheGet(connection.store, note)) is None:
        if (yield from CacheAdd(connection.store, lock, owner, _LOCK_LIFE)):
            try:
                yield from _look(connection, tables)
                yield from CacheSet(connection.store, note, "right", _LIFE)
            finally:
                yield from CacheDeleteMany(connection.store, [lock])
            return
        yield Sleep(_PAUSE)


def _look(connection: Connection, tables: Sequence[type[Row]]) -> Operation[None]:
    if connection.settings.auto_migrate:
        yield from migrate(tables, connection.settings.alias, _log)
        return
    found = yield from read_tables(connection)
    if found is None:
        raise SchemaError(f"There is no database {connection.settings.database_id!r}. Run migrate_appwrite.")
    declared = [declared_table(table) for table in tables]
    ends = relationship_ends((*registry.all(), *tables))
    plan = compare(connection.settings.database_id, declared, found, MigrationOptions(), ends=ends)
    for warning in plan.warnings:
        _log(f"{WARNING}{warning}")
    if not plan.is_empty:
        lines = "\n".join(f"- {line}" for line in (*plan.waits, *map(str, plan.changes), *plan.obstacles))
        raise SchemaError(f"The database is not what the tables declare. Run migrate_appwrite. To do:\n{lines}")


def _log(line: str) -> None:
    logger.log(logging.WARNING if line.startswith(WARNING) else logging.INFO, "%s", line)


def _key(connection: Connection, tables: Sequence[type[Row]]) -> str:
    states = (declared_table(table).state for table in tables)
    # A set has another order in every process.
    texts = sorted(f"{sorted(state.permissions)} {replace(state, permissions=frozenset())!r}" for state in states)
    digest = hashlib.blake2b("\n".join(texts).encode(), digest_size=16).hexdigest()
    return connection.keys.envelope(f"schema {connection.settings.database_id} {digest}")
