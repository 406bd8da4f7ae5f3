"""The column of Appwrite behind a field of a model, and the forms of a value there.

A value is Python's to a field, JSON to Appwrite. `ModelColumn.encode` takes what the field gives a database
(`get_db_prep_save` and `get_db_prep_value` with a connection of this backend), `decode` returns what the field's
`from_db_value` takes, or the value of the field where it has none.
"""

from __future__ import annotations

import base64
import binascii
import decimal
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias, cast

from django.core.exceptions import ValidationError
from django.db import DataError, NotSupportedError, models
from django.db.backends.utils import format_number
from django.db.models import expressions
from django.utils.translation import gettext_lazy as _

from ..tables import columns
from ..tables.columns import Column
from ..tables.columns.relations import ReferenceColumn
from ..tables.columns.serialized import not_a_number, too_many_digits
from ..tables.validation import OPERATOR_MESSAGE, looks_like_operator
from .errors import FieldDataError
from .fields import SystemField
from .keys import RowKey, key_of
from .names import column_key

ModelField: TypeAlias = "models.Field[Any, Any]"

ROW_ID = "$id"
# Where a field of a model keeps its column.
_CACHE = "_appwrite_column"


class ModelColumn:
    """A column that holds the values of `field` as one of the product's kinds holds them.

    `key` is its name on the server, `column` the kind. `is_exact` is False where the server's equality is wider than
    that of Python's values, as it is for text, whose case and accents it ignores.
    """

    is_exact = True
    # Whether its JSON is a list. A copy in memory has the text of that.
    is_nested = False

    def __init__(self, field: ModelField, column: Column, key: str | None = None) -> None:
        self.field = field
        self.column = column.bound(field.name)
        self.column.key = self.key = key or column_key(cast(str, field.column))
        self.is_exact = not self.column.kind.is_text

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.key} of {self.field}>"

    @property
    def is_system(self) -> bool:
        """Whether every row on the server has it, so that no migration makes it."""
        return self.key.startswith("$")

    @cached_property
    def key_of_rows(self) -> RowKey | None:
        """What makes the ids of rows of these values: of a primary key that has a column beside them."""
        return key_of(self.field) if self.field.primary_key and not holds_row_id(self.field) else None

    def encode(self, value: Any) -> Any:
        """Return the JSON of `value` in a row. Raises DataError, which names the field, for one it cannot hold."""
        try:
            return None if value is None else self._encode(value)
        except ValidationError as error:
            raise self.data_error(" ".join(error.messages)) from None

    def encode_change(self, value: Any) -> Any:
        """Return the JSON of `value` in a change of a row, where Appwrite runs some texts as operators.

        Raises DataError for such a text too.
        """
        return self.checked_change(self.encode(value))

    def checked_change(self, raw: Any) -> Any:
        """Return this JSON for a change of a row. Raises DataError for a text that Appwrite would run."""
        for text in raw if isinstance(raw, list) else [raw]:
            if isinstance(text, str) and looks_like_operator(text):
                raise self.data_error(str(OPERATOR_MESSAGE))
        return raw

    def data_error(self, message: str) -> DataError:
        """Return the error that says `message` of this field."""
        return FieldDataError(self.field, message)

    def bounds(self, value: Any) -> tuple[Any, Any]:
        """Return the JSON of the nearest values that the column can hold, at or below and at or above `value`.

        They are the same where it can hold `value`, None where there is none on that side. Raises ValidationError for
        a value that cannot be compared with the column.
        """
        return self.column.to_bounds(value)

    @property
    def decode(self) -> Callable[[Any], Any] | None:
        """What makes a value of JSON other than null; None where the JSON is the value."""
        return None

    def decoded(self, raw: Sequence[Any]) -> Sequence[Any]:
        """Return the values of these JSON values of several rows."""
        decode = self.decode
        return raw if decode is None else [None if value is None else decode(value) for value in raw]

    def value_in(self, raw: Mapping[str, Any]) -> Any:
        """Return the value in a row; None where the row has none."""
        value = raw.get(self.key)
        return value if value is None or self.decode is None else self.decode(value)

    def _encode(self, value: Any) -> Any:
        return self.column.to_appwrite(self.column.clean(value))


class ConvertedColumn(ModelColumn):
    """A column whose kind converts JSON into Python's values: dates, times, points in time, UUIDs, doubles."""

    def __init__(self, field: ModelField, column: Column, key: str | None = None) -> None:
        super().__init__(field, column, key)
        self.is_exact = True  # these texts have one spelling

    @property
    def decode(self) -> Callable[[Any], Any]:
        return self.column.decode


