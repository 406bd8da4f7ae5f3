"""Checks of indexes: keys, columns and lengths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from django.core.checks import CheckMessage, Error, Warning

from ..conf import ID_RULE, VALID_ID
from ..plans.limits import INDEX_LENGTH, INDEXES_LIMIT
from ..tables import FulltextIndex, Index, Row, SpatialIndex, columns
from ..tables.kinds import Family
from ..tables.system_columns import INDEXABLE

# Keys of the indexes that Appwrite itself creates on MariaDB.
RESERVED_KEYS = ("primary", "_created_at", "_updated_at", "_tenant_id")


class _Part(NamedTuple):
    """The properties of a column that matter to an index. `size` is None unless it is text."""

    key: str
    size: int | None
    length: int
    array: bool = False


def index_problems(table: type[Row]) -> Iterator[CheckMessage]:
    """Yield the problems of the indexes of one table."""
    label, indexes = table._meta.label, table._meta.indexes
    if (message := index_count_problem(len(indexes))) is not None:
        yield Error(message, hint="Remove those that no query needs.", obj=label, id="appwrite_orm.E030")
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
            yield Error(message, hint="Remove the column from the index.", obj=label, id="appwrite_orm.E039")
            continue
        yield from _part_problems(index, parts, table)


def index_count_problem(count: int) -> str | None:
    """Return the error message for more indexes than a table can have."""
    return f"The table has {count} indexes; Appwrite allows {INDEXES_LIMIT}." if count > INDEXES_LIMIT else None


def _parts(table: type[Row]) -> Mapping[str, _Part]:
    """Return the columns that can be indexed, by name in Python and by key."""
    own = {name: _part(column) for name, column in table._meta.columns.items() if column.family is not Family.LINK}
    parts = {**{name: _part(column) for name, column in INDEXABLE.items()}, **own}
    return {**{part.key: part for part in parts.values()}, **parts}


def _unusable(table: type[Row]) -> Mapping[str, str]:
    """Return descriptions of the columns that cannot be indexed, by each of their names."""
    descriptions = {
        name: f"the relationship {relationship.name!r}"
        for relationship in table._meta.relationships.values()
        for name in (relationship.name, f"{relationship.name}_id", relationship.key)
    }
    for column in table._meta.columns.values():
        if column.encrypted:
            descriptions |= dict.fromkeys((column.name, column.key), f"the encrypted column {column.name!r}")
    return descriptions


def _part(column: columns.Column) -> _Part:
    size = column.index_length if column.kind.is_text else None
    return _Part(column.key, size, column.index_length, column.array)


def _key_problems(index: Index, seen: set[str], label: str) -> Iterator[CheckMessage]:
    key = index.key
    if not isinstance(key, str) or not VALID_ID.fullmatch(key) or key.lower() in RESERVED_KEYS:
        hint = f"Set key= to {ID_RULE}. Appwrite reserves {', '.join(RESERVED_KEYS)}."
        yield Error(f"{key!r} is not a valid index key.", hint=hint, obj=label, id="appwrite_orm.E031")
    elif key.lower() in seen:
        hint = "Set a different key= for one of them; index keys are not case-sensitive."
        yield Error(f"Two indexes have the key {key!r}.", hint=hint, obj=label, id="appwrite_orm.E032")
    else:
        seen.add(key.lower())


def _place_problems(index: Index, table: type[Row]) -> Iterator[CheckMessage]:
    label, meta = table._meta.label, table._meta
    indexed = [meta.columns.get(name) or meta.by_key.get(name) for name in index.columns]
    places = [column for column in indexed if column is not None and column.family is Family.SHAPE]
    if isinstance(index, SpatialIndex):
        if len(places) != 1 or len(indexed) != 1 or "DESC" in index.orders or any(index.lengths):
            message = f"Spatial index {index.key!r} is over {', '.join(index.columns)}."
            hint = "Name one column of points, lines or polygons, without an order or a length."
            yield Error(message, hint=hint, obj=label, id="appwrite_orm.E050")
        elif not places[0].required:
            message = f"Spatial index {index.key!r} is over {places[0].name!r}, which is not required."
            hint = "Make the column required: otherwise Appwrite on MariaDB refuses the index. PostgreSQL allows it."
            yield Warning(message, hint=hint, obj=label, id="appwrite_orm.W050")
    elif places:
        message = f"Index {index.key!r} is over {places[0].name!r}, a spatial column."
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
        hint = "Appwrite cannot index arrays. Remove it, or store the items as rows of a second table."
        yield Error(
            f"Index {index.key!r} is over the array {arrays[0]!r}.", hint=hint, obj=label, id="appwrite_orm.E035"
        )
        return
    if isinstance(index, SpatialIndex):
        return
    if isinstance(index, FulltextIndex):
        if others := [part.key for part in chosen if part.size is None or part.key.startswith("$")]:
            message = f"Fulltext index {index.key!r} is over {others[0]!r}, which is not a text column."
            yield Error(message, hint="Use text columns only.", obj=label, id="appwrite_orm.E036")
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
            yield Error(message, hint="Use None as its length.", obj=label, id="appwrite_orm.E037")
        elif isinstance(length, bool) or not isinstance(length, int) or not 1 <= length <= part.size:
            message = f"Index {index.key!r} gives {part.key!r} the length {length!r}."
            yield Error(
                message, hint=f"Use 1 to {part.size:,}, the column's size, or None.", obj=label, id="appwrite_orm.E037"
            )
        else:
            total += length - part.length
    if total > INDEX_LENGTH:
        yield Error(
            f"Index {index.key!r} is {total:,} characters long; Appwrite allows {INDEX_LENGTH}.",
            hint="Shorten its text columns with lengths=, which has one entry per column.",
            obj=label,
            id="appwrite_orm.E038",
        )
