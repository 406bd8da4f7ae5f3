"""`Column`, the base of all columns: options, and the conversions of a value.

A value that is set passes `clean` (validation) and `to_appwrite` (JSON); JSON that is read passes `to_python`. A value
in a filter passes `to_query`, which accepts more: "5" is a number there. `to_bounds` is for a value that the column may
not be able to hold exactly.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, overload

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

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

    - `required`: the column must have a value. It is None only in rows that are older than the column.
    - `default`: the value of a new row that was given none, or a callable that returns it, such as `timezone.now`.
    - `db_default`: the default on the server, for every client. It also replaces an explicit None there.
    - `array`: the value is a list.
    - `column`: the key on the server, where it differs from the name in Python.

    Two options are for `migrate_appwrite`:

    - `renamed_from`: the former key. The column is renamed on the server and keeps its values.
    - `convert`: returns the new value for the JSON that a row has under the former kind, where Appwrite cannot change
      the kind in place. It is not called with None.
    """

    kind: ClassVar[Kind]  # how the server keeps it
    # Facts about the values in Python. A class that names its kind has these four from it, unless it sets its own.
    family: ClassVar[Family]
    orderable: ClassVar[bool]  # Python orders the values as every server does
    arithmetic: ClassVar[bool]  # Appwrite's operators count with it
    lookups: tuple[str, ...]
    # The Django field that describes it in `_meta`; a plain one for arrays and where Django has none.
    django_field: ClassVar[type[models.Field[Any, Any]]] = models.Field
    encrypted: bool = False  # by the server, which cannot compare its values then
    name: str
    key: str
    _is_cleaned_here: ClassVar[bool]  # whether nobody overrides what `cleaned_json` does for a plain value

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
                f"{type(self).__name__}: a required column cannot have a db_default; Appwrite refuses both. Remove one"
                " of them, or use default=, which Python fills in."
            )
        if array and db_default is not None:
            raise ConfigurationError(
                f"{type(self).__name__}: Appwrite has no defaults for array columns. Use default=list."
            )

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        refuse_hooks_of_fields(cls)
        cls._is_cleaned_here = cls.clean is Column.clean and cls.to_appwrite is Column.to_appwrite
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
        """Return a copy of this column with its name in Python."""
        column = copy.copy(self)
        column.name = name
        column.key = self._column or name
        return column

    @overload
    def __get__(self, row: None, owner: type[Row]) -> Self: ...
    @overload
    def __get__(self, row: Row, owner: type[Row]) -> Value: ...
    def __get__(self, row: Row | None, owner: type[Row]) -> Any:
        return self if row is None else row._decoded(self)

    if TYPE_CHECKING:  # a row sets it itself: without this method Python finds a value in the row before the column

        def __set__(self, row: Row, value: Any) -> None: ...

    def check_assignment(self, row: Row) -> None:
        """Raise AttributeError where the column cannot be set."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {getattr(self, 'name', '?')}>"

    def get_default(self) -> Any:
        """Return the value of a new row that was given none, or None."""
        if callable(self.default):
            return self.default()
        return copy.copy(self.default)

    def clean(self, value: Any) -> Any:
        """Return the value as a row holds it. Raises one ValidationError with every problem."""
        value = value if type(value) in _PLAIN_TYPES else plain(value)
        if value is None:
            if self.required:
                raise ValidationError(_("This column is required."), code="required")
            return None
        if not self.array:
            return self.clean_one(value)
        if not isinstance(value, (list, tuple)):
            params = {"type": type(value).__name__}
            raise ValidationError(_("Expected a list, not %(type)s."), code="invalid", params=params)
        return _each(value, self._clean_item)

    def _clean_item(self, value: Any) -> Any:
        value = value if type(value) in _PLAIN_TYPES else plain(value)
        if value is None:  # Appwrite replaces a null inside an array by another value, 0 for instance
            raise ValidationError(_("An array cannot hold None."), code="invalid")
        return self.clean_one(value)

    def to_appwrite(self, value: Any) -> Any:
        """Return the JSON of a cleaned value."""
        if value is None:
            return None
        return [self.encode(item) for item in value] if self.array else self.encode(value)

    def cleaned_json(self, value: Any) -> Any:
        """Return the JSON of a value that is not cleaned yet. Raises one ValidationError with every problem."""
        if type(value) in _PLAIN_TYPES and not self.array and self._is_cleaned_here:
            return self.encode(self.clean_one(value))
        return self.to_appwrite(self.clean(value))

    def to_python(self, raw: Any) -> Any:
        """Return the Python value of JSON that Appwrite sent."""
        if self.array:
            return [None if item is None else self.decode(item) for item in raw or ()]
        return None if raw is None else self.decode(raw)

    def to_query(self, value: Any) -> Any:
        """Return the JSON of a value in a filter. Raises ValidationError when the column cannot hold the value."""
        low, high = self.to_bounds(value)
        if low is None or low != high:
            message = _("No row has %(value)s: the column does not hold it exactly.")
            raise ValidationError(message, code="inexact", params={"value": repr(value)})
        return low

    def to_bounds(self, value: Any) -> tuple[Any, Any]:
        """Return the JSON of the nearest values that the column can hold, at or below and at or above a value.

        They are the same where it can hold the value, None where there is none on that side. Raises ValidationError
        for a value that cannot be compared with the column.
        """
        return self.bounds(value if type(value) in _PLAIN_TYPES else plain(value))

    def definition(self) -> dict[str, Any]:
        """Return the column as Appwrite describes it, without status and dates."""
        default = None if self.db_default is None else self.encode(self._clean_item(self.db_default))
        common = {
            "key": self.key,
            "type": self.kind.type,
            "required": self.required,
            "array": self.array,
            "default": default,
        }
        return {**common, **self.options()}

    # For subclasses.

    def options(self) -> dict[str, Any]:
        """Return the parts of its definition that only this kind has."""
        return {}

    def django_options(self) -> dict[str, Any]:
        """Return the options of its `django_field` that only this kind has."""
        return {}

    @property
    def row_bytes(self) -> int:
        """Its share of the bytes of a row."""
        return POINTER_BYTES if self.array else self.value_bytes

    @property
    def value_bytes(self) -> int:
        """The share of a single value. Columns with a size override it."""
        if self.kind.row_bytes is None:
            raise NotImplementedError
        return self.kind.row_bytes

    @property
    def index_length(self) -> int:
        """Its share of the length of an index that does not shorten it."""
        return self.kind.index_length

    def clean_one(self, value: Any) -> Any:
        """Validate and return a single value. Raises ValidationError."""
        raise NotImplementedError

    def coerce(self, value: Any) -> Any:
        """Return a single value of a filter, converted where that is safe. Raises ValidationError."""
        return self.clean_one(value)

    def bounds(self, value: Any) -> tuple[Any, Any]:
        """Return the result of `to_bounds`; columns that round override it."""
        encoded = self.encode(self.coerce(value))
        return encoded, encoded

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
            errors += [
                ValidationError(
                    _("Item %(number)d: %(message)s"), code="invalid", params={"number": position, "message": message}
                )
                for message in error.messages
            ]
    if errors:
        raise ValidationError(errors)
    return cleaned
