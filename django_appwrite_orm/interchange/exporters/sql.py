"""CREATE statements for SQLite and PostgreSQL.

A relationship to one row becomes a foreign key, added when all tables exist; one to many becomes a column of the other
table, and manyToMany a table of links. Arrays and shapes become JSON in a text column, because the databases have no
common type for them. CHECK constraints contain Appwrite's limits; text sizes count characters in both databases.
Full-text and spatial indexes have no common syntax and become comments.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from ...exceptions import SchemaError, one_line
from ...schema.declared import End
from ...schema.relationships import other_end
from ...schema.state import ColumnState, IndexState, TableState
from ...tables.system_columns import CREATED_AT, ID, PERMISSIONS_KEY, UPDATED_AT

# The longest name of PostgreSQL, in bytes.
_LONGEST_NAME = 63
# A larger text has only a CHECK for its size: the largest varchar of PostgreSQL.
_LARGEST_VARCHAR = 10_485_760
_ACTIONS = {"restrict": "RESTRICT", "cascade": "CASCADE", "setNull": "SET NULL"}
_ID = f"{ID.kind.sql}({ID.index_length})"
_SYSTEM = (
    f'"{ID.key}" {_ID} NOT NULL PRIMARY KEY',
    *(f'"{column.key}" {column.kind.sql} NOT NULL' for column in (CREATED_AT, UPDATED_AT)),
    f'"{PERMISSIONS_KEY}" TEXT',
)


def sql(tables: Iterable[TableState]) -> str:
    """Return one script for all tables."""
    states = list(tables)
    return "\n".join([*(statement for table in states for statement in _table(table)), *_links(states)])


def _table(table: TableState) -> Iterator[str]:
    parts = [*_SYSTEM, *(_column(column) for column in table.columns.values() if not column.is_relationship)]
    yield f"CREATE TABLE {_name(table.id)} (\n" + ",\n".join(f"  {part}" for part in parts) + "\n);"
    yield from (_index(table, index) for index in table.indexes.values())


def _links(tables: Sequence[TableState]) -> Iterator[str]:
    names, done = {table.id.lower(): table.id for table in tables}, set[End]()
    for table in tables:
        for column in table.columns.values():
            if not column.is_relationship or (table.id.lower(), column.key.lower()) in done:
                continue
            other = column.options["relatedTable"]
            if column.options["twoWay"]:
                done.add(other_end(column))
            if other.lower() in names:
                yield from _link(table.id, column, names[other.lower()])
            else:
                where = f"{_name(column.key)} of {_name(table.id)}"
                yield _comment(f"{where} refers to {_name(other)}, which is not among these tables.")


def _link(table: str, column: ColumnState, other: str) -> Iterator[str]:
    options = column.options
    type, action = options["relationType"], _ACTIONS[options["onDelete"]]
    if type == "manyToMany":
        action = "RESTRICT" if action == "RESTRICT" else "CASCADE"  # deletes the link, not the rows
        sides = ((_name("parent"), table), (_name("child"), other))
        parts = [f"{name} {_ID} NOT NULL {_reference(to, action)}" for name, to in sides]
        parts.append(f"PRIMARY KEY ({', '.join(name for name, _ in sides)})")
        yield f"CREATE TABLE {_name(_short(f'{table}_{column.key}_links'))} ({', '.join(parts)});"
        return
    key = column.key
    if type == "oneToMany":
        key, table, other = options["twoWayKey"] or f"{table}_{key}", other, table
    yield f"ALTER TABLE {_name(table)} ADD COLUMN {_name(key)} {_ID} {_reference(other, action)};"
    if type == "oneToOne":
        yield f"CREATE UNIQUE INDEX {_name(_short(f'{table}_{key}_link'))} ON {_name(table)} ({_name(key)});"


def _reference(table: str, action: str) -> str:
    return f'REFERENCES {_name(table)} ("$id") ON DELETE {action}'


def _column(column: ColumnState) -> str:
    parts = [_name(column.key), _type(column)]
    parts += ["NOT NULL"] if column.required else []
    parts += [f"DEFAULT {_default(column)}"] if column.default is not None else []
    parts += [f"CHECK ({check})" for check in _checks(column)]
    return " ".join(parts)


def _default(column: ColumnState) -> str:
    if "decimal" in column.options:
        return f"{Decimal(column.default).scaleb(-column.options['decimal'][1]):f}"
    return _literal(column.default)


def _type(column: ColumnState) -> str:
    kind, options = column.facts, column.options
    if column.array:
        return "TEXT"
    if "decimal" in options:
        return "DECIMAL({}, {})".format(*options["decimal"])
    if kind.narrow_range is not None and kind.is_narrow(options["min"], options["max"]):
        return "INTEGER"
    size = kind.size or options.get("size")
    if size is None:
        return kind.sql
    return f"{kind.sql}({size})" if size <= _LARGEST_VARCHAR else "TEXT"


def _checks(column: ColumnState) -> Iterator[str]:
    name = _name(column.key)
    if column.array:
        return
    for option, limit, sign in zip(("min", "max"), column.facts.range or (), (">=", "<="), strict=False):
        if column.options.get(option, limit) != limit:
            yield f"{name} {sign} {column.options[option]!r}"
    if "elements" in column.options:
        yield f"{name} IN ({', '.join(map(_literal, column.options['elements']))})"
    if "size" in column.options:
        yield f"length({name}) <= {column.options['size']}"


def _index(table: TableState, index: IndexState) -> str:
    pairs = zip(index.columns, index.orders, strict=True)
    columns = ", ".join(f"{_name(column)} {order}" for column, order in pairs)
    name = _name(_short(f"{table.id}_{index.key}"))
    if index.type not in ("key", "unique"):
        return _comment(f"{index.type} index {name} on {_name(table.id)} ({columns}): there is no common SQL for it.")
    return f"CREATE {'UNIQUE ' if index.type == 'unique' else ''}INDEX {name} ON {_name(table.id)} ({columns});"


def _short(name: str) -> str:
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[: _LONGEST_NAME - 9]}_{hashlib.blake2b(name.encode(), digest_size=4).hexdigest()}"


def _comment(text: str) -> str:
    return f"-- {one_line(text)}"


def _name(text: str) -> str:
    return _quoted(text, '"')


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return repr(value)
    return _quoted(str(value), "'")


def _quoted(text: str, mark: str) -> str:
    """Return the quoted text. Raises `SchemaError` for characters that SQL cannot contain."""
    if "\0" in text or (not text.isprintable() and any("\ud800" <= char <= "\udfff" for char in text)):
        raise SchemaError(f"{text!r} has a NUL or half a surrogate pair in it, and cannot be written in SQL.")
    return mark + text.replace(mark, mark * 2) + mark
