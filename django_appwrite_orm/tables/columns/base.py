"""What every column has in common: its place in a table, required, default, array, and the way of a value.

A value goes `clean` (is it allowed?) → `to_appwrite` (JSON) on its way out, and `to_python` on its way in;
`to_query` is the way out of a value in a filter, which is looser: "5" will do for a number there; `to_bounds` is that
of a value that the column might not hold exactly.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, overload

from django.core.exceptions import ValidationError
from django.db import models

from ...exceptions import ConfigurationError
from ..kinds import POINTER_BYTES, Family, Kind
from ..model_features import refuse_hooks_of_fields
from .coercion import plain
from .lookups import ARRAY_LOOKUPS, LOOKUPS
from .typing import Value
from .unknown_options import unknown_options

if TYPE_CHECKING:
    from ..row import Row

# Nearly all values are of these types, which `plain` returns unchanged.
_PLAIN_TYPES = frozenset({str, int, float, bool})


class Column(Generic[Value]):
    """A column of an Appwrite table; a descriptor that reads and sets its value on a row.

    `required` columns must have a value; they are None only where rows are older than the column. `default`
    (a value, or a callable for one that is computed each time, as `timezone.now`) is what a new row starts with when
    it is given no value; `db_default` is the column's default on the server, for every client, which also turns
    an explicit None into that default there. `array` makes the value a list. `column` is the key on the server
    where it differs from the name in Python.

    Two options are for `migrate_appwrite` alone. `renamed_from` is the key the column had before: it is then
    renamed on the server, with its values. `convert` makes the new value of a row out of the JSON that the
    column held under its former kind (never called with None), where Appwrite cannot change the kind in place.
    """

    kind: ClassVar[Kind]  # what the server keeps it in
    # What the values are in Python. A class that names its kind gets these four from it, unless it says otherwise.
    family: ClassVar[Family]
    orderable: ClassVar[bool]  # Python orders the values as every server does
    arithmetic: ClassVar[bool]  # Appwrite's operators count with it
    lookups: tuple[str, ...]
    # The field of Django's that describes it in `_meta`; a plain one for arrays and for what Django has no field for.
    django_field: ClassVar[type[models.Field[Any, Any]]] = models.Field
    encrypted: bool = False  # by the server, which then cannot compare it
    name: str
    key: str

    def __init__(
        self,
        *,
        required: bool = False,
        default: Any = None,
        db_default: Any = None,
        array: bool = False,
        column: str | None = None,
        renamed_from: str | None = None,
        convert: Callable[[Any], Any] | None = None,
        **unknown: Any,
    ) -> None:
        if unknown:
            raise unknown_options(self, unknown)
        self.required = required
        self.default = default
        self.db_default = db_default
        self.array = array
        self._column = column
        self.renamed_from = renamed_from
        self.convert = convert
        if array:
            if not self.kind.has_arrays:
                raise ConfigurationError(
                    f"{type(self).__name__}: Appwrite has no arrays of this kind. Leave array= out."
                )
            self.lookups = ARRAY_LOOKUPS
        if required and db_default is not None:
            raise ConfigurationError(
                f"{type(self).__name__}: a required column cannot have a db_default; Appwrite refuses both."
                " Drop one of them, or use default=, which Python fills in."
            )
        if array and db_default is not None:
            raise ConfigurationError(
                f"{type(self).__name__}: Appwrite has no defaults for array columns. Use default=list."
            )

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        refuse_hooks_of_fields(cls)
        if "kind" in vars(cls):
            kind = cls.kind
            facts = {
                "family": kind.family,
                "orderable": kind.orderable,
                "arithmetic": kind.arithmetic,
                "lookups": LOOKUPS[kind.family],
            }
            for name, value in facts.items():
                if name not in vars(cls):
                    setattr(cls, name, value)

    def bound(self, name: str) -> Self:
        """A copy of this column that knows its name in Python."""
        column = copy.copy(self)
        column.name = name
        column.key = self._column or name
        return column

    @overload
    def __get__(self, row: None, owner: type[Row]) -> Self: ...
    @overload
    def __get__(self, row: Row, owner: type[Row]) -> Value: ...
    def __get__(self, row: Row | None, owner: type[Row]) -> Any:
        return self if row is None else row._value(self)

    def __set__(self, row: Row, value: Any) -> None:
        row._set(self, value)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {getattr(self, 'name', '?')}>"

    def get_default(self) -> Any:
        """The value of a new row that was given none, or None."""
        if callable(self.default):
            return self.default()
        return copy.copy(self.default)

    def clean(self, value: Any) -> Any:
        """The value as it is kept, or every reason against it as one ValidationError."""
        value = value if type(value) in _PLAIN_TYPES else plain(value)
        if value is None:
            if self.required:
                raise ValidationError("This column is required.", code="required")
            return None
        if not self.array:
            return self.clean_one(value)
        if not isinstance(value, (list, tuple)):
            raise ValidationError(f"Expected a list, not {type(value).__name__}.", code="invalid")
        return _each(value, self._clean_item)

    def _clean_item(self, value: Any) -> Any:
        value = value if type(value) in _PLAIN_TYPES else plain(value)
        if value is None:  # Appwrite turns a null inside an array into another value, a 0 for instance
            raise ValidationError("An array cannot hold None.", code="invalid")
        return self.clean_one(value)

    def to_appwrite(self, value: Any) -> Any:
        """The JSON form of a cleaned value."""
        if value is None:
            return None
        return [self.encode(item) for item in value] if self.array else self.encode(value)

    def to_python(self, raw: Any) -> Any:
        """The Python form of what Appwrite sent."""
        if self.array:
            return [None if item is None else self.decode(item) for item in raw or ()]
        return None if raw is None else self.decode(raw)

    def to_query(self, value: Any) -> Any:
        """The JSON form of one value in a filter. Raises ValidationError when the column can hold no such value."""
        low, high = self.to_bounds(value)
        if low is None or low != high:
            raise ValidationError(f"No row has {value!r}: the column does not hold it exactly.", code="inexact")
        return low

    def to_bounds(self, value: Any) -> tuple[Any, Any]:
        """The JSON forms of the nearest values that the column can hold, at or below and at or above a value in a
        filter: twice the same where it can hold that one, None where there is none on that side. Raises
        ValidationError for a value that cannot be compared with the column."""
        return self.bounds(value if type(value) in _PLAIN_TYPES else plain(value))

    def definition(self) -> dict[str, Any]:
        """The column as Appwrite describes it, without what it adds of its own (status, dates)."""
        default = None if self.db_default is None else self.encode(self._clean_item(self.db_default))
        common = {
            "key": self.key,
            "type": self.kind.type,
            "required": self.required,
            "array": self.array,
            "default": default,
        }
        return {**common, **self.options()}

    # What a kind says about itself.

    def options(self) -> dict[str, Any]:
        """The parts of its definition that only this kind has."""
        return {}

    def django_options(self) -> dict[str, Any]:
        """The options of its `django_field` that only this kind has."""
        return {}

    @property
    def row_bytes(self) -> int:
        """Its share of the 65,535 bytes of a row."""
        return POINTER_BYTES if self.array else self.value_bytes

    @property
    def value_bytes(self) -> int:
        """The same for a single value. Kinds whose size decides have their own."""
        if self.kind.row_bytes is None:
            raise NotImplementedError
        return self.kind.row_bytes

    @property
    def index_length(self) -> int:
        """Its share of the 768 of an index, when the index does not shorten it."""
        return self.kind.index_length

    def clean_one(self, value: Any) -> Any:
        """A single value, checked. Raises ValidationError."""
        raise NotImplementedError

    def coerce(self, value: Any) -> Any:
        """A single value of a filter, made to fit where that is safe. Raises ValidationError."""
        return self.clean_one(value)

    def bounds(self, value: Any) -> tuple[Any, Any]:
        """What `to_bounds` says of a single value; for kinds that round."""
        found = self.encode(self.coerce(value))
        return found, found

    def encode(self, value: Any) -> Any:
        return value

    def decode(self, raw: Any) -> Any:
        return raw


def _each(values: list[Any] | tuple[Any, ...], clean: Callable[[Any], Any]) -> list[Any]:
    cleaned, errors = [], []
    for position, value in enumerate(values):
        try:
            cleaned.append(clean(value))
        except ValidationError as error:
            errors += [ValidationError(f"Item {position}: {message}", code="invalid") for message in error.messages]
    if errors:
        raise ValidationError(errors)
    return cleaned
