"""A connection: one project, one key, one database and the cache in front of them, under a settings alias."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from django.core.signals import setting_changed

from .caching import CachePolicy, Found, Keys, Store, TableKeys, fence_life, invalidate, is_current, read, write
from .conf import DEFAULT_ALIAS, ConnectionSettings, configured, connection_settings
from .plans import Answer, Exchange, ReadPlan, Request, TableRef
from .steps import Steps
from .transport import Client, exchange

Result = TypeVar("Result")


class Connection:
    """Everything an operation needs of one alias. Immutable; shared by all threads and event loops.

    Its methods are generators of steps: give them to `steps.run` or `steps.arun`.
    """

    def __init__(self, settings: ConnectionSettings) -> None:
        self.settings = settings
        self.client = Client(endpoint=settings.endpoint, project_id=settings.project_id, api_key=settings.api_key)
        self.store = Store(settings.cache_alias)
        self.keys = Keys(settings.cache_prefix, (settings.endpoint, settings.project_id))

    def __repr__(self) -> str:
        return f"<Connection {self.settings.alias!r} to {self.settings.endpoint}>"

    def send(self, request: Request) -> Steps[Answer]:
        """One request with its repeats, past the cache. Raises an `AppwriteError`."""
        return exchange(self.client, request, timeout=self.settings.timeout, retries=self.settings.retries)

    def follow(self, requests: Exchange[Result]) -> Steps[Result]:
        """Carry out a plan that may need several requests."""
        try:
            request = next(requests)
            while True:
                request = requests.send((yield from self.send(request)))
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]

    def read(self, plan: ReadPlan, policy: CachePolicy) -> Steps[Found]:
        """The answer to `plan`, from the cache where it is current."""
        tables = [self.table_keys(table) for table in plan.tables]

        def fetch() -> Steps[Answer]:
            return self.follow(plan.fetch())

        return read(self.store, self.keys.envelope(str(plan)), tables, fetch, policy.ttl)

    def write(self, tables: Sequence[TableRef], request: Request) -> Steps[Any]:
        """Send a change of `tables` under the cache protocol; the decoded answer."""
        life = fence_life(self.settings.timeout)
        answer = yield from write(self.store, [self.table_keys(t) for t in tables], partial(self.send, request), life)
        return answer.data

    def invalidate(self, table: TableRef) -> Steps[bool]:
        """Make every cached answer about `table` a miss; False when the cache could not be reached."""
        return invalidate(self.store, [self.table_keys(table)])

    def is_current(self, table: TableRef) -> Steps[bool]:
        """Whether `table` has been read since its last invalidation and nobody is writing it."""
        return is_current(self.store, self.table_keys(table))

    def table_keys(self, table: TableRef) -> TableKeys:
        return self.keys.table(table)


class Connections:
    """The connections of this process by alias, made at first use."""

    def __init__(self, make: Callable[[str], Connection]) -> None:
        self._make = make
        self._made: dict[str, Connection] = {}
        self._lock = threading.Lock()

    def __getitem__(self, alias: str) -> Connection:
        """The connection of `alias`. Raises `ConfigurationError` when the settings have none such."""
        found = self._made.get(alias)
        if found is None:
            with self._lock:
                found = self._made.get(alias) or self._made.setdefault(alias, self._make(alias))
        return found

    def aliases(self) -> list[str]:
        return list(configured())

    def reset(self) -> None:
        """Forget all of them, so that changed settings take effect."""
        with self._lock:
            made, self._made = self._made, {}
        for connection in made.values():
            connection.client.close()


connections = Connections(lambda alias: Connection(connection_settings(alias)))


def _reset(*, setting: str, **kwargs: Any) -> None:
    if setting in ("APPWRITE_ORM", "CACHES", "BASE_DIR"):
        connections.reset()


setting_changed.connect(_reset)

__all__ = ["DEFAULT_ALIAS", "Connection", "Connections", "connections"]
