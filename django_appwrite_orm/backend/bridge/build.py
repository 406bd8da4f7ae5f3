"""Make the model of a Table, and those of the tables that it refers to."""

from __future__ import annotations

import copyreg
import hashlib
import sys
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from django.apps import apps
from django.db import models

from ...exceptions import ConfigurationError
from ...registry import registry
from ...routers import aliases
from ...tables import FulltextIndex, Index, Row, SpatialIndex, UniqueIndex
from ...tables.columns import Reference
from ...tables.system_columns import SYSTEM_NAMES
from ..columns import ModelField
from ..fields import IDField
from ..router import database_of
from .fields import field_of, with_column
from .relations import ToManyField

# Complete ones only: what they refer to is in it as well.
_models: dict[type[Row], type[models.Model]] = {}
_lock = threading.RLock()


def model_of(table: type[Row]) -> type[models.Model]:
    """Return the unmanaged model of a registered Table, the same class at each call.

    Raises ConfigurationError for a class that has no rows of its own, is not registered, or cannot have a model.
    Raises ImproperlyConfigured where no database of `DATABASES` leads to the connection of the Table.
    """
    made = _models.get(table)
    if made is not None:
        return made
    with _lock:
        if table not in _models:
            _make(table)
        return _models[table]


def _make(table: type[Row]) -> None:
    if not isinstance(table, type) or not issubclass(table, Row):
        raise ConfigurationError(f"model_of(): expected a table class, not {table!r}.")
    if not apps.models_ready:
        raise ConfigurationError(
            f"model_of({table.__name__}): Django is still importing models.py. Call it in admin.py, in ready() of an"
            " AppConfig, or later."
        )
    registry.discover()
    tables = _reachable(table)
    for other in tables:
        _refuse_what_has_no_model(other)
    own = {other: _model(other) for other in tables}
    for other in tables:
        config = apps.get_app_config(str(other._meta.app_label))
        if config.models_module is None:  # without one, migrate makes no permissions for the models of an app
            config.models_module = sys.modules[other.__module__]
    for model in own.values():
        copyreg.pickle(type(model), _pickled)
    _models.update(own)


def _reachable(table: type[Row]) -> list[type[Row]]:
    """Return the table, and those without a model yet to which its references lead, also indirectly."""
    tables = [table]
    for source in tables:  # it grows meanwhile
        for reference in source._meta.references.values():
            target = registry.target(source, reference)
            if target not in tables and target not in _models and aliases[target] == aliases[source]:
                tables.append(target)
    return tables


def _refuse_what_has_no_model(table: type[Row]) -> None:
    meta = table._meta
    name = f"model_of({table.__name__})"
    if meta.abstract:
        raise ConfigurationError(f"{name}: an abstract table has no rows. Name a table that derives from it.")
    if table not in registry.all():
        raise ConfigurationError(
            f"{name}: the table is not registered. Declare it in an app's tables.py, or register() it."
        )
    if meta.app_label not in apps.app_configs:
        raise ConfigurationError(
            f"{name}: a model belongs to an app of INSTALLED_APPS, and {meta.app_label!r} is not the label of one."
            " Declare the table in an app's tables.py, or set Meta.app_label."
        )
    existing = apps.all_models[meta.app_label].get(meta.model_name)
    if existing is not None:
        raise ConfigurationError(
            f"{name}: {existing.__module__}.{existing.__name__} is a model of this name already. Rename one of the"
            f" classes; Meta.name = {meta.name!r} keeps the table's name on the server."
        )
    database_of(table)


def _model(table: type[Row]) -> type[models.Model]:
    from .base import TableModel, TableModelBase  # a model, for which Django's apps must be known

    meta = table._meta
    fields, names = _fields(table)
    options = {
        "app_label": meta.app_label,
        "db_table": meta.id,
        "managed": False,
        "verbose_name": meta.verbose_name,
        "verbose_name_plural": meta.verbose_name_plural,
        "indexes": list(_indexes(table, names)),
        "constraints": list(_constraints(table, names)),
    }
    attributes = {
        "__module__": table.__module__,
        "__qualname__": table.__qualname__,
        "__doc__": table.__doc__,
        "declared_table": table,
        "Meta": type("Meta", (), options),
        **fields,
    }
    made: type[models.Model] = TableModelBase(table.__name__, (TableModel,), attributes)
    return made