class TextColumn(ModelColumn):
    """Text."""

    def bounds(self, value: Any) -> tuple[Any, Any]:
        # Longer than the column, or of another form: no row has it, and the server compares it all the same.
        raw = self.column.encode(self.column.coerce(value))
        return raw, raw


class DecimalColumn(ConvertedColumn):
    """A Decimal, kept as a whole number of its smallest unit."""

    def _encode(self, value: Any) -> Any:
        kind = cast("columns.Decimal[Any]", self.column)
        try:
            text = format_number(decimal.Decimal(value), kind.max_digits, kind.decimal_places)
        except (decimal.InvalidOperation, ValueError):
            raise too_many_digits(kind.max_digits, value) from None
        return super()._encode(text)


class WideDecimalColumn(ModelColumn):
    """A Decimal of more digits than a whole number of Appwrite's has: as text that orders as the numbers do.

    12.34 with 20 digits, 2 behind the point, is "1" and 00000000000000001234. A number below 0 is "0" and what it is
    more than -10**20.
    """

    def __init__(self, field: ModelField, column: Column, key: str | None = None) -> None:
        super().__init__(field, column, key)
        self.is_exact = True
        own = cast("models.DecimalField[Any, Any]", field)
        self.digits, self.places = own.max_digits or 0, own.decimal_places or 0

    def _encode(self, value: Any) -> Any:
        try:
            text = format_number(self._number(value), self.digits, self.places)
        except decimal.InvalidOperation:
            raise too_many_digits(self.digits, value) from None
        return self.bounds(text)[0]

    def bounds(self, value: Any) -> tuple[Any, Any]:
        scaled = self._number(value).scaleb(self.places, ANY_LENGTH)
        limit = 10**self.digits
        if scaled >= limit:
            return self._text(limit - 1), None
        if scaled <= -limit:
            return None, self._text(1 - limit)
        low, high = (int(scaled.to_integral_value(way)) for way in (decimal.ROUND_FLOOR, decimal.ROUND_CEILING))
        return None if low == -limit else self._text(low), None if high == limit else self._text(high)

    @property
    def decode(self) -> Callable[[Any], Any]:
        return self._decimal

    def _text(self, number: int) -> str:
        return f"1{number:0{self.digits}d}" if number >= 0 else f"0{10**self.digits + number:0{self.digits}d}"

    def _decimal(self, raw: str) -> decimal.Decimal:
        return decimal_of(number_of_text(raw, self.digits), self.places)

    @staticmethod
    def _number(value: Any) -> decimal.Decimal:
        try:
            number = decimal.Decimal(value)
        except (decimal.DecimalException, TypeError, ValueError):
            raise not_a_number(value) from None
        if not number.is_finite():
            raise not_a_number(value)
        return number


def number_of_text(raw: str, digits: int) -> int:
    """Return the number of smallest units that the JSON of a `WideDecimalColumn` of so many digits stands for."""
    return int(raw[1:]) - (0 if raw[0] == "1" else 10**digits)


def decimal_of(number: int, places: int) -> decimal.Decimal:
    """Return a number of smallest units as a Decimal of so many places, however long it is."""
    sign, digits, _ = decimal.Decimal(number).as_tuple()
    return decimal.Decimal((sign, digits, -places))


ANY_LENGTH = decimal.Context(prec=decimal.MAX_PREC, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)


class JSONColumn(ModelColumn):
    """A document. `encode` takes its text, and `decode` returns it, for the field has the encoder and decoder.

    It stands in a list of one, as in the product's own columns of this kind: no document is an operator then.
    """

    def _encode(self, value: Any) -> Any:
        text = f"[{value}]"
        if "NaN" in text or "Infinity" in text:  # Python writes and reads them; they are not JSON
            json.loads(text, parse_constant=_refuse_constant)
        columns.Text.clean_one(cast("columns.JSON", self.column), text)
        return text

    def bounds(self, value: Any) -> tuple[Any, Any]:
        raise NotSupportedError("Appwrite cannot compare JSON documents.")

    @property
    def decode(self) -> Callable[[Any], Any]:
        return self._text

    @staticmethod
    def _text(raw: str) -> str:
        return raw[1:-1]


def _refuse_constant(name: str) -> None:
    raise ValidationError(_("JSON has no %(name)s."), code="invalid", params={"name": name})


class BinaryColumn(ModelColumn):
    """Bytes, as text in base64."""

    def _encode(self, value: Any) -> Any:
        return self.column.to_appwrite(self.column.clean(_base64(value)))

    def bounds(self, value: Any) -> tuple[Any, Any]:
        raw = _base64(value)
        return raw, raw

    @property
    def decode(self) -> Callable[[Any], Any]:
        return self._bytes

    def _bytes(self, raw: str) -> bytes:
        try:
            return base64.b64decode(raw, validate=True)
        except binascii.Error:
            raise self.data_error(f"The text {raw[:40]!r} is not base64.") from None


