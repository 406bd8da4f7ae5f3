"""Rows and queries for the tests of this folder."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from django.db import connection, models
from django.db.models.sql.compiler import SQLCompiler

from django_appwrite_orm.backend.columns import column_of
from django_appwrite_orm.backend.in_memory.compiler import MemoryOptions, compiler_for
from django_appwrite_orm.backend.keys import key_of
from django_appwrite_orm.backend.model_table import table_of
from django_appwrite_orm.connection import connections
from django_appwrite_orm.plan_execution import execute_write
from django_appwrite_orm.plans import CreateRow
from django_appwrite_orm.sansio import run_sync

OUTER = SimpleNamespace(
    alias="default", settings_dict={"TIME_ZONE": None}, run=lambda statement: run_sync(statement.operation)
)
OPTIONS = MemoryOptions(alias="default", rows=20_000)
__all__ = ["OPTIONS", "compiler", "insert", "rows", "table_of"]


def insert(model: type[models.Model], **values: Any) -> models.Model:
    """Create a row as the backend does, and return its instance."""
    made = model(**values)
    raw = {}
    for column in map(column_of, model._meta.local_concrete_fields):
        value = getattr(made, column.field.attname)
        if isinstance(column.field, models.JSONField | models.DurationField):
            value = column.field.get_db_prep_save(value, connection=connection)
        raw[column.key] = column.encode(value)
    meta = table_of(model)._meta
    row_id = raw.pop("$id", None) or key_of(model._meta.pk).row_id(made.pk)
    plan = CreateRow(meta.ref(connections["default"].settings.database_id), row_id, raw)
    run_sync(execute_write([meta], "default", plan))
    return made


def compiler(queryset: models.QuerySet[Any], **options: Any) -> SQLCompiler:
    """Return the compiler that answers the query in memory."""
    return compiler_for(queryset.query, OUTER, replace(OPTIONS, **options))


def rows(queryset: models.QuerySet[Any], **options: Any) -> list[tuple[Any, ...]]:
    """Return the result of the query, answered in memory."""
    return list(compiler(queryset, **options).results_iter(tuple_expected=True))
