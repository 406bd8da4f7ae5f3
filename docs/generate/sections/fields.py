"""The column of each kind of field of a model, from the backend."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.test.utils import isolate_apps

from django_appwrite_orm.backend.columns import column_of
from django_appwrite_orm.models import ArrayField, IDField
from django_appwrite_orm.plans.limits import INDEX_LENGTH

from ..markdown import code, table


def _fields() -> list[tuple[str, models.Field[Any, Any]]]:
    """Return a field of every kind, as it is written; those of a relation come last."""
    simple: list[type[models.Field[Any, Any]]] = [
        models.BigIntegerField, models.BinaryField, models.BooleanField, models.DateField, models.DateTimeField,
        models.DurationField, models.EmailField, models.FileField, models.FilePathField, models.FloatField,
        models.GenericIPAddressField, models.ImageField, models.IntegerField, models.JSONField,
        models.PositiveBigIntegerField, models.PositiveIntegerField, models.PositiveSmallIntegerField,
        models.SlugField, models.SmallIntegerField, models.TextField, models.TimeField, models.URLField,
        models.UUIDField, IDField,
    ]  # fmt: skip
    written: list[tuple[str, models.Field[Any, Any]]] = [
        ("CharField(max_length=100)", models.CharField(max_length=100)),
        ("CharField() without max_length", models.CharField()),
        ("DecimalField(18, 2)", models.DecimalField(max_digits=18, decimal_places=2)),
        ("DecimalField(30, 2)", models.DecimalField(max_digits=30, decimal_places=2)),
        ("ArrayField(IntegerField())", ArrayField(models.IntegerField(), default=list)),
    ]
    made = [(kind.__name__, kind()) for kind in simple]
    return sorted([*made, *written], key=lambda pair: pair[0])


@isolate_apps("tests.backend.shop")
def _rows() -> list[list[str]]:
    made = _fields()
    attributes = {f"field_{number}": field for number, (_, field) in enumerate(made)}
    meta = type("Meta", (), {"app_label": "shop"})
    model: Any = type("Everything", (models.Model,), {**attributes, "Meta": meta, "__module__": __name__})
    relation = models.ForeignKey(model, models.CASCADE)
    type("Related", (models.Model,), {"relation": relation, "Meta": meta, "__module__": __name__})
    return [_row(name, field) for name, field in [*made, ("ForeignKey, OneToOneField", relation)]]


def _row(name: str, field: models.Field[Any, Any]) -> list[str]:
    made = column_of(field)
    column, kind = made.column, made.column.kind
    size = getattr(column, "size", None) or kind.size
    limit = (
        f"{size:,} characters"
        if size
        else f"{kind.max_bytes:,} bytes of UTF-8"
        if kind.max_bytes
        else "64 bits"
        if kind.is_whole
        else ""
    )
    return [
        code(name),
        code(f"columns.{type(column).__name__}"),
        code(kind.name),
        limit,
        f"{column.row_bytes:,}",
        _length(made),
    ]


def _length(made: Any) -> str:
    if made.is_nested:
        return "not indexed"
    return f"{made.column.index_length:,}" if made.column.index_length <= INDEX_LENGTH else f"more than {INDEX_LENGTH}"


def _model_fields() -> str:
    head = ["Field", "Column", "Appwrite type", "Limit", "Bytes of a row", "Length in an index"]
    return table(head, _rows())


SECTIONS = {"fields": _model_fields}
