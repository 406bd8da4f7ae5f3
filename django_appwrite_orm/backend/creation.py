"""Test databases: a local Appwrite in the memory of the process, whatever the settings say.

What a `TestCase` changes is put back by snapshots of that store. A connection with `"ALLOW_IN_TESTS": True` in
APPWRITE_ORM keeps its server; there `TestCase` clears tables as `TransactionTestCase` does.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from django.db import connections as databases
from django.db.backends.base.creation import BaseDatabaseCreation

from ..conf import replacing
from ..conf.load import connection_settings
from ..conf.test_runs import OF_TEST_STORE, USUAL_IN_TEST_STORE
from ..connection import connections
from ..plans import TableRef
from ..registry import registry
from ..sansio import run_sync
from ..transport import IN_MEMORY, open_local

if TYPE_CHECKING:
    from ..local import Snapshot
    from .base import DatabaseWrapper


class _TestStore:
    """The store of all test databases of this process, while there is one."""

    context: AbstractContextManager[None] | None = None
    databases: int = 0

    @classmethod
    def enter(cls) -> None:
        if cls.context is None:
            cls.context = replacing(OF_TEST_STORE, defaults=USUAL_IN_TEST_STORE)
            cls.context.__enter__()
        cls.databases += 1

    @classmethod
    def leave(cls) -> None:
        cls.databases -= 1
        if cls.databases == 0 and cls.context is not None:
            context, cls.context = cls.context, None
            context.__exit__(None, None, None)


class Snapshots:
    """What the blocks of `TestCase` on one database put back, by the id of their savepoint; None for the outermost.

    A snapshot is taken before the first change inside a block, for all databases at once: they share one store.
    """

    def __init__(self) -> None:
        self._taken: dict[str | None, Snapshot] = {}
        self._changed: set[TableRef] = set()

    def note_changed(self, table: TableRef) -> None:
        """Note a table whose cached results are to be dropped when a snapshot is put back."""
        self._changed.add(table)

    def before_change(self) -> None:
        """Take the snapshots of open blocks that have none."""
        wrappers: list[Any] = databases.all(initialized_only=True)  # type: ignore[assignment]
        waiting = [
            (wrapper.creation.snapshots, sid)
            for wrapper in wrappers
            if wrapper.vendor == "appwrite"
            for sid in _test_blocks(wrapper)
            if sid not in wrapper.creation.snapshots._taken
        ]
        if waiting:
            snapshot = open_local(IN_MEMORY).snapshot()
            for snapshots, sid in waiting:
                snapshots._taken[sid] = snapshot

    def forget(self, sid: str | None) -> None:
        """Keep what was changed in the block."""
        self._taken.pop(sid, None)

    def restore(self, connection: DatabaseWrapper, sid: str | None) -> None:
        """Put back what was there before the block, if it is one of a `TestCase` and has changed anything."""
        if (snapshot := self._taken.pop(sid, None)) is None:
            return
        open_local(IN_MEMORY).restore(snapshot)
        database = connection.appwrite.settings.database_id
        for ref in self._changed | {TableRef(database, table._meta.id) for table in registry.all()}:
            run_sync(connection.appwrite.invalidate(ref), even_on_event_loop=True)


def _test_blocks(wrapper: Any) -> list[str | None]:
    """Return the ids of the open blocks of a `TestCase`."""
    ids = [None, *wrapper.savepoint_ids]
    return [sid for block, sid in zip(wrapper.atomic_blocks, ids, strict=False) if block._from_testcase]


class DatabaseCreation(BaseDatabaseCreation):
    connection: DatabaseWrapper

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self.snapshots = Snapshots()
        self._is_in_test_store = False

    @property
    def has_test_store(self) -> bool:
        """Whether this database is in the store of a test run."""
        return self._is_in_test_store

    def _get_test_db_name(self) -> str:
        """Return the alias in APPWRITE_ORM: it stays, and leads elsewhere."""
        return self.connection.appwrite_alias

    def _create_test_db(self, verbosity: int, autoclobber: bool, keepdb: bool = False) -> str:
        if not connection_settings(self.connection.appwrite_alias).allow_in_tests:
            _TestStore.enter()
            self._is_in_test_store = True
            vars(self.connection.features).pop("supports_transactions", None)
        connections.reset()
        return self._get_test_db_name()

    def _destroy_test_db(self, test_database_name: str, verbosity: int) -> None:
        if self._is_in_test_store:
            self._is_in_test_store = False
            vars(self.connection.features).pop("supports_transactions", None)
            _TestStore.leave()

    def test_db_signature(self) -> tuple[Any, ...]:
        """Return what tells this test database from others: those of one alias are one."""
        return ("appwrite", self.connection.appwrite_alias)
