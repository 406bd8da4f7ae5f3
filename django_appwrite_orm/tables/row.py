"""`Row`, the base of tables: declared columns over the JSON that Appwrite sent."""

from __future__ import annotations

import contextlib
import copy
import datetime
import inspect
from collections.abc import Collection, Mapping
from functools import cached_property, partialmethod
from typing import Any, ClassVar, Self

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.utils.translation import gettext_lazy as _

from ..conf import ID_RULE, VALID_ID
from ..credentials import Using
from ..exceptions import MultipleRowsReturned, RowDoesNotExist, RowGone
from ..plans import RowShape
from .columns import Column, Enum
from .columns.text import member_text
from .model_features import TableType, has_own_init, refuse_what_models_have
from .names import unknown_column
from .options import Options
from .overrides import Overridable
from .permissions import ROW_VERBS, permission_problems
from .reading import plain_values
from .serialization import RowDict, json_ready, values_of
from .system_columns import CREATED_AT, PERMISSIONS_KEY, SEQUENCE, UPDATED_AT
from .validation import clean_values

# What makes a row that is read, and its attributes that are not columns of the table.
_READ_HERE = ("from_appwrite", "__getattribute__", "id", "sequence", "created_at", "updated_at")


class Row(Overridable, metaclass=TableType):
    """Base of every table class. An instance is one row.

    Values are in `__dict__` by the names of their columns; those that have to be decoded, from their first read on. The
    JSON is never changed, so that a save can find the changes. Two rows of one table with the same id are equal.
    """

    _meta: ClassVar[Options]
    _has_own_init: ClassVar[bool]
    _has_own_reader: ClassVar[bool]  # whether it overrides `from_appwrite`
    _is_made_here: ClassVar[bool]  # whether this class alone makes the rows that are read, and their attributes
    _being_read: tuple[dict[str, Any], Using]
    _using: Using | None
    id: str | None
    _permissions: list[str] | None = None
    _shape: RowShape
    _sent: tuple[Any, ...]
    DoesNotExist: ClassVar[type[RowDoesNotExist]]
    MultipleObjectsReturned: ClassVar[type[MultipleRowsReturned]]
    RowGone: ClassVar[type[RowGone]]
    # The descriptor that the registry sets for a relation of another table to this one; it takes table and name.
    _reverse_descriptor: ClassVar[type[Any] | None] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        refuse_what_models_have(cls, Row)
        cls._has_own_init = has_own_init(cls, Row)
        has_own = cls._has_own_init or cls.__new__ is not object.__new__
        cls._is_made_here = not has_own and all(_is_of_row(cls, name) for name in _READ_HERE)
        cls._has_own_reader = not _is_of_row(cls, "from_appwrite")
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
        granted = None if permissions is None else list(permissions)
        pk = values.pop("pk", None)
        # Not by `__setattr__`, which looks for a column of each name.
        self.__dict__.update(_raw={}, _using=None, _permissions=granted, id=id if id is not None else pk)
        columns, is_set_here = self._meta.columns, type(self).__setattr__ is Row.__setattr__
        for name, value in values.items():
            if is_set_here and (column := columns.get(name)) is not None:
                column.check_assignment(self)
                self.__dict__[name] = self._values[name] = value
            elif name in columns or name in self._meta.relations:
                setattr(self, name, value)
            else:
                raise TypeError(unknown_column(type(self), name))
        for name, column in columns.items():
            if name not in values and (default := column.get_default()) is not None:
                self.__dict__[name] = self._values[name] = default

    @classmethod
    def from_appwrite(cls, raw: dict[str, Any], using: Using) -> Self:
        """Return the row for `raw`, the JSON that Appwrite sent. The row keeps and owns that dict."""
        row = cls.__new__(cls)
        if not cls._has_own_init:
            row.__dict__.update(plain_values(cls._meta, raw), _using=using, _raw=raw, id=raw["$id"])
            return row
        row._being_read = (raw, using)
        row.__init__()  # type: ignore[misc]
        if "_being_read" in vars(row):
            raise TypeError(f"{cls.__name__}.__init__() must call super().__init__().")
        return row

    def _load(self, raw: dict[str, Any], unsaved: Mapping[str, Any] | None = None) -> None:
        """Take the values of `raw`, but for those that are set and `unsaved`."""
        state = self.__dict__
        for name in self._meta.columns:
            state.pop(name, None)
        values = dict(unsaved or {})
        state.update(plain_values(self._meta, raw), _raw=raw, _values=values, _permissions=None, id=raw["$id"])
        if values:
            state.update({name: value for name, value in values.items() if name in self._meta.columns})

    def _decoded(self, column: Column) -> Any:
        """Return the value of a column, which is not in `__dict__` yet."""
        name, key = column.name, column.key
        if name in self._values:
            return self._values[name]
        if key not in self._raw and self._raw:
            raise AttributeError(
                f"{type(self).__name__}.{column.name} was not read: it was not selected, or Appwrite has computed"
                " it since the row was read, or the table on the server does not have the column yet (run"
                " migrate_appwrite)."
            )
        value = self.__dict__[name] = column.to_python(self._raw.get(key))
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        column = self._meta.columns.get(name)
        if column is None:
            super().__setattr__(name, value)
        else:
            column.check_assignment(self)
            self.__dict__[name] = self._values[name] = value

    def _note_changed_arrays(self) -> None:
        """Count arrays, and documents of JSON columns, that were changed in place as set."""
        for column in self._meta.decoded_columns:
            value = self.__dict__.get(column.name)
            if not isinstance(value, (list, dict)) or column.name in self._values:
                continue
            if not _same(value, column.to_python(self._raw.get(column.key))):
                self._values[column.name] = value

    @cached_property
    def _raw(self) -> dict[str, Any]:
        """The JSON that Appwrite sent; `read_rows` leaves it in two parts."""
        return self._shape.row(self._sent)

    @cached_property
    def _values(self) -> dict[str, Any]:
        """The values that were set since."""
        return {}

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
        return SEQUENCE.decode(self._raw[SEQUENCE.key]) if SEQUENCE.key in self._raw else None

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
            name: getattr(self, name)
            for name, column in self._meta.columns.items()
            if column is not self._meta.version and (name in self._values or column.key in self._raw)
        }
        self._permissions = self.permissions or None
        if self._meta.version is not None:
            self.__dict__.pop(self._meta.version.name, None)
        self._raw, self._values = {}, {**self._values, **values}

    def _display_of(self, column: Enum[Any]) -> Any:
        """Return the label of an Enum's value: that of a Django `TextChoices`, else the text itself."""
        value = getattr(self, column.name)
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
                changed[column.key] = None if value is None else column.cleaned_json(value)
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
        derived = {*self._meta.columns, "_shape", "_sent"}
        state = {name: value for name, value in vars(self).items() if name not in derived}
        return {**state, "_raw": self._raw, "_values": values}

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


def _is_of_row(table: type[Row], name: str) -> bool:
    """Return whether a table has this attribute from `Row` itself."""
    return inspect.getattr_static(table, name, None) is inspect.getattr_static(Row, name, None)


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
