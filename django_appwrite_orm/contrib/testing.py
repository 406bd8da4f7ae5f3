"""Test support for projects: a local Appwrite in memory, restored after each test and each class.

The tables are created once in a process. Restoring takes a millisecond or two and drops what is cached. No test sees
another's rows, and none reaches the server of the settings: see docs/reference/testing.md.

With pytest and pytest-django, in conftest.py: `from django_appwrite_orm.contrib.testing import appwrite`, then
`@pytest.mark.usefixtures("appwrite")` or an argument of that name. `appwrite_class`, `appwrite_module` and
`appwrite_session` are for fixtures of a wider scope. With unittest:
`class ProductTests(AppwriteTestMixin, SimpleTestCase)`.
"""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from unittest import TestCase

from ..backend.testing.store import Copy, names_in_store
from ..conf import replacing
from ..conf.test_runs import OF_TEST_STORE, USUAL_IN_TEST_STORE
from ..connection import connections
from ..local import LocalAppwrite
from ..registry import registry
from ..routers import aliases
from ..sansio import run_sync
from ..schema import migrate
from ..tables import Row
from ..transport import open_local
from .assertions import AppwriteAssertions, assert_cache_hit, assert_num_appwrite_requests

if TYPE_CHECKING:
    from ..local import Snapshot

__all__ = [
    "AppwriteAssertions",
    "AppwriteTestMixin",
    "assert_cache_hit",
    "assert_num_appwrite_requests",
    "clean_appwrite",
    "isolated_appwrite",
]

_MEMORY = ":memory:"


class _Location(NamedTuple):
    """The location of a table: a test may use another database of the same connection."""

    alias: str
    database: str
    table: type[Row]


class _Clean:
    """The store with newly created tables, and the server, tables and test databases of Django it belongs to."""

    server: LocalAppwrite | None = None
    tables_made: frozenset[_Location] = frozenset()
    databases: frozenset[str] = frozenset()
    snapshot: Snapshot | None = None

    @classmethod
    def forget(cls) -> None:
        if cls.snapshot is not None:
            cls.snapshot.close()
        cls.server, cls.tables_made, cls.databases, cls.snapshot = None, frozenset(), frozenset(), None


atexit.register(_Clean.forget)


class _Levels:
    """The number of entered context managers of this module, and the tables that the store has inside.

    They nest, as a test does in its class, and belong to the whole process.
    """

    entered = 0
    tables_made: frozenset[_Location] = frozenset()


@contextmanager
def clean_appwrite() -> Iterator[None]:
    """Let every connection of APPWRITE_ORM use a local Appwrite in memory, whose registered tables are empty.

    Nothing is cached about them. At the end the store is restored. It works in a coroutine too, because all of it is
    in memory. The server has the defects of a real one, unless the connection has `"LOCAL_STRICT": False`.
    """
    with isolated_appwrite():
        _make_clean()
        yield


@contextmanager
def isolated_appwrite() -> Iterator[None]:
    """Do the same as `clean_appwrite`, but keep the existing rows when nested in it or in another one of these.

    They are those of a class or of a fixture of wider scope. At the end the store is restored.
    """
    if _Levels.entered:
        with _restoring():
            _make(_tables() - _Levels.tables_made)
            _Levels.tables_made = _tables()
            yield
    else:
        with replacing(OF_TEST_STORE, defaults=USUAL_IN_TEST_STORE), _restoring():
            _make_clean()
            yield


@contextmanager
def _restoring() -> Iterator[None]:
    """Restore the store at the end."""
    tables_made = _Levels.tables_made
    with Copy() as before:
        _Levels.entered += 1
        try:
            yield
        finally:
            _Levels.entered -= 1
            before.restore()
            _Levels.tables_made = tables_made
            _invalidate()


def _make_clean() -> None:
    """Create the registered tables, or restore them, all empty."""
    server, tables, databases = open_local(_MEMORY), _tables(), names_in_store()
    if _Clean.snapshot is None or (_Clean.server, _Clean.tables_made, _Clean.databases) != (server, tables, databases):
        _Clean.forget()
        if not databases:  # those have what their migrations have made
            with closing(LocalAppwrite(_MEMORY)) as empty, empty.snapshot() as blank:
                server.restore(blank)
        _make(tables)
        _Clean.server, _Clean.tables_made, _Clean.databases, _Clean.snapshot = (
            server,
            tables,
            databases,
            server.snapshot(),
        )
    else:
        server.restore(_Clean.snapshot)
    _Levels.tables_made = tables
    _invalidate()


def _make(missing: frozenset[_Location]) -> None:
    # All tables of a connection at once: a relationship may lead to one that exists already.
    for alias in sorted({location.alias for location in missing}):
        run_sync(
            migrate([location.table for location in _locations() if location.alias == alias], alias),
            even_on_event_loop=True,
        )


def _tables() -> frozenset[_Location]:
    return frozenset(_locations())


def _locations() -> Iterator[_Location]:
    for table in registry.all():
        alias = aliases[table]
        yield _Location(alias, connections[alias].settings.database_id, table)


def _invalidate() -> None:
    """Drop what is cached about all tables, also those of models, so that no test depends on what another has read."""
    for table in registry.every():
        connection = connections[aliases[table]]
        ref = table._meta.ref(connection.settings.database_id)
        run_sync(connection.invalidate(ref), even_on_event_loop=True)


class AppwriteTestMixin(AppwriteAssertions):
    """Base for test classes, before Django's test case class.

    Rows of `setUpTestData` and `setUpClass` are seen by each test of the class; those of a test, also of its `setUp`,
    are removed after it. Call `super().setUpClass()` first in a `setUpClass` of your own, as Django's classes need too.
    Raises TypeError for bases in another order: `unittest` would skip this one.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        order = cls.__mro__
        if TestCase in order and order.index(TestCase) < order.index(AppwriteTestMixin):
            raise TypeError(f"{cls.__name__}: put AppwriteTestMixin before the test case class, as the first base.")

    @classmethod
    def setUpClass(cls) -> None:
        """Enter the isolation of the class."""
        context = isolated_appwrite()
        context.__enter__()
        cls.addClassCleanup(context.__exit__, None, None, None)  # type: ignore[attr-defined]
        super().setUpClass()  # type: ignore[misc]

    def __call__(self, result: Any = None) -> Any:
        """Run one test with its isolation."""
        with isolated_appwrite():
            return super().__call__(result)  # type: ignore[misc]

    def debug(self) -> None:
        """Run one test with its isolation, and let its errors pass."""
        with isolated_appwrite():
            super().debug()  # type: ignore[misc]


_FIXTURES: dict[str, Literal["function", "class", "module", "session"]] = {
    "appwrite": "function",
    "appwrite_class": "class",
    "appwrite_module": "module",
    "appwrite_session": "session",
}


def __getattr__(name: str) -> Any:
    """Return a fixture for pytest, made at first use, so that unittest needs no pytest."""
    if name not in _FIXTURES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import pytest

    @pytest.fixture(scope=_FIXTURES[name], name=name)
    def fixture() -> Iterator[None]:
        with isolated_appwrite():
            yield

    globals()[name] = fixture
    return fixture
