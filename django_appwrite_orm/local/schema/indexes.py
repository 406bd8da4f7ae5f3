"""Add and remove indexes, and the rules for their columns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from ..api.errors import AppwriteError
from ..api.identifiers import folded_id
from ..columns.column import AVAILABLE, Column
from ..emulation.dates import now
from ..storage.session import Session
from .ddl import SYSTEM, drop_index, make_index
from .models import Index, Table

TYPES: Final = ("key", "fulltext", "unique", "spatial")
MAX_LENGTH: Final = 768  # of all columns together, in characters
MAX_INDEXES: Final = 64 - 6  # MariaDB's limit, less the system indexes
_RESERVED: Final = ("primary", "_created_at", "_updated_at", "_tenant_id")


@dataclass(frozen=True, slots=True)
class NewIndex:
    """An index to be created; lengths and orders are the client's, which may be too few or too many."""

    key: str
    type: str
    columns: tuple[str, ...]
    lengths: tuple[int | None, ...] = ()
    orders: tuple[str, ...] = ()


def create_index(session: Session, table: Table, new: NewIndex) -> Index:
    """Add an index.

    Raises ``column_index_already_exists``, ``column_unknown``, ``column_index_limit_exceeded``, ``index_invalid``,
    ``column_type_invalid``, ``column_index_invalid``.
    """
    if len(table.indexes) >= MAX_INDEXES:
        raise AppwriteError("column_index_limit_exceeded", f"A table has at most {MAX_INDEXES} indexes.")
    for key in new.columns:  # the first column that cannot be indexed decides
        if key not in SYSTEM and key not in table.by_key:
            raise AppwriteError("column_unknown", f"There is no column {key!r} to index.")
        _check_kind(table.by_key.get(key))
    check_index(table, new)
    if any(folded_id(index.key) == folded_id(new.key) for index in table.indexes):
        raise AppwriteError("column_index_already_exists", "The table has an index with this key.")
    return write_index(session, table, new)


def write_index(session: Session, table: Table, new: NewIndex) -> Index:
    """Add an index that has been checked."""
    moment = now()
    lengths = tuple(length or 0 for length in new.lengths) or (0,) * len(new.columns)
    index = Index(0, new.key, new.type, new.columns, lengths, new.orders, AVAILABLE, "", moment, moment)
    number = session.run(
        "INSERT INTO indexes (table_n, key, key_f, type, columns, lengths, orders, status, error, created, updated) "
        "VALUES (?,?,?,?,?,?,?,?,?,?,?)",
        (
            *(table.number, new.key, folded_id(new.key), new.type, json.dumps(new.columns), json.dumps(lengths)),
            *(json.dumps(new.orders), AVAILABLE, "", moment, moment),
        ),
    ).lastrowid
    assert number is not None
    index = replace(index, number=number)
    make_index(session, table, index)
    session.change_schema()
    return index


def delete_index(session: Session, index: Index) -> None:
    drop_index(session, index)
    session.run("DELETE FROM indexes WHERE n = ?", (index.number,))
    session.change_schema()


def check_index(table: Table, new: NewIndex) -> None:
    """Check the columns of an index. System columns count as short texts and dates."""
    columns = [table.by_key.get(key) for key in new.columns]
    for column in columns:
        _check_kind(column)
    if not columns:
        raise _invalid("An index needs a column.")
    if folded_id(new.key) in map(folded_id, _RESERVED):
        raise _invalid("The key is reserved.")
    if len({key.casefold() for key in new.columns}) != len(new.columns):
        raise _invalid("A column may be in an index once.")
    if new.lengths and len(new.lengths) > len(columns):
        raise _invalid("There are more lengths than columns.")
    _check_kinds(new, columns)
    if new.type in ("key", "unique"):
        _check_lengths(new, columns)


def _check_kind(column: Column | None) -> None:
    if column is not None and column.is_relationship:
        raise AppwriteError("column_type_invalid", "A relationship cannot be indexed.")
    if column is not None and column.array:
        raise AppwriteError("index_invalid", "A list cannot be indexed.")


def _check_kinds(new: NewIndex, columns: Sequence[Column | None]) -> None:
    spatial = [column for column in columns if column is not None and column.kind.is_spatial]
    if new.type == "fulltext" and not all(column is not None and column.is_text for column in columns):
        raise _invalid("A fulltext index is on texts only.")
    if new.type == "spatial":
        if len(columns) != 1 or not spatial:
            raise _invalid("A spatial index is on one spatial column.")
        if not spatial[0].required:
            raise _invalid("A spatial index needs a required column.")
    elif spatial:
        raise _invalid(f"A spatial column takes no {new.type} index.")


def _check_lengths(new: NewIndex, columns: Sequence[Column | None]) -> None:
    total = 0
    for position, column in enumerate(columns):
        length = (new.lengths[position] if position < len(new.lengths) else 0) or 0
        size = _text_size(new.columns[position], column)
        if size is not None:
            if length < 0 or length > size:
                raise _invalid("A length lies between 1 and the size of its column.")
            total += length or size
        else:
            if length:
                raise _invalid("Only texts have an index length.")
            total += 1 if column is None else column.kind.index_units
    if total > MAX_LENGTH:
        raise _invalid(f"An index is at most {MAX_LENGTH} characters long; set lengths.")


def _text_size(key: str, column: Column | None) -> int | None:
    """Return how many characters of a text an index may hold; None for anything else.

    An id counts as 255 (the server's source), although ids are shorter.
    """
    if column is None:
        return 255 if key == "$id" else None
    if not column.is_text:
        return None
    return column.kind.index_size or column.size


def _invalid(message: str) -> AppwriteError:
    return AppwriteError("column_index_invalid", message)
