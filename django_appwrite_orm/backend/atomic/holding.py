"""Have the commit of an open block refused when a row is changed by somebody else."""

from __future__ import annotations

from typing import Any

from django.db import connections as databases
from django.db import models

from ..columns import row_id_of
from ..model_table import table_of
from ..statements import Statement


def hold_row(instance: models.Model) -> None:
    """Have the open block refused if anybody else changes the row of `instance`, or deletes it, from now on.

    Reads the row past the cache, and those of its parents. At the end of the block Appwrite is asked for them again,
    after the changes were staged; the commit raises OperationalError then. Without an open block, on a database with
    `"atomic": "off"`, and on another one, nothing happens.
    """
    connection: Any = databases[instance._state.db or "default"]
    if connection.vendor != "appwrite" or connection.staged is None:
        return
    for model in (type(instance), *instance._meta.get_parent_list()):
        row_id = row_id_of(instance, connection, model)
        table = table_of(model)._meta
        operation = connection.staged.hold(connection.ref(table), row_id)
        connection.run(Statement.of(f"hold {table.id} {row_id}", operation))
