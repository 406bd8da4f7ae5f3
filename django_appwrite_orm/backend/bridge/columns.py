"""The column behind a field of a Table's model: the one that the Table declares."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from django.db import NotSupportedError

from ...tables import columns
from ...tables.columns import Column
from ...tables.columns.relations import RelationshipColumn
from ...tables.columns.spatial import Spatial
from ..columns import (
    ConvertedColumn,
    DecimalColumn,
    JSONColumn,
    KeyColumn,
    ListColumn,
    ModelColumn,
    ModelField,
    TextColumn,
)
from ..keys import IdKey


class DocumentColumn(JSONColumn):
    """A document, in the spelling that the Table writes."""

    def _encode(self, value: Any) -> Any:
        return self.column.to_appwrite(self.column.clean(json.loads(value)))


class ShapeColumn(ModelColumn):
    """A point, line or polygon. `encode` takes its JSON, and `decode` returns it."""

    is_nested = True

    def _encode(self, value: Any) -> Any:
        return super()._encode(json.loads(value))

    def bounds(self, value: Any) -> tuple[Any, Any]:
        raise NotSupportedError("Appwrite cannot compare shapes.")

    @property
    def decode(self) -> Callable[[Any], Any]:
        return json.dumps


class LinkColumn(KeyColumn):
    """The id of the row at the other end of a relationship of Appwrite's."""

    def __init__(self, field: ModelField, column: RelationshipColumn) -> None:
        super().__init__(field, IdKey(), column.key)
        self.column = column.bound(field.name)
        self.column.key = self.key

    @property
    def decode(self) -> Callable[[Any], Any]:
        return self.column.decode


def column_for(field: Any, column: Column) -> ModelColumn:
    """Return the model column of `field` that stores its values as `column`, of a Table, does."""
    if isinstance(column, RelationshipColumn):
        return LinkColumn(field, column)
    if field.remote_field is not None:
        return KeyColumn(field, IdKey(), column.key)
    if not column.array:
        return _model_column_class(column)(field, column, column.key)
    single = copy.copy(column)
    single.array = False
    list_column = ListColumn(field, _model_column_class(single)(field.base_field, single, column.key))
    list_column.key = list_column.column.key = column.key
    return list_column


def _model_column_class(column: Column) -> type[ModelColumn]:
    for column_classes, model_column_class in _MODEL_COLUMNS:
        if isinstance(column, column_classes):
            return model_column_class
    return TextColumn if column.kind.is_text else ModelColumn


_MODEL_COLUMNS: tuple[tuple[tuple[type[Column], ...], type[ModelColumn]], ...] = (
    ((columns.JSON,), DocumentColumn),
    ((columns.Decimal,), DecimalColumn),
    ((columns.Date, columns.Datetime, columns.Float, columns.Time, columns.UUID), ConvertedColumn),
    ((Spatial,), ShapeColumn),
)
