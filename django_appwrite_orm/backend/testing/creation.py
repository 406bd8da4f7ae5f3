"""Test databases: those of Django's test runner and of pytest-django, also in the processes of `--parallel`.

They are in the store of the test run (see store.py), whatever the settings say, and made again in each run:
`--keepdb` and `--reuse-db` find nothing to keep. A connection with `"ALLOW_IN_TESTS": True` in APPWRITE_ORM keeps its
server; there `TestCase` deletes rows as `TransactionTestCase` does, and the tables stay.
"""

from __future__ import annotations

import multiprocessing
import pkgutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import django
from django.conf import settings
from django.db import NotSupportedError
from django.db.backends.base.creation import BaseDatabaseCreation

from ...conf.load import connection_settings
from ...connection import connections
from . import store
from .store import Snapshots

if TYPE_CHECKING:
    from ..base import DatabaseWrapper

# In the TEST settings of a database: the file in which processes that are not forked find the store.
_COPY = "APPWRITE_STORE"
# Those of Django's test runner.
START_METHODS = ("fork", "spawn", "forkserver") if django.VERSION >= (6, 0) else ("fork", "spawn")


class DatabaseCreation(BaseDatabaseCreation):
    connection: DatabaseWrapper

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self.snapshots = Snapshots()

    @property
    def has_test_store(self) -> bool:
        """Whether this database is in the store of a test run."""
        return self.connection.appwrite_alias in store.names_in_store()

    def _get_test_db_name(self) -> str:
        """Return the alias in APPWRITE_ORM: it stays, and leads elsewhere."""
        return self.connection.appwrite_alias

    def _create_test_db(self, verbosity: int, autoclobber: bool, keepdb: bool = False) -> str:
        name = self._get_test_db_name()
        if not connection_settings(name).allow_in_tests:
            store.enter(name)
        return name

    def destroy_test_db(
        self, old_database_name: str | None = None, verbosity: int = 1, keepdb: bool = False, suffix: str | None = None
    ) -> None:
        """Delete the test database, also where it should be kept: it is in the memory of this process."""
        super().destroy_test_db(old_database_name, verbosity, keepdb=suffix is not None, suffix=suffix)

    def _destroy_test_db(self, test_database_name: str, verbosity: int) -> None:
        if self.has_test_store:
            store.leave(test_database_name)

    def get_test_db_clone_settings(self, suffix: str) -> dict[str, Any]:
        return self.connection.settings_dict

    def _clone_test_db(self, suffix: str, verbosity: int, keepdb: bool = False) -> None:
        """Write the store into a file, unless processes are forked and have the memory of this one.

        Raises NotSupportedError on a server, which has one database for all processes, and for a start method that the
        test runner of this Django does not know ("forkserver" before 6.0), whose processes would not find the store.
        """
        if not self.has_test_store:
            raise NotSupportedError(
                f"DATABASES[{self.connection.alias!r}]: tests on a server run in one process. Leave --parallel out, or"
                " 'ALLOW_IN_TESTS' out of APPWRITE_ORM."
            )
        method = multiprocessing.get_start_method()
        if method not in START_METHODS:
            raise NotSupportedError(
                f"Django {django.get_version()} cannot run tests in processes of the start method {method!r}. Choose"
                f" {' or '.join(map(repr, START_METHODS))} with multiprocessing.set_start_method(), or omit --parallel."
            )
        if method != "fork":
            self.connection.settings_dict["TEST"][_COPY] = store.copy_to_file()

    def setup_worker_connection(self, _worker_id: int) -> None:
        if path := self.connection.settings_dict["TEST"].get(_COPY):
            store.enter_copy(self._get_test_db_name(), path)
        self.connection.close()

    def mark_expected_failures_and_skips(self) -> None:
        """Mark tests of Django's own suite. A series before 6.1 does not have all of them."""
        if django.VERSION >= (6, 1):
            super().mark_expected_failures_and_skips()  # raises for a name that is wrong
            return
        import unittest  # only in test runs

        for name in self.connection.features.django_test_expected_failures:
            _mark_if_present(name, unittest.expectedFailure)
        for reason, names in self.connection.features.django_test_skips.items():
            for name in names:
                _mark_if_present(name, unittest.skip(reason))

    def test_db_signature(self) -> tuple[Any, ...]:
        """Return what tells this test database from others: two connections to one database have one."""
        return (self.connection.settings_dict["ENGINE"], connections[self._get_test_db_name()].settings.database_id)


def _mark_if_present(name: str, mark: Callable[[Any], Any]) -> None:
    """Mark the test or the class of tests, where its app is installed and has it."""
    place, _, last = name.rpartition(".")
    if name.partition(".")[0] not in settings.INSTALLED_APPS:
        return
    try:
        holder = pkgutil.resolve_name(place)
        test = getattr(holder, last)
    except (AttributeError, ImportError):
        return
    setattr(holder, last, mark(test))