def _fields(table: type[Row]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the fields by their names, and the name of the field for each name that an index may give a column."""
    meta = table._meta
    unique = {index.columns[0] for index in meta.indexes if _is_unique(index) and len(index.columns) == 1}
    by_column = {reference.column_name: reference for reference in meta.references.values()}
    fields: dict[str, Any] = {"id": IDField(primary_key=True, verbose_name="ID")}
    names = {"id": "id", "pk": "id", "created_at": "created_at", "updated_at": "updated_at"}
    for name, column in meta.columns.items():
        reference = by_column.get(name)
        if reference is None:
            fields[name] = field_of(column, f"{table.__name__}.{name}", unique=name in unique)
            names[name] = names[column.key] = name
            continue
        target = registry.target(table, reference)
        is_near = aliases[target] == aliases[table]
        names[name] = names[column.key] = field_name = reference.name if is_near else name
        fields[field_name] = _foreign_key(table, target, reference) if is_near else _id_field(table, name)
    for name, relationship in meta.to_many.items():
        fields[name] = ToManyField(table, name, partial(model_of, registry.target(table, relationship)))
    return fields, names


def _foreign_key(table: type[Row], target: type[Row], reference: Reference) -> ModelField:
    """Return the foreign key for a reference. Appwrite does what deleting the other row does, or nothing."""
    column = table._meta.columns[reference.column_name]
    key: Any = models.ForeignKey(
        "self" if target is table else _models.get(target, target._meta.label),
        models.DO_NOTHING,
        db_constraint=False,
        db_column=column.key,
        db_index=False,
        null=not column.required,
        blank=not column.required,
        related_name=_related_name(table, target, reference),
    )
    return with_column(key, column)


def _id_field(table: type[Row], name: str) -> ModelField:
    """Return the field for the id of a row in another database, which no foreign key can lead to."""
    column = table._meta.columns[name]
    field = IDField(null=not column.required, blank=not column.required, db_column=column.key)
    return with_column(field, column)


def _related_name(table: type[Row], target: type[Row], reference: Reference) -> str:
    """Return the name of the reverse relation; "+" where there is none, or the name has another meaning."""
    name = reference.accessor(table)
    if name is None or name in SYSTEM_NAMES or name in target._meta.columns or name in target._meta.relations:
        return "+"
    others = [
        other
        for other in table._meta.references.values()
        if other.accessor(table) == name and registry.target(table, other) is target
    ]
    return name if len(others) == 1 else "+"


def _is_unique(index: Index) -> bool:
    """Whether it is for whole values, so that Django can check them."""
    return isinstance(index, UniqueIndex) and not any(index.lengths)


def _indexes(table: type[Row], names: Mapping[str, str]) -> Iterator[models.Index]:
    for index in table._meta.indexes:
        if not isinstance(index, (UniqueIndex, FulltextIndex, SpatialIndex)):
            signs = ["-" if order == "DESC" else "" for order in index.orders]
            fields = [f"{sign}{names[name]}" for sign, name in zip(signs, index.columns, strict=True)]
            yield models.Index(fields=fields, name=_index_name(table, index))


def _constraints(table: type[Row], names: Mapping[str, str]) -> Iterator[models.UniqueConstraint]:
    ids = {reference.column_name for reference in table._meta.references.values()}
    for index in table._meta.indexes:
        is_relation = index.columns[0] in ids
        if _is_unique(index) and (len(index.columns) > 1 or is_relation):
            fields = [names[name] for name in index.columns]
            yield models.UniqueConstraint(fields=fields, name=_index_name(table, index))


def _index_name(table: type[Row], index: Index) -> str:
    """Return a name that is unique in the project, as Django asks for, and not longer than it allows."""
    return f"table_{hashlib.blake2b(f'{table._meta.label}.{index.key}'.encode(), digest_size=8).hexdigest()}"


def _pickled(model: type[models.Model]) -> Any:
    """Return how the class is pickled: as the model of its table, whose name its module has for the table."""
    table = vars(model).get("declared_table")
    return model.__qualname__ if table is None else (model_of, (table,))
