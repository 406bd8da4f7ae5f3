"""For the tests of projects: a local Appwrite in memory that is put back after each test and each class.

The tables are made once in a process. What is put back takes a millisecond or two, and what is cached about it is
dropped. No test sees another's rows, and none reaches the server of the settings: see docs/testing.md.

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

from ..backend.test_store import Copy, names_in_store
from ..conf import replacing
from ..conf.test_runs import OF_TEST_STORE, USUAL_IN_TEST_STORE
from ..connection import connections
from ..local import LocalAppwrite
from ..registry import registry
from ..routers import alias_of
from ..sansio import run_sync
from ..schema import migrate
from ..tables import Row
from ..transport import open_local

if TYPE_CHECKING:
    from ..local import Snapshot

_MEMORY = ":memory:"


class _Place(NamedTuple):
    """Where a table is: a test may use another database of the same connection."""

    alias: str
    database: str
    table: type[Row]


class _Clean:
    """The store as it is when the tables have been made, and for which server, tables and test databases of Django
    that is true."""

    server: LocalAppwrite | None = None
    made: frozenset[_Place] = frozenset()
    databases: frozenset[str] = frozenset()
    snapshot: Snapshot | None = None

    @classmethod
    def forget(cls) -> None:
        if cls.snapshot is not None:
            cls.snapshot.close()
        cls.server, cls.made, cls.databases, cls.snapshot = None, frozenset(), frozenset(), None


atexit.register(_Clean.forget)


class _Levels:
    """How many of the context managers below are entered, and the tables that the store has then. They nest, as a
    test does in its class, and belong to the whole process."""

    entered = 0
    made: frozenset[_Place] = frozenset()


@contextmanager
def clean_appwrite() -> Iterator[None]:
    """Inside, every connection of APPWRITE_ORM leads to the local Appwrite in memory, whose registered tables are
    there and empty; nothing is cached about them. At the end the store is what it was before. In a coroutine too: all
    of it is in memory. The server has the defects of a real one, unless the connection's settings say
    `"LOCAL_STRICT": False`."""
    with isolated_appwrite():
        _make_clean()
        yield


@contextmanager
def isolated_appwrite() -> Iterator[None]:
    """As `clean_appwrite`, but inside of it, or of another one of these, begin with the rows that are there: what a
    class or a fixture of wider scope has made. At the end the store is what it was before."""
    if _Levels.entered:
        with _put_back():
            _make(_tables() - _Levels.made)
            _Levels.made = _tables()
            yield
    else:
        with replacing(OF_TEST_STORE, defaults=USUAL_IN_TEST_STORE), _put_back():
            _make_clean()
            yield


@contextmanager
def _put_back() -> Iterator[None]:
    """At the end have everything stored as it is now."""
    made = _Levels.made
    with Copy() as before:
        _Levels.entered += 1
        try:
            yield
        finally:
            _Levels.entered -= 1
            before.restore()
            _Levels.made = made
            _drop_cached()


def _make_clean() -> None:
    """Have the registered tables, all of them empty."""
    server, tables, databases = open_local(_MEMORY), _tables(), names_in_store()
    if _Clean.snapshot is None or (_Clean.server, _Clean.made, _Clean.databases) != (server, tables, databases):
        _Clean.forget()
        if not databases:  # those have what their migrations have made
            with closing(LocalAppwrite(_MEMORY)) as empty, empty.snapshot() as blank:
                server.restore(blank)
        _make(tables)
        _Clean.server, _Clean.made, _Clean.databases, _Clean.snapshot = server, tables, databases, server.snapshot()
    else:
        server.restore(_Clean.snapshot)
    _Levels.made = tables
    _drop_cached()


def _make(missing: frozenset[_Place]) -> None:
    # All tables of a connection at once, for a relationship leads to one that may be there already.
    for alias in sorted({place.alias for place in missing}):
        run_sync(migrate([place.table for place in _places() if place.alias == alias], alias), even_on_event_loop=True)


def _tables() -> frozenset[_Place]:
    return frozenset(_places())


def _places() -> Iterator[_Place]:
    for table in registry.all():
        alias = alias_of(table)
        yield _Place(alias, connections[alias].settings.database_id, table)


def _drop_cached() -> None:
    for alias, database, table in _places():
        run_sync(connections[alias].invalidate(table._meta.ref(database)), even_on_event_loop=True)


class AppwriteTestMixin:
    """Put it before Django's test case class. What `setUpTestData` and `setUpClass` make is seen by each test of the
    class; what a test makes, also in `setUp`, is gone after it.

    Call `super().setUpClass()` first in a `setUpClass` of your own, as Django's classes want it too. Raises TypeError
    for a class whose bases stand in another order: `unittest` would then pass this one over.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        order = cls.__mro__
        if TestCase in order and order.index(TestCase) < order.index(AppwriteTestMixin):
            raise TypeError(f"{cls.__name__}: put AppwriteTestMixin before the test case class, as the first base.")

    @classmethod
    def setUpClass(cls) -> None:
        context = isolated_appwrite()
        context.__enter__()
        cls.addClassCleanup(context.__exit__, None, None, None)  # type: ignore[attr-defined]
        super().setUpClass()  # type: ignore[misc]

    def __call__(self, result: Any = None) -> Any:
        with isolated_appwrite():
            return super().__call__(result)  # type: ignore[misc]

    def debug(self) -> None:
        with isolated_appwrite():
            super().debug()  # type: ignore[misc]


_FIXTURES: dict[str, Literal["function", "class", "module", "session"]] = {
    "appwrite": "function",
    "appwrite_class": "class",
    "appwrite_module": "module",
    "appwrite_session": "session",
}


def __getattr__(name: str) -> Any:
    """The fixtures for pytest, made when they are asked for, so that unittest needs no pytest."""
    if name not in _FIXTURES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import pytest

    @pytest.fixture(scope=_FIXTURES[name], name=name)
    def fixture() -> Iterator[None]:
        with isolated_appwrite():
            yield

    globals()[name] = fixture
    return fixture
