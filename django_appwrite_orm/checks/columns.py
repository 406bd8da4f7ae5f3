"""Columns: their names in Python, their keys on the server, their defaults, and what fits into a row."""

from __future__ import annotations

from collections.abc import Iterator

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
    for name, found in everything.items():
        if problem := name_problem(name, Table):
            key = found.key if isinstance(found, (Column, Relationship)) else name
            yield Error(
                f"A column cannot be called {name!r} in Python: {problem}.",
                hint="Rename it and keep its key on the server:"
                f" other_name = columns.{_kind(found)}(..., column={key!r}).",
                obj=meta.label,
                id="appwrite_orm.E020",
            )


def _kind(found: Column | Relation) -> str:
    return found.declared_as if isinstance(found, Relation) else type(found).__name__


def _keys(table: type[Row]) -> Iterator[CheckMessage]:
    seen: dict[str, str] = {}
    for name, key in _placed(table).items():
        if not isinstance(key, str) or not VALID_ID.fullmatch(key) or "." in key:
            message = f"Column {name!r}: {key!r} is not a usable key."
            yield Error(
                message,
                hint=f"Use {KEY_RULE}. Filters read a dot as nesting.",
                obj=table._meta.label,
                id="appwrite_orm.E021",
            )
            continue
        other = seen.setdefault(key.lower(), name)
        if other != name:
            yield Error(
                f"Columns {other!r} and {name!r} have the same key {key!r} on the server, which does not look at case.",
                hint="Give one of them another key with column=.",
                obj=table._meta.label,
                id="appwrite_orm.E022",
            )


def _placed(table: type[Row]) -> dict[str, str]:
    """The key of everything that is a column on the server, by its name in Python."""
    columns = {name: column.key for name, column in table._meta.columns.items()}
    return columns | {relationship.name: relationship.key for relationship in _to_many(table)}


def _to_many(table: type[Row]) -> Iterator[Relationship]:
    found = table._meta.relationships.values()
    return (relationship for relationship in found if isinstance(relationship, RelationshipToMany))


def _defaults(table: type[Row]) -> Iterator[CheckMessage]:
    for column in table._meta.columns.values():
        for word, value in (("default", column.default), ("db_default", column.db_default)):
            if value is None or (word == "default" and callable(value)):
                continue
            try:
                column.clean(value)
            except ValidationError as error:
                message = f"Column {column.name!r}: {word}={value!r} is not a value of this column."
                yield Error(message, hint=" ".join(error.messages), obj=table._meta.label, id="appwrite_orm.E025")


def _sizes(table: type[Row]) -> Iterator[CheckMessage]:
    found = {name: column.row_bytes for name, column in table._meta.columns.items()}
    found |= {relationship.name: SIDE_BYTES for relationship in _to_many(table)}
    found |= {str(side.two_way_key): SIDE_BYTES for side in undeclared_sides(table)}
    width = EMPTY_ROW_BYTES + sum(found.values())
    if width > ROW_BYTES:
        widest = sorted(found.items(), key=lambda pair: -pair[1])[:3]
        names = ", ".join(f"{name} ({size:,})" for name, size in widest)
        yield Error(
            f"A row would take {width:,} bytes of the {ROW_BYTES:,} there are. Widest: {names}.",
            hint="A string takes four bytes a character; make it shorter, or a Text column, which takes 20.",
            obj=table._meta.label,
            id="appwrite_orm.E023",
        )
    if len(found) > COLUMNS_LIMIT:
        hint = "Put some of them into a second table."
        yield Error(
            f"{len(found)} columns; a table has at most {COLUMNS_LIMIT}.",
            hint=hint,
            obj=table._meta.label,
            id="appwrite_orm.E024",
        )


def _version(table: type[Row]) -> Iterator[CheckMessage]:
    meta = table._meta
    beside = operator_obstacles(table)
    if meta.version is not None and beside:
        yield Error(
            f"The Version column {meta.version.name!r} stands beside encrypted or spatial columns"
            f" ({', '.join(beside)}). There Appwrite 1.9.6 applies each change and then answers it with 500.",
            hint="Remove it; save(if_unchanged=True) then goes by the date of the last change. Or keep the other"
            " columns in a table of their own.",
            obj=meta.label,
            id="appwrite_orm.E029",
        )
