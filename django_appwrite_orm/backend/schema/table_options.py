"""Bring what the inner `class Appwrite` of models says of their tables to the server, after `migrate`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.apps import AppConfig
from django.db import models, router

from ...sansio import run_sync
from ...schema import DeclaredTable, migrate_tables, read_tables
from ...schema.state import TableState, permission_set
from ..model_table import appwrite_options, table_of

# What the server keeps of them; the others are for this process.
_ON_THE_SERVER = ("enabled", "name", "permissions", "row_security")


def set_table_options(config: AppConfig, connection: Any) -> None:
    """Set the names, permissions, row security and state of the tables of an app's models.

    What a model does not say, and a table that is not there, stays as it is.
    """
    options = dict(_declared(config, connection.alias))
    if not options:
        return
    with connection.wrap_database_errors:
        tables = run_sync(read_tables(connection.appwrite)) or {}
        changes = []
        for id, declared in options.items():
            table = tables.get(id.lower())
            if table is None:
                continue
            before = TableState(table.id, table.name, table.permissions, table.row_security, table.enabled)
            after = replace(before, **declared)
            if after != before:
                changes.append((DeclaredTable(before, {}), DeclaredTable(after, {})))
        if changes:
            connection.before_change()
            run_sync(migrate_tables(connection.appwrite, changes))
    for _, changed in changes:
        connection.note_changed(changed.state.id)


def _declared(config: AppConfig, alias: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the id of each table in database `alias`, and what is to be set of it."""
    for model in config.get_models():
        if model._meta.proxy or not _is_there(model, alias):
            continue
        options = appwrite_options(model)
        declared = {name: options[name] for name in _ON_THE_SERVER if name in options}
        if "permissions" in declared:
            declared["permissions"] = permission_set(declared["permissions"])
        if declared:
            yield table_of(model)._meta.id, declared


def _is_there(model: type[models.Model], alias: str) -> bool:
    return model._meta.can_migrate(alias) and router.allow_migrate_model(alias, model)
