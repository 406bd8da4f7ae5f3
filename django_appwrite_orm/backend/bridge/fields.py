"""The model field for each kind of column of a Table."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import NotSupportedError, models

from ...tables import columns
from ...tables.columns import Column
from ...tables.columns.numbers import Number
from ...tables.columns.spatial import Spatial
from ...tables.columns.text import member_text
from ..arrays import ArrayField
from ..columns import ModelField
from ..fields.system import SystemAttribute
from .columns import column_for

# From this number of characters on a text is edited in several lines.
_LONG_TEXT = 1000


class ColumnValidator:
    """Validates a value as the column does. What a validator of the field reports is not reported twice."""

    field: ModelField

    def __init__(self, column: Column) -> None:
        self._column = column

    def __call__(self, value: Any) -> None:
        others: list[Any] = [other for other in self.field.validators if other is not self]
        try:
            for validate in others:
                validate(value)
        except ValidationError:
            return
        try:
            self._column.clean(value)
        except ValidationError as error:
            # Without their codes: the field has other messages for some of these.
            raise ValidationError(error.messages) from None


class RefusedConditions:
    """A field that no filter and no order takes; `refusal` says why."""

    refusal: str

    def get_lookup(self, lookup_name: str) -> Any:
        raise NotSupportedError(self.refusal)

    def get_transform(self, lookup_name: str) -> Any:
        raise NotSupportedError(self.refusal)


class EncryptedCharField(RefusedConditions, models.CharField):  # type: ignore[type-arg]
    """Text that Appwrite encrypts."""


class EncryptedTextField(RefusedConditions, models.TextField):  # type: ignore[type-arg]
    """Long text that Appwrite encrypts."""


class EncryptedJSONField(RefusedConditions, models.JSONField):
    """A document that Appwrite encrypts."""


class ShapeField(RefusedConditions, models.JSONField):
    """A point, line or polygon: tuples of numbers, edited as JSON."""

    decode: Callable[[Any], Any]

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        raw = super().from_db_value(value, expression, connection)
        return None if raw is None else self.decode(raw)


class PointField(ShapeField):
    """A point: a tuple of longitude and latitude."""


class LineField(ShapeField):
    """A line: a tuple of points."""


class PolygonField(ShapeField):
    """A polygon: a tuple of rings, each a tuple of points."""


class EnumField(models.CharField):  # type: ignore[type-arg]
    """One of the texts of an Enum. A member of its class is its text."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(member_text(value))

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(member_text(value))


class ListField(ArrayField):
    """A list, whose items are those of a column."""

    decode: Callable[[Any], Any]

    def _item(self, raw: Any) -> Any:
        return None if raw is None else self.decode(raw)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Return the list itself: the column makes its JSON."""
        return value


class EncryptedListField(RefusedConditions, ListField):
    """A list that Appwrite encrypts."""


class VersionField(models.BigIntegerField):  # type: ignore[type-arg]
    """The number of times that a row was written. The database makes it, so that it is in no insert and no update."""

    descriptor_class = SystemAttribute
    generated = True
    db_returning = True
    expression: Any = models.Value(None)
    referenced_fields: frozenset[Any] = frozenset()

    @property
    def output_field(self) -> VersionField:
        return self


def field_of(column: Column, label: str, *, unique: bool) -> ModelField:
    """Return the model field for the values of `column`; `label` names the table and the column in errors."""
    options: dict[str, Any] = {
        "null": not column.required,
        "blank": not column.required,
        "unique": unique,
        "db_column": column.key,
        **_default(column),
    }
    if isinstance(column, columns.Version):
        return with_column(VersionField(null=True, blank=True, editable=False, db_column=column.key), column)
    if column.array:
        return _list_field(column, label, options)
    return with_column(_single_field(column, label, options), column)


def _default(column: Column) -> dict[str, Any]:
    """Return the default of a new instance. The server's default is one too: a form shows it."""
    default = column.db_default if column.default is None else column.default
    if default is None or isinstance(column, columns.Version):
        return {"default": list} if column.array else {}
    if callable(default):
        return {"default": default}
    if isinstance(default, (dict, list)):
        return {"default": column.get_default}
    return {"default": member_text(default)}


def _list_field(column: Column, label: str, options: dict[str, Any]) -> ModelField:
    single = copy.copy(column)
    single.array = False
    arguments = {**options, "base_field": _single_field(single, label, {}), "null": False, "unique": False}
    field: ListField
    if column.encrypted:
        field = encrypted = EncryptedListField(**arguments)
        encrypted.refusal = _encrypted(label)
    else:
        field = ListField(**arguments)
    field.decode = single.decode
    return with_column(field, column)


def _single_field(column: Column, label: str, options: dict[str, Any]) -> ModelField:
    validator = ColumnValidator(column)
    validator.field = field = _plain_field(column, label, {**options, "validators": [*_bounds(column), validator]})
    return field


def _plain_field(column: Column, label: str, options: dict[str, Any]) -> ModelField:
    if isinstance(column, Spatial):
        shape = _SHAPES[type(column)](**{**options, "unique": False})
        shape.decode = column.decode
        shape.refusal = (
            f"{label}: a {column.kind.name} can be neither compared nor ordered through a model. Use the lookups of the"
            " Table."
        )
        return shape
    if column.encrypted:
        return _encrypted_field(column, label, options)
    if isinstance(column, columns.JSON):
        options["encoder"] = DjangoJSONEncoder
    if isinstance(column, columns.Enum):
        return EnumField(**options, **column.django_options())
    kind = column.django_field
    own = column.django_options()
    if issubclass(kind, models.CharField) and own.get("max_length", 0) > _LONG_TEXT and column.kind.format == "":
        kind = models.TextField
    return kind(**options, **own)


def _encrypted_field(column: Column, label: str, options: dict[str, Any]) -> ModelField:
    own = column.django_options()
    field: Any
    if isinstance(column, columns.JSON):
        field = EncryptedJSONField(encoder=DjangoJSONEncoder, **options)
    elif own.get("max_length", _LONG_TEXT + 1) > _LONG_TEXT:
        field = EncryptedTextField(**options, **own)
    else:
        field = EncryptedCharField(**options, **own)
    field.refusal = _encrypted(label)
    return field  # type: ignore[no-any-return]


def _encrypted(label: str) -> str:
    return (
        f"{label} is encrypted: Appwrite can neither filter nor order by it. To find rows by its value, store a digest"
        " in a second column."
    )


def _bounds(column: Column) -> list[Callable[[Any], None]]:
    if not isinstance(column, Number) or isinstance(column, columns.Decimal):
        return []
    low = [] if column.min is None else [MinValueValidator(column.min)]
    return low + ([] if column.max is None else [MaxValueValidator(column.max)])


_SHAPES: dict[type[Column], type[ShapeField]] = {
    columns.Point: PointField,
    columns.Line: LineField,
    columns.Polygon: PolygonField,
}


def with_column(field: ModelField, column: Column) -> ModelField:
    """Have `column_of` return the column of the Table for this field."""
    field.make_column = partial(column_for, column=column)  # type: ignore[attr-defined]
    return field