def _base64(value: Any) -> str:
    return base64.b64encode(value.encode() if isinstance(value, str) else bytes(value)).decode()


class ListColumn(ModelColumn):
    """A list. `item` is the column that one value would have; null on the server means an empty list."""

    is_nested = True

    def __init__(self, field: ModelField, item: ModelColumn) -> None:
        super().__init__(field, item.column)
        self.column.array, self.column.required = True, False
        self.item = item

    def bounds(self, value: Any) -> tuple[Any, Any]:
        raise NotSupportedError("Appwrite cannot compare lists.")

    def raw_item(self, value: Any) -> Any:
        """Return the JSON of an item; None if no list can hold it."""
        try:
            low, high = self.item.bounds(value)
        except ValidationError:
            return None
        return low if low == high else None


class KeyColumn(ModelColumn):
    """The id of a row, as the primary key of its model: the id of this row, or that of another in a foreign key."""

    def __init__(self, field: ModelField, row_key: RowKey, key: str | None = None) -> None:
        super().__init__(field, ReferenceColumn(required=not field.null), key)
        self.row_key = row_key
        self.is_exact = True

    def bounds(self, value: Any) -> tuple[Any, Any]:
        raw = self.row_key.row_id(value)
        return raw, raw

    @property
    def decode(self) -> Callable[[Any], Any]:
        return self._value

    def decoded(self, raw: Sequence[Any]) -> Sequence[Any]:
        try:
            return self.row_key.values(raw)
        except ValidationError as error:
            raise self._not_a_key(error) from None

    def _value(self, raw: str) -> Any:
        try:
            return self.row_key.value(raw)
        except ValidationError as error:
            raise self._not_a_key(error) from None

    def _not_a_key(self, error: ValidationError) -> DataError:
        return self.data_error(" ".join(error.messages))

    def _encode(self, value: Any) -> Any:
        return self.row_key.row_id(value)


# Django's expression for null in JSON, from 6.1 on.
_JSON_NULL = getattr(expressions, "JSONNull", ())


def saved_constant(field: ModelField, value: models.Value, connection: Any) -> Any:
    """Return what `field` gives a database for a constant of a CASE, where None is null in SQL, unless it is said."""
    if isinstance(value, _JSON_NULL):
        return saved_value(field, value, connection)
    return prepared_value(field, value.value, connection)


def saved_value(field: ModelField, value: models.Value, connection: Any) -> Any:
    """Return what `field` gives a database for the expression `value`, of which None in JSON is not null in SQL."""
    if value.value is None and isinstance(getattr(value, "_output_field_or_none", None), models.JSONField):
        return connection.ops.adapt_json_value(None, None)
    return prepared_value(field, value.value, connection)


# What a field raises for a value that it cannot give a database.
UNPREPARED = (AttributeError, OverflowError, RecursionError, TypeError, ValueError, ValidationError)


class UnpreparedValue(DataError, TypeError, ValueError):
    """A value that its field cannot give a database. Fields of Django raise TypeError and ValueError for some."""


def prepared_value(field: ModelField, value: Any, connection: Any) -> Any:
    """Return what `field` gives a database for `value`. Raises `unprepared` for one that it cannot give."""
    try:
        return field.get_db_prep_save(value, connection)
    except UNPREPARED as error:
        raise unprepared(field, error) from error


def unprepared(field: ModelField, error: Exception) -> Exception:
    """Return the error in place of what the field has raised; it names model and field."""
    name = f"{field.model._meta.label}.{field.name}"
    if isinstance(error, ValidationError):
        return ValidationError(f"{name}: {' '.join(error.messages)}", code=getattr(error, "code", None))
    return UnpreparedValue(f"{name}: {error}")


def column_of(field: ModelField) -> ModelColumn:
    """Return the column behind a concrete field. Raises NotSupportedError for a kind of field that has none."""
    made: ModelColumn | None = vars(field).get(_CACHE)
    if made is None or made.field is not field:  # a copy of a field has the attributes of its original
        made = vars(field)[_CACHE] = _made(field)
    return made


def columns_of(model: type[models.Model]) -> tuple[ModelColumn, ...]:
    """Return the columns of a model's own table in the order of its fields, that of the row's id among them.

    The fields of a parent with a table of its own are in that one.
    """
    meta = (model._meta.concrete_model or model)._meta
    return tuple(column_of(field) for field in meta.local_concrete_fields if field.column is not None)


