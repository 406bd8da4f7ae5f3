"""`Row`, the base of tables: declared columns over the JSON that Appwrite sent."""

from __future__ import annotations

import contextlib
import copy
import datetime
from collections.abc import Collection, Mapping
from functools import partialmethod
from typing import Any, ClassVar, Self

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.utils.translation import gettext_lazy as _

from ..conf import ID_RULE, VALID_ID
from ..credentials import Using
from ..exceptions import MultipleRowsReturned, RowDoesNotExist, RowGone
from .columns import Column, Enum
from .columns.text import member_text
from .model_features import TableType, has_own_init, refuse_what_models_have
from .names import unknown_column
from .options import Options
from .overrides import Overridable
from .permissions import ROW_VERBS, permission_problems
from .serialization import RowDict, json_ready, values_of
from .system_columns import CREATED_AT, PERMISSIONS_KEY, SEQUENCE, UPDATED_AT
from .validation import clean_values


class Row(Overridable, metaclass=TableType):
    """Base of every table class. An instance is one row.

    Values are decoded at their first read. The JSON is never changed, so that a save can find the changes. Two rows of
    one table with the same id are equal.
    """

    _meta: ClassVar[Options]
    _has_own_init: ClassVar[bool]
    _being_read: tuple[dict[str, Any], Using]
    _using: Using | None
    DoesNotExist: ClassVar[type[RowDoesNotExist]]
    MultipleObjectsReturned: ClassVar[type[MultipleRowsReturned]]
    RowGone: ClassVar[type[RowGone]]
    # The descriptor that the registry sets for a relation of another table to this one; it takes table and name.
    _reverse_descriptor: ClassVar[type[Any] | None] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        refuse_what_models_have(cls, Row)
        cls._has_own_init = has_own_init(cls, Row)
        cls._meta = Options(cls, _bound_columns(cls))
        cls.DoesNotExist = _exception(cls, "DoesNotExist", RowDoesNotExist)
        cls.MultipleObjectsReturned = _exception(cls, "MultipleObjectsReturned", MultipleRowsReturned)
        cls.RowGone = _exception(cls, "RowGone", cls.DoesNotExist, RowGone)
        for name, column in cls._meta.columns.items():
            if isinstance(column, Enum) and not column.array and not hasattr(cls, f"get_{name}_display"):
                setattr(cls, f"get_{name}_display", partialmethod(Row._display_of, column))

    def __init__(self, *, id: str | None = None, permissions: list[str] | None = None, **values: Any) -> None:
        """Make a new row, which is not in Appwrite yet. Columns that are left out have their default.

        `id` is generated at the first save when left out; `pk` is another name for it. Raises TypeError for a name
        that is not a column.

        An `__init__()` of the table's own is also called for rows that are read, without arguments: the values are
        there when `super().__init__()` returns.
        """
        if (read := vars(self).pop("_being_read", None)) is not None:
            if id is not None or permissions is not None or values:
                raise TypeError(
                    f"{type(self).__name__}.__init__() passed values for a row that is read, whose values come from"
                    " Appwrite. Pass on only the arguments received, and set other values after super().__init__()."
                )
            self._using = read[1]
            self._load(read[0])
            return
        self._raw: dict[str, Any] = {}  # the JSON that Appwrite sent
        self._read: dict[str, Any] = {}  # the values decoded from it so far
        self._values: dict[str, Any] = {}  # the values set since
        self._using = None
        self._permissions = None if permissions is None else list(permissions)
        pk = values.pop("pk", None)
        self.id: str | None = id if id is not None else pk
        for name, value in values.items():
            if name not in self._meta.columns and name not in self._meta.relations:
                raise TypeError(unknown_column(type(self), name))
            setattr(self, name, value)
        for name, column in self._meta.columns.items():
            if name not in values and (default := column.get_default()) is not None:
                self._values[name] = default

    @classmethod
    def from_appwrite(cls, raw: dict[str, Any], using: Using) -> Self:
        """Return the row for `raw`, the JSON that Appwrite sent. The row keeps and owns that dict."""
        row = cls.__new__(cls)
        if not cls._has_own_init:
            row._using = using
            row._load(raw)
            return row
        row._being_read = (raw, using)
        row.__init__()  # type: ignore[misc]
        if "_being_read" in vars(row):
            raise TypeError(f"{cls.__name__}.__init__() must call super().__init__().")
        return row

    def _load(self, raw: dict[str, Any]) -> None:
        self._raw, self._read, self._values, self._permissions, self.id = raw, {}, {}, None, raw["$id"]

    def _value(self, column: Column) -> Any:
        name, key = column.name, column.key
        if name in self._values:
            return self._values[name]
        if name not in self._read:
            if key not in self._raw and self._raw:
                raise AttributeError(
                    f"{type(self).__name__}.{column.name} was not read: it was not selected, or Appwrite has computed"
                    " it since the row was read, or the table on the server does not have the column yet (run"
                    " migrate_appwrite)."
                )
            self._read[name] = column.to_python(self._raw.get(key))
        return self._read[name]

    def _set(self, column: Column, value: Any) -> None:
        self._values[column.name] = value

    def _note_changed_arrays(self) -> None:
        """Count arrays, and documents of JSON columns, that were changed in place as set."""
        for name, value in self._read.items():
            column = self._meta.columns[name]
            if isinstance(value, (list, dict)) and not _same(value, column.to_python(self._raw.get(column.key))):
                self._values.setdefault(name, value)

    @property
    def pk(self) -> str | None:
        return self.id

    @pk.setter
    def pk(self, value: str | None) -> None:
        self.id = value

    @property
    def is_saved(self) -> bool:
        """Whether the row came from Appwrite or has been written to it."""
        return bool(self._raw)

    @property
    def sequence(self) -> int | None:
        """The server's running number of the row; None before it is saved."""
        return int(self._raw[SEQUENCE.key]) if SEQUENCE.key in self._raw else None

    @property
    def created_at(self) -> datetime.datetime | None:
        return self._time(CREATED_AT)

    @property
    def updated_at(self) -> datetime.datetime | None:
        return self._time(UPDATED_AT)

    def _time(self, column: Column) -> datetime.datetime | None:
        return column.decode(self._raw[column.key]) if column.key in self._raw else None

    @property
    def permissions(self) -> list[str]:
        """Permissions of this row, as the SDK's `Permission` writes them; assign a list to change them."""
        return list(self._raw.get(PERMISSIONS_KEY, ())) if self._permissions is None else list(self._permissions)

    @permissions.setter
    def permissions(self, value: list[str]) -> None:
        self._permissions = list(value)

    def _forget(self) -> None:
        """Mark the row as deleted: values that were read stay, and a save creates it again."""
        values = {
            name: self._value(column)
            for name, column in self._meta.columns.items()
            if column is not self._meta.version and (name in self._values or column.key in self._raw)
        }
        self._permissions = self.permissions or None
        self._raw, self._read, self._values = {}, {}, {**self._values, **values}

    def _display_of(self, column: Enum[Any]) -> Any:
        """Return the label of an Enum's value: that of a Django `TextChoices`, else the text itself."""
        value = self._value(column)
        return column.labels.get(member_text(value), value)

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Check each column, as a save does. Raises one ValidationError with all problems by column."""
        self._note_changed_arrays()
        try:
            self._cleaned(self._values, whole=not self.is_saved)
        except ValidationError as error:
            problems = {name: errors for name, errors in error.error_dict.items() if name not in (exclude or ())}
            if problems:
                raise ValidationError(problems) from None

    def clean(self) -> None:
        """Check the row as a whole. Override it; `full_clean()` calls it, and as in Django `save()` does not."""

    def full_clean(self, exclude: Collection[str] | None = None) -> None:
        """Check each column and then, by `clean()`, the row as a whole.

        Raises one ValidationError with all problems by column. Appwrite checks whether values are unique when the row
        is saved.
        """
        errors: dict[str, Any] = {}
        for check, arguments in ((self.clean_fields, (exclude,)), (self.clean, ())):
            try:
                check(*arguments)
            except ValidationError as error:
                errors = error.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)

    def _cleaned(self, values: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
        """Return the JSON of `values` by column key. See `clean_values`."""
        errors: dict[str, Any] = {}
        if self.id is not None and not (isinstance(self.id, str) and VALID_ID.fullmatch(self.id)):
            params = {"value": repr(self.id), "rule": _(ID_RULE)}
            errors["id"] = ValidationError(_("%(value)s is not a valid row id. Use %(rule)s."), params=params)
        elif self.is_saved and self.id != self._raw["$id"]:
            message = _("The id of a saved row (%(id)s) cannot be changed. Create a new row.")
            errors["id"] = ValidationError(message, params={"id": repr(self._raw["$id"])})
        if self._permissions and (problems := permission_problems(self._permissions, ROW_VERBS)):
            errors["permissions"] = problems
        return clean_values(type(self), values, whole=whole, errors=errors)

    def _new_data(self) -> dict[str, Any]:
        """Return the data of a create. A column without a value is left out, so that the server's default applies."""
        self._note_changed_arrays()
        return self._cleaned(self._values, whole=True)

    def _changes(self) -> dict[str, Any]:
        """Return the data of an update: the columns whose JSON differs from that sent by Appwrite."""
        self._note_changed_arrays()
        data = self._cleaned(self._values, whole=False)
        return {key: value for key, value in data.items() if key not in self._raw or value != self._unset(key)}

    def _unset(self, key: str) -> Any:
        raw = self._raw[key]
        return [] if raw is None and self._meta.by_key[key].array else raw

    def to_dict(self, *, json: bool = False) -> dict[str, Any]:
        """Return Python values by name, changes included: `id`, `created_at`, `updated_at` and the columns.

        A reference is there as its id (`maker_id`). With `json`, dates, Decimals and UUIDs are text. Permissions,
        relationships to many and columns that were not read are left out. Raises ValidationError, by column, for a
        changed value that the column cannot hold.
        """
        self._note_changed_arrays()
        values = values_of(self)
        return RowDict(json_ready(values) if json else values, self._raw)

    def to_appwrite(self) -> dict[str, Any]:
        """Return the row as Appwrite's JSON: `$id`, `$createdAt`, ... and the columns by key, changes included.

        Columns that are not declared are kept. Raises ValidationError, by column, for a changed value that the column
        cannot hold.
        """
        self._note_changed_arrays()
        changed: dict[str, Any] = {}
        for name, value in self._values.items():
            if name in self._meta.to_many:
                changed[self._meta.key_of(name)] = list(value)
                continue
            column = self._meta.columns[name]
            try:
                changed[column.key] = None if value is None else column.to_appwrite(column.clean(value))
            except ValidationError as error:
                raise ValidationError({name: error}) from None
        return {**({"$id": self.id} if self.id else {}), **copy.deepcopy(self._raw), **changed}

    def serializable_value(self, field_name: str) -> Any:
        """Return a column's value by its name; for a reference the id. Django uses it for `to_field_name`."""
        with contextlib.suppress(FieldDoesNotExist):
            field_name = self._meta.get_field(field_name).attname
        return getattr(self, field_name)

    def __getstate__(self) -> dict[str, Any]:
        """Return the state of a copy or pickle, with copies of the values that were set."""
        self._note_changed_arrays()
        values = {name: copy.copy(value) for name, value in self._values.items()}
        return {**vars(self), "_read": {}, "_values": values}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Row) or type(self) is not type(other):
            return NotImplemented
        return self is other if self.id is None else self.id == other.id

    def __hash__(self) -> int:
        if self.id is None:
            raise TypeError("A row without an id cannot be hashed. Save it first.")
        return hash((type(self), self.id))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self}>"

    def __str__(self) -> str:
        return self.id or "unsaved"


def _exception(table: type[Row], name: str, *bases: type[Exception]) -> Any:
    """Return an exception class that pickle finds as an attribute of the table class."""
    return type(name, bases, {"__module__": table.__module__, "__qualname__": f"{table.__qualname__}.{name}"})


def _bound_columns(table: type[Row]) -> dict[str, Column]:
    """Return the columns of `table` by their names in Python: those of its bases and mixins, then its own.

    As with any attribute, the first class wins. Another value in a column's place, None for instance, removes it.
    """
    bound: dict[str, Column] = {}
    for base in reversed(table.__mro__):
        for name, value in vars(base).items():
            if isinstance(value, Column):
                bound[name] = value
            else:
                bound.pop(name, None)
    for name, column in bound.items():
        if getattr(column, "name", None) != name:
            bound[name] = column.bound(name)
            setattr(table, name, bound[name])
    return bound


def _same(left: Any, right: Any) -> bool:
    """Return whether two values are equal and of the same types at any depth: True is not 1."""
    return bool(left == right) and repr(left) == repr(right)
