"""Tables on the server of a test: made once by a migration, then put back as they were then."""

from __future__ import annotations

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
    connection = connections["default"]
    known = (connection.settings.database_id, *tables)
    if (
        connection.settings.endpoint != "local::memory:"
        or run_sync(connection.send(Request("GET", "/tablesdb"))).data["total"]
    ):
        run_sync(migrate(list(tables)))
    elif known in _made:
        open_local(":memory:").restore(_made[known])
    else:
        run_sync(migrate(list(tables)))
        _made[known] = open_local(":memory:").snapshot()
