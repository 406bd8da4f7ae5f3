"""Rows of a `bulk_create` that exist already: left as they are, or changed, as in Django.

Appwrite's upsert (PUT) is not used. On 1.9.6 it overwrites another row that has the same unique value, empties a row if
its id is sent in another case, and creates nothing where all values are null, 0, false, "" or [], although it responds
with 200. So the rows are looked up, existing ones are changed in one transaction, and the others created.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldError

from ...credentials import Using
from ...exceptions import Conflict, IntegrityError, NotFound
from ...integrity import any_of, has_values
from ...plans import UpdateRow
from ...sansio import Operation
from ...tables import Row, clean_values
from ..pagination import Raw, pages
from ..query import Query
from .optimistic_lock import counted
from .save import known_columns, ref_of, update_all

Data = dict[int, Raw]

# Attempts, when somebody else changes or deletes the rows meanwhile.
_ATTEMPTS = 3


@dataclass(frozen=True)
class Conflicts:
    """What to do about rows that exist.

    `update`: the columns to write into them; none leaves them as they are. `unique`: the columns, or the id, to find
    them by.
    """

    update: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()

    @property
    def ignore(self) -> bool:
        """Whether existing rows stay as they are."""
        return not self.update

    def check(self, row: Row) -> None:
        """Raise ValidationError for text that Appwrite would run in an update, as it would not in a create."""
        if not self.ignore:
            clean_values(type(row), row._values, whole=False)

    def settled(self, table: type[Row], alias: Using, data: Data) -> Operation[Data]:
        """Change those of these new rows that exist; return what is stored then, by position."""
        if self.ignore:
            return {}
        for attempt in range(_ATTEMPTS):
            existing = yield from self._found(table, alias, data)
            try:
                return (yield from self._changed(table, alias, data, existing))
            except (Conflict, NotFound) as error:
                if attempt == _ATTEMPTS - 1 or isinstance(error, IntegrityError):
                    raise
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _found(self, table: type[Row], alias: Using, data: Data) -> Operation[Data]:
        """Return the rows that have these unique values.

        Of several, those whose values are equal in Python too: a value that is equal to the database alone is refused
        as a new row, and then looked up by itself.
        """
        keys = _keys(table, self.unique)
        complete = {n: row for n, row in data.items() if has_values(keys, row)}
        rows: dict[tuple[Any, ...], Raw] = {}
        walk = pages(Query(table, alias, where=any_of(keys, complete.values())).uncached())
        while not walk.finished:
            for raw in (yield from walk.page()):
                rows[_folded(keys, raw)] = raw
        if len(complete) == 1:
            return dict(zip(complete, rows.values(), strict=False))
        return {n: rows[_folded(keys, row)] for n, row in complete.items() if _folded(keys, row) in rows}

    def _changed(self, table: type[Row], alias: Using, data: Data, existing: Data) -> Operation[Data]:
        """Write the columns into existing rows, in one transaction; return the rows as they are then."""
        # Unset lists of links are empty, other unset values are null.
        unset: Raw = {table._meta.key_of(name): [] if name in table._meta.to_many else None for name in self.update}
        values = {n: counted(table, {key: data[n].get(key, none) for key, none in unset.items()}) for n in existing}
        updates = [UpdateRow(ref_of(table, alias), existing[n]["$id"], values[n]) for n in existing]
        yield from update_all(table, alias, updates)
        version = table._meta.version
        unknown = {"$updatedAt", version.key if version is not None else None}  # only the server knows them
        return {n: {k: v for k, v in (raw | values[n]).items() if k not in unknown} for n, raw in existing.items()}


def conflicts_of(
    table: type[Row], ignore: bool, update: bool, update_fields: Collection[str], unique_fields: Collection[str]
) -> Conflicts | None:
    """Return what the arguments of `bulk_create` say about existing rows.

    Raises ValueError and FieldError as Django does for arguments that exclude each other.
    """
    if ignore and update:
        raise ValueError("ignore_conflicts and update_conflicts are mutually exclusive.")
    if not update:
        if update_fields or unique_fields:
            raise ValueError("update_fields and unique_fields need update_conflicts=True.")
        return Conflicts() if ignore else None
    if not update_fields or not unique_fields:
        raise ValueError(
            "update_conflicts needs update_fields (the columns to write) and unique_fields (the columns that identify"
            " a row)."
        )
    unique = tuple("id" if name == "pk" else name for name in unique_fields)
    known_columns(table, update_fields)
    known_columns(table, set(unique) - {"id"})
    indexes = [set(index.columns) for index in table._meta.unique_indexes]
    if unique != ("id",) and set(unique) not in indexes:
        raise FieldError(f"unique_fields must be id or the columns of a UniqueIndex of {table.__name__}, not {unique}.")
    if both := set(unique) & set(update_fields):
        raise ValueError(f"{', '.join(sorted(both))} is in unique_fields and therefore cannot be in update_fields.")
    return Conflicts(tuple(update_fields), unique)


def _keys(table: type[Row], names: Iterable[str]) -> tuple[str, ...]:
    return tuple("$id" if name == "id" else table._meta.key_of(name) for name in names)


def _folded(keys: tuple[str, ...], raw: Raw) -> tuple[Any, ...]:
    """Return the values to recognize a row by; the case of an id is ignored."""
    return tuple(raw[key].lower() if key == "$id" else raw[key] for key in keys)
