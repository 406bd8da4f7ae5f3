"""Indexes: their keys, the columns they are over, and how long they get."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from django.core.checks import CheckMessage, Error, Warning

from ..conf import ID_RULE, VALID_ID
from ..plans.limits import INDEX_LENGTH, INDEXES_LIMIT
from ..tables import FulltextIndex, Index, Row, SpatialIndex, columns
from ..tables.kinds import Family
from ..tables.system_columns import INDEXABLE

# Appwrite's own on MariaDB.
RESERVED_KEYS = ("primary", "_created_at", "_updated_at", "_tenant_id")


class _Part(NamedTuple):
    """What an index sees of a column. `size` is None where it is not text."""

    key: str
    size: int | None
    length: int
    array: bool = False


def index_problems(table: type[Row]) -> Iterator[CheckMessage]:
    """Yield the problems of the indexes of one table."""
    label, indexes = table._meta.label, table._meta.indexes
    if len(indexes) > INDEXES_LIMIT:
        hint = "Drop those that no query needs."
        yield Error(
            f"{len(indexes)} indexes; a table has at most {INDEXES_LIMIT}.",
            hint=hint,
            obj=label,
            id="appwrite_orm.E030",
        )
    parts, unusable = _parts(table), _unusable(table)
    seen: set[str] = set()
    for index in indexes:
        if not isinstance(index, Index):
            hint = "Use Index, UniqueIndex, FulltextIndex or SpatialIndex."
            yield Error(
                f"Meta.indexes holds {index!r}, which is not an index.", hint=hint, obj=label, id="appwrite_orm.E033"
            )
            continue
        yield from _key_problems(index, seen, label)
        if refused := [unusable[name] for name in index.columns if name in unusable]:
            message = f"Index {index.key!r} is over {refused[0]}, which cannot be indexed."
            yield Error(message, hint="Leave it out.", obj=label, id="appwrite_orm.E039")
            continue
        yield from _part_problems(index, parts, table)


def _parts(table: type[Row]) -> Mapping[str, _Part]:
    """Return what can be indexed, by name in Python and by key."""
    own = {name: _part(column) for name, column in table._meta.columns.items() if column.family is not Family.LINK}
    parts = {**{name: _part(column) for name, column in INDEXABLE.items()}, **own}
    return {**{part.key: part for part in parts.values()}, **parts}


def _unusable(table: type[Row]) -> Mapping[str, str]:
    """Return descriptions of what cannot be indexed, by each of its names."""
    found = {
        name: f"the relationship {relationship.name!r}"
        for relationship in table._meta.relationships.values()
        for name in (relationship.name, f"{relationship.name}_id", relationship.key)
    }
    for column in table._meta.columns.values():
        if column.encrypted:
            found |= dict.fromkeys((column.name, column.key), f"the encrypted column {column.name!r}")
    return found


def _part(column: columns.Column) -> _Part:
    size = column.index_length if column.kind.is_text else None
    return _Part(column.key, size, column.index_length, column.array)


def _key_problems(index: Index, seen: set[str], label: str) -> Iterator[CheckMessage]:
    key = index.key
    if not isinstance(key, str) or not VALID_ID.fullmatch(key) or key.lower() in RESERVED_KEYS:
        hint = f"Give key= {ID_RULE}, and none of {', '.join(RESERVED_KEYS)}."
        yield Error(f"{key!r} is not a usable index key.", hint=hint, obj=label, id="appwrite_orm.E031")
    elif key.lower() in seen:
        hint = "Give one of them another key=; the server does not look at case."
        yield Error(f"Two indexes have the key {key!r}.", hint=hint, obj=label, id="appwrite_orm.E032")
    else:
        seen.add(key.lower())


def _place_problems(index: Index, table: type[Row]) -> Iterator[CheckMessage]:
    label, meta = table._meta.label, table._meta
    found = [meta.columns.get(name) or meta.by_key.get(name) for name in index.columns]
    places = [column for column in found if column is not None and column.family is Family.SHAPE]
    if isinstance(index, SpatialIndex):
        if len(places) != 1 or len(found) != 1 or "DESC" in index.orders or any(index.lengths):
            message = f"Spatial index {index.key!r} is over {', '.join(index.columns)}."
            hint = "It takes one column of points, lines or polygons, without an order or a length."
            yield Error(message, hint=hint, obj=label, id="appwrite_orm.E050")
        elif not places[0].required:
            message = f"Spatial index {index.key!r} is over {places[0].name!r}, which is not required."
            hint = "Make the column required: Appwrite on MariaDB refuses the index else. On PostgreSQL it may stay."
            yield Warning(message, hint=hint, obj=label, id="appwrite_orm.W050")
    elif places:
        message = f"Index {index.key!r} is over {places[0].name!r}, a column of places."
        yield Error(message, hint="Use a SpatialIndex, over that column alone.", obj=label, id="appwrite_orm.E050")


def _part_problems(index: Index, parts: Mapping[str, _Part], table: type[Row]) -> Iterator[CheckMessage]:
    label = table._meta.label
    if unknown := [name for name in index.columns if name not in parts]:
        message = f"Index {index.key!r} is over {unknown[0]!r}, which cannot be indexed or is not a column."
        yield Error(message, hint=f"Use one of: {', '.join(sorted(parts))}.", obj=label, id="appwrite_orm.E033")
        return
    yield from _place_problems(index, table)
    chosen = [parts[name] for name in index.columns]
    if len({part.key for part in chosen}) < len(chosen):
        yield Error(
            f"Index {index.key!r} names a column twice.",
            hint="Name each column once.",
            obj=label,
            id="appwrite_orm.E034",
        )
    if arrays := [part.key for part in chosen if part.array]:
        hint = "Appwrite indexes no arrays; leave it out, or keep the items as rows of a second table."
        yield Error(
            f"Index {index.key!r} is over the array {arrays[0]!r}.", hint=hint, obj=label, id="appwrite_orm.E035"
        )
        return
    if isinstance(index, SpatialIndex):
        return
    if isinstance(index, FulltextIndex):
        if others := [part.key for part in chosen if part.size is None or part.key.startswith("$")]:
            message = f"Fulltext index {index.key!r} is over {others[0]!r}, which is not a column of text."
            yield Error(message, hint="Name columns of text only.", obj=label, id="appwrite_orm.E036")
        return
    yield from _length_problems(index, chosen, label)


def _length_problems(index: Index, chosen: list[_Part], label: str) -> Iterator[CheckMessage]:
    total = 0
    for part, length in zip(chosen, index.lengths, strict=True):
        total += part.length
        if length is None:
            continue
        if part.size is None:
            message = f"Index {index.key!r} gives a length for {part.key!r}, which is not text."
            yield Error(message, hint="Give None in its place.", obj=label, id="appwrite_orm.E037")
        elif isinstance(length, bool) or not isinstance(length, int) or not 1 <= length <= part.size:
            message = f"Index {index.key!r} gives {part.key!r} the length {length!r}."
            yield Error(
                message, hint=f"Give 1 to {part.size:,}, the column's size, or None.", obj=label, id="appwrite_orm.E037"
            )
        else:
            total += length - part.length
    if total > INDEX_LENGTH:
        yield Error(
            f"Index {index.key!r} is {total:,} characters long; there is room for {INDEX_LENGTH}.",
            hint="Shorten text in it with lengths=, one entry for each column.",
            obj=label,
            id="appwrite_orm.E038",
        )
