"""One connection: a project, a key, a database and the cache in front of them."""

from __future__ import annotations

import copy
import dataclasses
import logging
import secrets
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from ..cache import CachePolicy, ReadResult, Status, forget, note_private, open_logs, results_here
from ..cache.backend import CacheBackend
from ..cache.batch import WriteBatch, batched_write, open_batches
from ..cache.keys import API_KEY, Keys, TableKeys
from ..cache.process_cache import ProcessCache
from ..cache.reads import is_current, read, versions
from ..cache.stats import Statistics
from ..cache.writes import LONGEST_TIMEOUT, fence_ttl, invalidate, write
from ..conf.connection_settings import ConnectionSettings
from ..conf.test_runs import is_test_run
from ..credentials import Credentials
from ..exceptions import AppwriteError, ConfigurationError, RateLimited, Unavailable, shortened
from ..plans import BULK_LIMIT, PlanFlow, ReadPlan, Request, RequestFlow, Response, TableRef, version
from ..sansio import Operation
from ..signals.observers import Activity, observed, observers, rows_in
from ..threads import register_after_fork
from ..transport import IN_MEMORY, Client, Features, Reply, local_file, request_json, send_with_retries
from . import before_use
from .guard import refusal

if TYPE_CHECKING:
    from ..transport.sdk import SDKClient


logger = logging.getLogger("django_appwrite_orm.transport")

# Seconds for each row that a request changes beyond the first. A commit of a hundred rows was seen to take 3.4 s on an
# idle 1.9.6, and more on a busy one.
TIME_PER_ROW = 0.1
# Seconds to wait for the server's version, which is needed before the cache is read.
PATIENCE = 3

Result = TypeVar("Result")


class _Process:
    """A name of this process, for the cache keys of stores in its memory; other processes may share the cache."""

    def __init__(self) -> None:
        self.after_fork()
        register_after_fork(self)

    def after_fork(self) -> None:
        self.name = secrets.token_hex(8)


_process = _Process()


