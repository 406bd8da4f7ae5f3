"""Checks of columns: names in Python, keys on the server, defaults, and the size of a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.core.checks import CheckMessage, Error
from django.core.exceptions import ValidationError

from ..conf import VALID_ID
from ..plans.limits import COLUMNS_LIMIT, EMPTY_ROW_BYTES, ID_LENGTH, ROW_BYTES
from ..querysets import Table
from ..querysets.persistence.increments import operator_obstacles
from ..tables import Row, name_problem
from ..tables.columns import Column, Relationship
from ..tables.columns.relations import Relation, RelationshipToMany
from ..tables.kinds import SIDE_BYTES
from .relationships import undeclared_sides

KEY_RULE = f"1 to {ID_LENGTH} characters of A-Z, a-z, 0-9, '-' and '_', the first a letter or a digit"


def column_problems(table: type[Row]) -> Iterator[CheckMessage]:
    """Yield the problems of the columns of one table."""
    yield from _names(table)
    yield from _keys(table)
    yield from _defaults(table)
    yield from _sizes(table)
    yield from _version(table)


def _names(table: type[Row]) -> Iterator[CheckMessage]:
    meta = table._meta
    everything: dict[str, Column | Relation] = {**meta.columns, **meta.relations}
    for name, column in everything.items():
        if problem := name_problem(name, Table):
            key = column.key if isinstance(column, (Column, Relationship)) else name
            yield Error(
                f"A column cannot be called {name!r} in Python: {problem}.",
                hint="Rename it and keep its key on the server:"
                f" other_name = columns.{_kind(column)}(..., column={key!r}).",
                obj=meta.label,
                id="appwrite_orm.E020",
            )


def _kind(column: Column | Relation) -> str:
    return column.declared_as if isinstance(column, Relation) else type(column).__name__


def _keys(table: type[Row]) -> Iterator[CheckMessage]:
    seen: dict[str, str] = {}
    for name, key in _server_keys(table).items():
        if not isinstance(key, str) or not VALID_ID.fullmatch(key) or "." in key:
            message = f"Column {name!r}: {key!r} is not a valid key."
            yield Error(
                message,
                hint=f"Use {KEY_RULE}. A dot is not allowed: filters read it as a path into a relationship.",
                obj=table._meta.label,
                id="appwrite_orm.E021",
            )
            continue
        other = seen.setdefault(key.lower(), name)
        if other != name:
            yield Error(
                f"Columns {other!r} and {name!r} have the same key {key!r} on the server; keys are not case-sensitive.",
                hint="Give one of them another key with column=.",
                obj=table._meta.label,
                id="appwrite_orm.E022",
            )


def _server_keys(table: type[Row]) -> dict[str, str]:
    """Return the key of each column that exists on the server, by its name in Python."""
    columns = {name: column.key for name, column in table._meta.columns.items()}
    return columns | {relationship.name: relationship.key for relationship in _to_many(table)}


def _to_many(table: type[Row]) -> Iterator[Relationship]:
    relationships = table._meta.relationships.values()
    return (relationship for relationship in relationships if isinstance(relationship, RelationshipToMany))


def _defaults(table: type[Row]) -> Iterator[CheckMessage]:
    for column in table._meta.columns.values():
        for option, value in (("default", column.default), ("db_default", column.db_default)):
            if value is None or (option == "default" and callable(value)):
                continue
            try:
                column.clean(value)
            except ValidationError as error:
                message = f"Column {column.name!r}: {option}={value!r} is not valid for this column."
                yield Error(message, hint=" ".join(error.messages), obj=table._meta.label, id="appwrite_orm.E025")


def _sizes(table: type[Row]) -> Iterator[CheckMessage]:
    sizes = {name: column.row_bytes for name, column in table._meta.columns.items()}
    sizes |= {relationship.name: SIDE_BYTES for relationship in _to_many(table)}
    sizes |= {str(side.two_way_key): SIDE_BYTES for side in undeclared_sides(table)}
    if (message := row_size_problem(sizes)) is not None:
        yield Error(
            message,
            hint="A String takes four bytes per character. Make it shorter, or use a Text, which takes 20 bytes.",
            obj=table._meta.label,
            id="appwrite_orm.E023",
        )
    if (message := column_count_problem(len(sizes))) is not None:
        hint = "Move some of them to a second table."
        yield Error(message, hint=hint, obj=table._meta.label, id="appwrite_orm.E024")


def row_size_problem(sizes: Mapping[str, int]) -> str | None:
    """Return the error message for columns of these bytes, by name, which are more than a row can have."""
    width = EMPTY_ROW_BYTES + sum(sizes.values())
    if width <= ROW_BYTES:
        return None
    widest = sorted(sizes.items(), key=lambda pair: -pair[1])[:3]
    names = ", ".join(f"{name} ({size:,})" for name, size in widest)
    return f"A row would take {width:,} bytes; Appwrite allows {ROW_BYTES:,}. The widest columns: {names}."


def column_count_problem(count: int) -> str | None:
    """Return the error message for more columns than a table can have."""
    return f"The table has {count} columns; Appwrite allows {COLUMNS_LIMIT}." if count > COLUMNS_LIMIT else None


def _version(table: type[Row]) -> Iterator[CheckMessage]:
    meta = table._meta
    beside = operator_obstacles(table)
    if meta.version is not None and beside:
        yield Error(
            f"The table has the Version column {meta.version.name!r} and encrypted or spatial columns"
            f" ({', '.join(beside)}). Appwrite 1.9.6 applies each change of such a row and then responds with 500.",
            hint="Remove the Version column. Then save(if_unchanged=True) compares the date of the last change. Or move"
            " the other columns to a second table.",
            obj=meta.label,
            id="appwrite_orm.E029",
        )