def row_id_of(instance: models.Model, connection: Any, model: type[models.Model] | None = None) -> str:
    """Return the id of the row of an instance in the table of its model, or of `model`, a parent with a table."""
    pk: Any = (model or type(instance))._meta.pk
    row_key = key_of(pk)
    raw = column_of(pk).encode(pk.get_db_prep_save(getattr(instance, pk.attname), connection))
    return row_key.row_id(raw) if row_key.has_column else cast(str, raw)


def holds_row_id(field: ModelField) -> bool:
    """Whether the primary key `field` is read from the id of the row, and has no column of its own."""
    return field.primary_key and not key_of(field).has_column


def _made(field: ModelField) -> ModelColumn:
    if (make_column := vars(field).get("make_column")) is not None:  # of the model of a Table, which has the column
        return cast(ModelColumn, make_column(field))
    if holds_row_id(field):
        return KeyColumn(field, key_of(field), ROW_ID)
    if isinstance(field, SystemField):
        return ConvertedColumn(field, columns.Datetime(required=True), field.system_key)
    target = field
    while isinstance(target, models.ForeignKey):
        target = target.target_field
        if holds_row_id(target):
            return KeyColumn(field, key_of(target))
    if target.get_internal_type() == "ArrayField":
        return ListColumn(field, _item_column(field))
    kind = _kind(target)
    if kind is None:
        raise NotSupportedError(
            f"{field.model._meta.label}.{field.name}: {type(field).__name__} has no kind of column on Appwrite. Derive"
            " it from a field of Django's that does, whose get_internal_type() it then has."
        )
    made, column = kind
    column.required = not field.null
    return made(field, column)


def _item_column(field: Any) -> ModelColumn:
    """Return the column of the items of a list. Raises NotSupportedError for items that no list can hold."""
    made = None if field.base_field.is_relation else _kind(field.base_field)
    if made is None or made[0] not in (ModelColumn, TextColumn, ConvertedColumn) or made[1].kind.name == "json":
        raise NotSupportedError(
            f"{field.model._meta.label}.{field.name}: an ArrayField cannot hold a {type(field.base_field).__name__}."
            " Use texts, whole numbers, floats, booleans, dates, times or UUIDs, or a JSONField for the whole list."
        )
    return made[0](field.base_field, made[1])


def _kind(field: ModelField) -> tuple[type[ModelColumn], Column] | None:
    """Return the kind of a column for the values of a field that is not a relation."""
    name = field.get_internal_type()
    if name in _SIMPLE:
        made, kind = _SIMPLE[name]
        return made, kind()
    if name in _SIZED:
        size = field.max_length
        return TextColumn, columns.LongText() if size is None else columns.String(size=size)
    if name == "DecimalField":
        digits, places = getattr(field, "max_digits", None), getattr(field, "decimal_places", None)
        if digits is None or places is None:
            return None
        if digits > MAX_DIGITS:
            return WideDecimalColumn, columns.String(size=digits + 1)
        return DecimalColumn, columns.Decimal(max_digits=digits, decimal_places=places)
    return None


# Digits of a Decimal that fit into the 64 bits of Appwrite's whole numbers.
MAX_DIGITS = 18
_SIZED = frozenset({"CharField", "FileField", "FilePathField", "SlugField"})
_Made = tuple[type[ModelColumn], Callable[[], Column]]
_SIMPLE: dict[str, _Made] = {
    "AutoField": (ModelColumn, columns.BigInt),  # as the value of a relation to a field that is not the primary key
    "BigAutoField": (ModelColumn, columns.BigInt),
    "SmallAutoField": (ModelColumn, columns.BigInt),
    "BigIntegerField": (ModelColumn, columns.BigInt),
    "BinaryField": (BinaryColumn, columns.LongText),
    "BooleanField": (ModelColumn, columns.Boolean),
    "DateField": (ConvertedColumn, columns.Date),
    "DateTimeField": (ConvertedColumn, columns.Datetime),
    "DurationField": (ModelColumn, columns.BigInt),  # microseconds
    "FloatField": (ConvertedColumn, columns.Float),
    "GenericIPAddressField": (TextColumn, columns.IP),
    "IPAddressField": (TextColumn, columns.IP),
    "IntegerField": (ModelColumn, columns.BigInt),
    "JSONField": (JSONColumn, columns.JSON),
    "PositiveBigIntegerField": (ModelColumn, columns.BigInt),
    "PositiveIntegerField": (ModelColumn, columns.BigInt),
    "PositiveSmallIntegerField": (ModelColumn, columns.BigInt),
    "SmallIntegerField": (ModelColumn, columns.BigInt),
    "TextField": (TextColumn, columns.LongText),
    "TimeField": (ConvertedColumn, columns.Time),
    "UUIDField": (ConvertedColumn, columns.UUID),
}
