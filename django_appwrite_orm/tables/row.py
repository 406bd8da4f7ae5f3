"""A row, and by its class the table it belongs to: declared columns over the JSON that Appwrite sent."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from ..conf import ID_RULE, VALID_ID
from ..exceptions import MultipleRowsReturned, RowDoesNotExist
from .columns import Column
from .options import Options
from .validation import RESERVED_NAMES, clean_values


class Row:
    """Base of every table class. An instance is one row.

    Values are decoded when they are first read; the JSON below them is never changed, so that a save can tell
    what is new. Two rows are equal when they belong to one table and have the same id.
    """

    _meta: ClassVar[Options]
    DoesNotExist: ClassVar[type[RowDoesNotExist]]
    MultipleObjectsReturned: ClassVar[type[MultipleRowsReturned]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        columns: dict[str, Column] = {}
        for base in reversed(cls.__mro__[1:]):
            columns.update(vars(base)["_meta"].columns if "_meta" in vars(base) else {})
        columns.update({name: value for name, value in vars(cls).items() if isinstance(value, Column)})
        for name, column in columns.items():
            columns[name] = column.bound(name)
            setattr(cls, name, columns[name])
        cls._meta = Options(cls, columns, vars(cls).get("Meta"))
        names = {"__module__": cls.__module__, "__qualname__": f"{cls.__qualname__}.DoesNotExist"}
        cls.DoesNotExist = type("DoesNotExist", (RowDoesNotExist,), names)
        names = {"__module__": cls.__module__, "__qualname__": f"{cls.__qualname__}.MultipleObjectsReturned"}
        cls.MultipleObjectsReturned = type("MultipleObjectsReturned", (MultipleRowsReturned,), names)

    def __init__(self, *, id: str | None = None, permissions: list[str] | None = None, **values: Any) -> None:
        """A new row, not yet in Appwrite. `id` is made at the first save when left out; `pk` is another name
        for it. Raises TypeError for a name that is no column."""
        self._raw: dict[str, Any] = {}
        self._values: dict[str, Any] = {}
        self._using: str | None = None
        self._permissions = permissions
        self.id: str | None = id if id is not None else values.pop("pk", None)
        for name, value in values.items():
            if name not in self._meta.columns:
                raise TypeError(unknown_column(type(self), name))
            setattr(self, name, value)

    @classmethod
    def from_appwrite(cls, raw: dict[str, Any], using: str) -> Self:
        """A row as Appwrite sent it; `raw` becomes the row's own."""
        row = cls.__new__(cls)
        row._using = using
        row._load(raw)
        return row

    def _load(self, raw: dict[str, Any]) -> None:
        self._raw, self._values, self._permissions, self.id = raw, {}, None, raw["$id"]

    def _value(self, column: Column) -> Any:
        if column.name not in self._values:
            self._values[column.name] = column.to_python(self._raw.get(column.key))
        return self._values[column.name]

    def _set(self, column: Column, value: Any) -> None:
        self._values[column.name] = value

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
        return int(self._raw["$sequence"]) if "$sequence" in self._raw else None

    @property
    def created_at(self) -> datetime.datetime | None:
        return self._time("$createdAt")

    @property
    def updated_at(self) -> datetime.datetime | None:
        return self._time("$updatedAt")

    def _time(self, key: str) -> datetime.datetime | None:
        return datetime.datetime.fromisoformat(self._raw[key]) if key in self._raw else None

    @property
    def permissions(self) -> list[str]:
        """Permissions of this row, as the SDK's `Permission` writes them; assign a list to change them."""
        return list(self._raw.get("$permissions", ())) if self._permissions is None else list(self._permissions)

    @permissions.setter
    def permissions(self, value: list[str]) -> None:
        self._permissions = list(value)

    def full_clean(self) -> None:
        """Check every column and the id. Raises one ValidationError with all there is to say, by column."""
        self._cleaned({name: getattr(self, name) for name in self._meta.columns}, whole=not self.is_saved)

    def _cleaned(self, values: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
        """The JSON of `values`, by column key. See `clean_values`."""
        errors: dict[str, list[str]] = {}
        if self.id is not None and not (isinstance(self.id, str) and VALID_ID.fullmatch(self.id)):
            errors["id"] = [f"{self.id!r} is not a valid row id. Use {ID_RULE}."]
        return clean_values(type(self), values, whole=whole, errors=errors)

    def _new_data(self) -> dict[str, Any]:
        """What a create sends. Fills in defaults; a column left without a value is not sent, so that the
        server's default applies."""
        for name, column in self._meta.columns.items():
            if name not in self._values and (default := column.get_default()) is not None:
                self._values[name] = default
        return self._cleaned(self._values, whole=True)

    def _changes(self) -> dict[str, Any]:
        """What an update sends: the columns whose JSON is no longer what Appwrite sent."""
        data = self._cleaned(self._values, whole=False)
        return {key: value for key, value in data.items() if value != self._unset(key)}

    def _unset(self, key: str) -> Any:
        raw = self._raw.get(key)
        return [] if raw is None and self._meta.by_key[key].array else raw

    def to_dict(self) -> dict[str, Any]:
        """The row as Appwrite's JSON: `$id`, `$createdAt`, ... and the columns by key, changes included."""
        changed = {self._meta.columns[n].key: self._meta.columns[n].to_appwrite(v) for n, v in self._values.items()}
        return {**({"$id": self.id} if self.id else {}), **self._raw, **changed}

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


def unknown_column(table: type[Row], name: str) -> str:
    """What to say about a name that is not a column of `table`, with the nearest ones."""
    known = [*table._meta.columns, *RESERVED_NAMES]
    near = difflib.get_close_matches(name, known) or sorted(table._meta.columns)
    return f"{table.__name__} has no column {name!r}. Did you mean: {', '.join(near) or 'it has no columns'}?"
