"""Have the commit of an open block refused when rows are changed by somebody else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connections as databases
from django.db import models

from ..columns import row_id_of
from ..model_table import table_of
from ..statements import Statement


def hold_rows(instances: Iterable[models.Model]) -> None:
    """Have the open block refused if anybody else changes the rows of `instances`, or deletes one, from now on.

    Reads the rows past the cache, and those of their parents, 100 of a table with each request. At the end of the block
    Appwrite is asked for them again, after the changes were staged; the commit raises OperationalError then. Without an
    open block, on a database with `"atomic": "off"`, and on another one, nothing happens.
    """
    ids: dict[tuple[str, type[models.Model]], list[str]] = {}
    for instance in instances:
        alias = instance._state.db or "default"
        connection: Any = databases[alias]
        if connection.vendor != "appwrite" or connection.staged is None:
            continue
        for model in (type(instance), *instance._meta.get_parent_list()):
            ids.setdefault((alias, model), []).append(row_id_of(instance, connection, model))
    for (alias, model), row_ids in ids.items():
        connection, table = databases[alias], table_of(model)._meta
        operation = connection.staged.hold(connection.ref(table), row_ids)
        connection.run(Statement.of(f"hold {table.id} {', '.join(row_ids)}", operation))
