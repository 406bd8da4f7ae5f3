"""Which tables `migrate` makes, so that it and `migrate_appwrite` leave each other's alone."""

from __future__ import annotations

from django.core.checks import CheckMessage, Error

from ...registry import registry
from ..model_table import tables_of_models


def managed_tables(alias: str) -> dict[str, str]:
    """Return the labels of the models whose tables `migrate` makes on this connection of APPWRITE_ORM.

    The keys are the ids of the tables, in lower case.
    """
    tables = [table for table in tables_of_models() if table._meta.using == alias and table._model._meta.managed]
    return {table._meta.id.lower(): table._model._meta.label for table in tables}


def shared_tables(alias: str) -> list[CheckMessage]:
    """Return an error for each table that a model and a table class both declare."""
    owners = managed_tables(alias)
    return [
        Error(
            f"{owners[id]} and {table.__module__}.{table.__name__} both have the table {table._meta.id!r}.",
            hint="Give one of them another name (Meta.db_table, Meta.name): migrate and migrate_appwrite would each"
            " undo the other's changes. A model for the rows of a Table has Meta.managed = False.",
            obj=table,
            id="appwrite.E112",
        )
        for table in registry.all()
        if table._meta.using in (None, alias) and (id := table._meta.id.lower()) in owners
    ]