class Connection:
    """Everything an operation needs of one alias. Immutable; shared by all threads and event loops.

    Its methods are operations: run them with `run_sync` or `run_async` of `sansio`.
    """

    def __init__(self, settings: ConnectionSettings) -> None:
        self.settings = settings
        self.client = Client(
            endpoint=settings.endpoint,
            project_id=settings.project_id,
            api_key=settings.api_key,
            features=Features.of(settings.server_version) if settings.server_version else None,
            local_strict=settings.local_strict,
            head_limit=settings.head_limit,
        )
        self._by_key = self.client
        # The hooks look after the schema.
        self.has_hooks = settings.auto_migrate or settings.auto_validate
        self._refusal = refusal(settings.alias, settings.endpoint, allowed=settings.allow_in_tests)
        is_test_run()  # notes the run, which a thread may outlive that then uses a connection to refuse
        memory = ProcessCache(settings.cache.memory, settings.cache.trust)
        self.store = CacheBackend(settings.cache.alias, patience=settings.timeout, memory=memory)
        self.in_memory = local_file(settings.endpoint) == IN_MEMORY
        own = (_process.name,) if self.in_memory else ()
        self.keys = Keys(settings.cache.prefix, (settings.server, settings.project_id, *own))
        self.statistics = Statistics(settings.cache.alias, self.keys.statistics, shared=self.store.shared)

    def __repr__(self) -> str:
        return f"<Connection {self.settings.alias!r} to {self.settings.endpoint}>"

    @property
    def _observed_as(self) -> str:
        """The alias, and the identity if that is not the API key."""
        alias, identity = self.settings.alias, self.keys.identity
        return alias if identity == API_KEY else f"{alias} as {identity}"

    def speaking_for(self, identity: Credentials) -> Connection:
        """Return this connection for another identity: its own entries in the cache, the same tokens and fences."""
        other = copy.copy(self)
        other.client = self.client.speaking_for(identity.headers)
        other.keys = dataclasses.replace(self.keys, identity=identity.scope)
        return other

    @property
    def room(self) -> int:
        """The bytes that the queries of a read may take in its URL: HEAD_LIMIT less the rest of the head."""
        return self.settings.head_limit - self.client.head_without_queries

    def check_allowed(self) -> None:
        """Raise `ConfigurationError` during tests if this connection leads to a store that is not the tests' own.

        Called before everything that a connection does; a connection may be older than the test run.
        """
        if self._refusal is not None and is_test_run():
            raise ConfigurationError(self._refusal)

    def prepare(self) -> Operation[None]:
        """Run the hooks of `before_use`, before rows are read or written, if it `has_hooks`. Raises what they raise."""
        for hook in before_use:
            yield from hook(self)

    def send(self, request: Request) -> Operation[Response]:
        """Send one request with its retries, past the cache. Raises an `AppwriteError`.

        A response to another identity than the API key, an error included, makes the current HTTP response private.
        """
        self.check_allowed()
        steps = request_json(self.client, request, timeout=self.time_for(request.rows), retries=self.settings.retries)
        return steps if self.keys.identity == API_KEY else _in_private(steps)

    def follow(self, steps: RequestFlow[Result] | PlanFlow[Result]) -> Operation[Result]:
        """Carry out a plan that may need several requests, or reads of other plans."""
        try:
            step = next(steps)
            while True:
                outcome = yield from (self.send(step) if isinstance(step, Request) else step.run(self))
                step = steps.send(outcome)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        finally:
            steps.close()

    def features(self) -> Operation[Features]:
        """Return what the server can do, by its version: the setting SERVER_VERSION, else read once.

        All identities of this connection share the result. A server that does not report its version counts as an
        old one: reads that the cache can serve must not fail because of it.
        """
        self.check_allowed()
        client, settings = self._by_key, self.settings
        if client.features is None:
            try:
                response = yield from self._version(min(settings.timeout, PATIENCE), retries=0)
                client.features = Features.of(response.data["version"])
            except (AppwriteError, ValueError) as error:
                logger.warning("%r does not report its version; set SERVER_VERSION: %s", self, shortened(error))
                if isinstance(error, Unavailable | RateLimited):
                    return Features()
                client.features = Features()
        return client.features

    def ask_version(self) -> Operation[Response]:
        """Read the server's version, whether it is known or not, to see whether it responds."""
        self.check_allowed()
        return self._version(self.settings.timeout, self.settings.retries)

    def _version(self, timeout: float, retries: int) -> Operation[Response]:
        """Send no API key: 1.9.6 responds with 401 to a key, whatever its scopes (recorded)."""
        nobody = self._by_key.speaking_for({})
        return request_json(nobody, Request("GET", "/health/version", shape=version), timeout=timeout, retries=retries)

    def sdk_client(self) -> SDKClient:
        """Return a client of Appwrite's SDK that uses this connection: `Storage(connection.sdk_client())`."""
        from ..transport.sdk import SDKClient

        return SDKClient(self._deliver)

    def _deliver(self, request: Request) -> Operation[tuple[Reply, bool]]:
        self.check_allowed()
        return _in_private(
            send_with_retries(self.client, request, timeout=self.settings.timeout, retries=self.settings.retries)
        )

    def read(self, plan: ReadPlan, policy: CachePolicy) -> Operation[ReadResult]:
        """Return the result of `plan`, from the cache if it is current."""
        steps = self._read(plan, policy)
        return observed("read", plan, self._observed_as, steps, _note_read) if observers else steps

    def _read(self, plan: ReadPlan, policy: CachePolicy) -> Operation[ReadResult]:
        self.check_allowed()
        tables = [self.table_keys(table) for table in plan.tables]

        def fetch() -> Operation[Response]:
            return self.follow(plan.fetch())

        key = self.keys.entry(str(plan))
        seen = results_here() if self.settings.cache.per_request and policy.ttl > 0 else None
        before = seen.get(key) if seen is not None else None
        found = before or (yield from read(self.store, key, tables, fetch, policy))
        if seen is not None and before is None:
            seen[key] = ReadResult(found.data, Status.HIT, found.expires, versions=found.versions)
        return found

    def write(self, tables: Sequence[TableRef], request: Request) -> Operation[Any]:
        """Send a change of `tables` under the cache protocol; return the decoded response."""
        response = yield from self.fenced(tables, partial(self.send, request), request.rows)
        return response.data

    def fenced(
        self, tables: Sequence[TableRef], send: Callable[[], Operation[Result]], rows: int = 1
    ) -> Operation[Result]:
        """Run `send`, which changes `tables`, under the cache protocol; see `cache.write` for results and errors.

        None of its requests changes more than `rows` rows: the fence lasts for the time that takes.
        """
        steps = self._fenced(tables, send, rows)
        return observed("invalidation", tuple(tables), self._observed_as, steps) if observers else steps

    def _fenced(
        self, tables: Sequence[TableRef], send: Callable[[], Operation[Result]], rows: int
    ) -> Operation[Result]:
        self.check_allowed()
        keys = [self.table_keys(table) for table in tables]
        for table in tables:
            self.statistics.note_invalidation(table.table)
        protocol = batched_write if open_batches.held() else write
        try:
            return (yield from protocol(self.store, keys, send, fence_ttl(self.time_for(rows))))
        finally:
            if open_logs:
                forget()

    def time_for(self, rows: int) -> float:
        """Return the seconds a request of `rows` rows may take: TIMEOUT, and TIME_PER_ROW for each further row."""
        return min(self.settings.timeout + TIME_PER_ROW * (rows - 1), max(self.settings.timeout, LONGEST_TIMEOUT))

    def batch(self, table: TableRef) -> WriteBatch:
        """Return a batch of writes on `table`; see `cache.WriteBatch`."""
        self.check_allowed()
        return WriteBatch(self.store, self.table_keys(table), fence_ttl(self.time_for(BULK_LIMIT)))

    def invalidate(self, table: TableRef) -> Operation[bool]:
        """Make every cached result of `table` a miss; return False when the cache failed."""
        steps = self._invalidate(table)
        return observed("invalidation", (table,), self._observed_as, steps, _note_manual) if observers else steps

    def _invalidate(self, table: TableRef) -> Operation[bool]:
        self.check_allowed()
        self.statistics.note_invalidation(table.table)
        done = yield from invalidate(self.store, [self.table_keys(table)])
        forget()
        return done

    def is_current(self, table: TableRef) -> Operation[bool]:
        """Whether `table` has been read since its last invalidation and nobody is writing it."""
        self.check_allowed()
        return is_current(self.store, self.table_keys(table))

    def versions(self, tables: Sequence[TableRef], *, unfenced: bool = False) -> Operation[tuple[str, ...] | None]:
        """Return the tokens of `tables`; None if one is missing or, where they must be `unfenced`, being written."""
        self.check_allowed()
        return versions(self.store, [self.table_keys(table) for table in tables], unfenced=unfenced)

    def close(self) -> None:
        """Close its connections and drop its counters."""
        self.client.close()
        self.statistics.close()

    def table_keys(self, table: TableRef) -> TableKeys:
        """Return the cache keys of `table`."""
        return self.keys.table(table)


def _in_private(steps: Operation[Result]) -> Operation[Result]:
    """Carry out `steps`, and keep the current HTTP response out of shared caches."""
    try:
        return (yield from steps)
    finally:
        note_private()


def _note_read(activity: Activity, result: ReadResult) -> None:
    activity.status, activity.size = result.status.name, result.size
    activity.rows = rows_in(result.data)


def _note_manual(activity: Activity, done: bool) -> None:
    activity.status = "MANUAL"
