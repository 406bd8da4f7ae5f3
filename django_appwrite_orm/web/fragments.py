"""Fragments of pages that are cached until one of their tables changes.

A fragment is stored under the tokens under which the request has read its tables, inside it and before it, and dropped
as soon as one of them changes. It is not stored where they are not known, as for rows that were read past the cache, as
a user or while a table was written, and where there were several of one table. Nor is a stored one shown inside
`as_user()`, or where the request has read one of the tables as a user: it may have the rows of the API key.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..backend.identity import is_any_identity_open
from ..cache import ReadLog, ReadResult, Status, note_read, recording, request_log
from ..cache.effects import CacheGet, CacheSet
from ..connection import connections
from ..exceptions import CacheUnavailable
from ..plans import TableRef
from ..registry import registry
from ..routers import aliases
from ..sansio import run_sync
from ..tables import Row
from ..transactions import current

if TYPE_CHECKING:
    from ..connection import Connection

# The version of what is stored.
_FORMAT = 1


class FragmentError(ValueError):
    """A fragment cannot be cached as it is declared."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A fragment by its name, for the values of `vary_on`, which show the same texts wherever they are the same.

    `tables` are names, ids or labels of tables and models, all that it shows rows of. `ttl` is in seconds; None for
    that of the first table's connection. `engine` is the template engine. Raises `ConfigurationError` for an unknown
    table, when it is rendered.
    """

    name: str
    tables: Sequence[str]
    vary_on: Sequence[Any] = ()
    ttl: float | None = None
    engine: str = "django"

    def render(self, body: Callable[[], str]) -> str:
        """Return the stored text if it is current, else that of `body`.

        Raises FragmentError where the body reads a table that is not named. Outside of a request with
        AppwriteCacheMiddleware nothing is known about earlier reads, and nothing is stored.
        """
        tables = [registry.find(name) for name in self.tables]
        if not tables:
            raise FragmentError("name at least one table.")
        alias, *others = dict.fromkeys(aliases[table] for table in tables)
        if others:
            raise FragmentError(f"{', '.join(self.tables)} are not on one connection.")
        connection, page, started = connections[alias], request_log(), time.perf_counter()
        ttl = connection.settings.cache.policy.ttl if self.ttl is None else self.ttl
        if page is None or ttl <= 0 or is_any_identity_open() or _any_pending(tables, alias):
            return self._rendered(body, tables)[0]
        key = self._key(connection, tables)
        # Templates of asynchronous views are rendered on the event loop; these wait for the cache alone.
        refs = [table._meta.ref(connection.settings.database_id) for table in tables]
        sources = [(alias, ref) for ref in refs]
        if any(page.expiries.get(source) == 0 for source in sources):
            return self._rendered(body, tables)[0]
        versions = run_sync(connection.versions(refs, unfenced=True), even_on_event_loop=True)
        stored = None if versions is None else _unpacked(_fetched(connection, key), versions)
        if stored is not None:
            text, expires = stored
            result = ReadResult(None, Status.HIT, expires, versions=versions)
            note_read([table._meta.name for table in tables], result, time.perf_counter() - started, sources)
            return text
        text, log = self._rendered(body, tables)
        read_under = _versions_read(sources, versions, page)
        expires = min([time.time() + ttl, log.expires, *(page.expiries.get(source, math.inf) for source in sources)])
        if read_under is not None and versions in (None, read_under) and expires > time.time():
            _store(connection, key, json.dumps([_FORMAT, read_under, expires, text]), expires)
        return text

    def _rendered(self, body: Callable[[], str], tables: Sequence[type[Row]]) -> tuple[str, ReadLog]:
        with recording() as log:
            text = body()
        declared = set().union(*map(_names, tables))
        others = [name for name in log.tables if name not in declared]
        if others:
            raise FragmentError(
                f"it also reads {', '.join(map(repr, others))}. Add it to its tables, so that it is rendered"
                " again when that changes, or read it outside of the fragment."
            )
        return text, log

    def _key(self, connection: Connection, tables: Sequence[type[Row]]) -> str:
        settings = connection.settings
        # By kind too: the number 1 and the text "1" may be shown differently.
        vary_on = [[type(value).__qualname__, str(value)] for value in self.vary_on]
        place = [settings.server, settings.project_id, settings.database_id]
        parts = [_FORMAT, self.engine, place, self.name, [table._meta.id for table in tables], vary_on]
        digest = hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()
        return f"{settings.cache.prefix}:fragment:{digest}"


def _names(table: type[Row]) -> set[str]:
    """Return the names by which reads of the table are noted."""
    return {table._meta.name, table._meta.id}


def _any_pending(tables: Sequence[type[Row]], alias: str) -> bool:
    """Whether an open atomic() block has changed one of the tables: what it shows is for the block alone."""
    transaction, database = current(alias), connections[alias].settings.database_id
    return transaction is not None and any(transaction.has_changed(table._meta.ref(database)) for table in tables)


def _versions_read(
    sources: Sequence[tuple[str, TableRef]], before: Sequence[str] | None, page: ReadLog
) -> tuple[str, ...] | None:
    """Return the tokens under which the request has read the tables, or that they had `before` if it has not.

    None if one of them is not known.
    """
    versions: list[str] = []
    for index, source in enumerate(sources):
        version = page.versions.get(source, None if before is None else before[index])
        if version is None:
            return None
        versions.append(version)
    return tuple(versions)


def _fetched(connection: Connection, key: str) -> object:
    try:
        return run_sync(iter(CacheGet(connection.store, key)), even_on_event_loop=True)
    except CacheUnavailable:
        return None


def _store(connection: Connection, key: str, text: str, expires: float) -> None:
    try:
        run_sync(iter(CacheSet(connection.store, key, text, math.ceil(expires - time.time()))), even_on_event_loop=True)
    except CacheUnavailable:
        return


def _unpacked(stored: object, versions: Sequence[str]) -> tuple[str, float] | None:
    """Return the text and its expiry, if what is stored is current; other programs may have stored anything."""
    try:
        form, tokens, expires, text = json.loads(str(stored))
    except (TypeError, ValueError, RecursionError):
        return None
    if form != _FORMAT or tokens != list(versions) or not isinstance(text, str) or not isinstance(expires, int | float):
        return None
    return (text, expires) if time.time() < expires else None


def table_names(tables: object) -> list[str]:
    """Return the names in a text, separated by commas, or in a list. Raises FragmentError for anything else."""
    names = tables.split(",") if isinstance(tables, str) else tables
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise FragmentError(f"tables must be names, separated by commas or in a list, not {tables!r}.")
    return [name.strip() for name in names if name.strip()]


def seconds(value: object) -> float | None:
    """Return a TTL; None for that of the connection. Raises FragmentError for what is not a number of seconds."""
    if value is None:
        return None
    try:
        ttl = float(str(value))
    except ValueError:
        ttl = math.nan
    if isinstance(value, bool) or not 0 <= ttl < math.inf:
        raise FragmentError(f"the TTL must be a number of seconds, 0 or more, or None, not {value!r}.")
    return ttl
