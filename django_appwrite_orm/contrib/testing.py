"""For the tests of projects: each test begins with clean tables, in a local Appwrite in memory.

The tables are made once in a process and put back to how they were before each test, which takes a millisecond
or two, and what is cached about them is dropped. No test sees another's rows, and none reaches a real server.

With pytest and pytest-django, in conftest.py: `from django_appwrite_orm.contrib.testing import appwrite`, then
`@pytest.mark.usefixtures("appwrite")` or an argument of that name. With unittest:
`class ProductTests(AppwriteTestMixin, SimpleTestCase)`.
"""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.test import override_settings

from ..conf import configured
from ..connection import connections
from ..local import LocalAppwrite
from ..queries.operations import alias_of
from ..registry import registry
from ..schema import migrate
from ..steps import run
from ..transport import open_local

if TYPE_CHECKING:
    from ..local import Snapshot

_MEMORY = ":memory:"
# What a connection of a test has unless its settings say otherwise.
_USUAL = {"LOCAL_STRICT": True}
# What a connection leads to, whatever else is set: no server but this one, of its own version, and no other services.
_HERE = {
    "ENDPOINT": f"local:{_MEMORY}",
    "PROJECT_ID": "local",
    "API_KEY": "local",
    "SERVER_VERSION": "",
    "AUTO_MIGRATE": False,
    "CHANNEL_URL": "",
}


class _Clean:
    """The store as it is when the tables have been made, and for which server and tables that is true."""

    server: LocalAppwrite | None = None
    made: tuple[tuple[str, str], ...] = ()
    snapshot: Snapshot | None = None

    @classmethod
    def forget(cls) -> None:
        if cls.snapshot is not None:
            cls.snapshot.close()
        cls.snapshot = None


atexit.register(_Clean.forget)


@contextmanager
def clean_appwrite() -> Iterator[None]:
    """Inside, every connection of APPWRITE_ORM leads to the local Appwrite in memory, whose registered tables are
    there and empty; nothing is cached about them. In a coroutine too: all of it is in memory. The server has the
    defects of a real one, unless the connection's settings say `"LOCAL_STRICT": False`."""
    connected = {alias: {**_USUAL, **given, **_HERE} for alias, given in configured().items()}
    with override_settings(APPWRITE_ORM=connected):
        tables = [(alias_of(table), table) for table in registry.all()]
        server, made = open_local(_MEMORY), tuple((alias, table._meta.id) for alias, table in tables)
        if _Clean.server is not server or _Clean.made != made or _Clean.snapshot is None:
            _Clean.forget()
            for used in dict.fromkeys(alias for alias, _ in tables):
                run(migrate([table for alias, table in tables if alias == used], used), even_on_event_loop=True)
            _Clean.server, _Clean.made, _Clean.snapshot = server, made, server.snapshot()
        else:
            server.restore(_Clean.snapshot)
        for alias, table in tables:
            connection = connections[alias]
            forgotten = connection.invalidate(table._meta.ref(connection.settings.database_id))
            run(forgotten, even_on_event_loop=True)
        yield


class AppwriteTestMixin:
    """Put it before Django's test case class. Each test method begins with clean tables."""

    def setUp(self) -> None:
        context = clean_appwrite()
        context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)  # type: ignore[attr-defined]
        super().setUp()  # type: ignore[misc]


def __getattr__(name: str) -> Any:
    """`appwrite`, the fixture; made when it is asked for, so that unittest needs no pytest."""
    if name != "appwrite":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import pytest

    @pytest.fixture
    def appwrite() -> Iterator[None]:
        with clean_appwrite():
            yield

    globals()["appwrite"] = appwrite
    return appwrite
