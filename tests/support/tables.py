"""Tables on the server of a test: made once by a migration, then put back as they were then."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from django_appwrite_orm import Table
from django_appwrite_orm.connection import connections
from django_appwrite_orm.exceptions import NotFound
from django_appwrite_orm.local import Snapshot
from django_appwrite_orm.plans import Request
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import migrate
from django_appwrite_orm.transport import close_local, open_local

_made: dict[tuple[object, ...], Snapshot] = {}


def empty_store() -> None:
    """Have no database on the server of "default"."""
    connection = connections["default"]
    if connection.settings.endpoint == "local::memory:":
        close_local(":memory:")
        return
    with suppress(NotFound):
        run_sync(connection.send(Request("DELETE", f"/tablesdb/{connection.settings.database_id}")))


def prepare(*tables: type[Table]) -> None:
    """Have these tables, on the server of "default"; they are empty where they were not there."""
    made_once(lambda: run_sync(migrate(list(tables))), *tables)


def made_once(make: Callable[[], object], *key: object) -> None:
    """Have what `make` makes on the server of "default"; a copy of it where that is empty and in memory."""
    connection = connections["default"]
    known = (connection.settings.database_id, *key)
    if (
        connection.settings.endpoint != "local::memory:"
        or run_sync(connection.send(Request("GET", "/tablesdb"))).data["total"]
    ):
        make()
    elif known in _made:
        open_local(":memory:").restore(_made[known])
    else:
        make()
        _made[known] = open_local(":memory:").snapshot()
