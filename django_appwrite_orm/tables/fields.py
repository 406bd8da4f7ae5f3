"""Django's field objects for the columns of a table, for code that reads a model's `_meta`.

Views, DRF's filters and django-filter read the class, name, label and choices of fields. No values pass through these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from . import columns
from .system_columns import ID, SYSTEM_COLUMNS_BY_KEY

if TYPE_CHECKING:
    from .row import Row

    Field = models.Field[Any, Any]
else:
    Field = models.Field  # takes no parameters when it is run


def fields_of(table: type[Row]) -> dict[str, Field]:
    """Return the fields by name: system columns, declared columns, then relationships to many.

    A reference has its own name, not that of the column that holds the id.
    """
    meta = table._meta
    names = {reference.column_name: name for name, reference in meta.references.items()}
    unique = {index.columns[0] for index in meta.unique_indexes if len(index.columns) == 1}
    fields: dict[str, Field] = {
        **{column.name: _system_field(column) for column in SYSTEM_COLUMNS_BY_KEY.values()},
        **{names.get(name, name): _field(column, name in unique) for name, column in meta.columns.items()},
        **{name: models.Field(editable=False) for name in meta.to_many},
    }
    for name, field in fields.items():
        field.set_attributes_from_name(name)
        field.model = table  # type: ignore[assignment]  # a table in the place of a model
        if name in meta.relations:
            field.is_relation = True
            field.many_to_one, field.many_to_many = name in meta.references, name in meta.to_many
        if name in meta.references:
            field.attname = meta.references[name].column_name
    return fields


def _system_field(column: columns.Column) -> Field:
    return column.django_field(editable=False, primary_key=column is ID, **column.django_options())


def _field(column: columns.Column, unique: bool) -> Field:
    common: dict[str, Any] = {"null": not column.required, "blank": not column.required, "unique": unique}
    common["editable"] = not isinstance(column, columns.Version)
    if column.default is not None:
        common["default"] = column.default
    if column.array:
        return models.Field(**common)
    return column.django_field(**common, **column.django_options())
