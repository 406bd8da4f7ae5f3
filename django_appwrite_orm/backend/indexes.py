"""The indexes of a model's table: of its fields, its `Meta.indexes` and its unique constraints.

What an index of Appwrite cannot be is left out: those over expressions, with a condition, deferrable ones. Django's
checks `models.W036` to `models.W044` name them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from django.apps import apps
from django.db import models

from ..plans.limits import INDEX_LENGTH
from ..tables import Index, UniqueIndex
from ..tables.system_columns import SYSTEM_COLUMNS_BY_KEY
from .columns import ModelField, column_of, holds_row_id
from .names import index_key


def indexes_of(model: type[models.Model]) -> list[Index]:
    """Return the indexes over fields of the model's own table, each once."""
    indexes: dict[tuple[type[Index], tuple[str, ...], tuple[str, ...]], Index] = {}
    for index in _declared(model):
        indexes.setdefault((type(index), index.columns, index.orders), index)
    return list(indexes.values())


def _declared(model: type[models.Model]) -> Iterator[Index]:
    for field in model._meta.local_concrete_fields:
        if (index := index_of_field(field)) is not None:
            yield index
    yield from indexes_of_options(model)


def indexes_of_options(model: type[models.Model]) -> Iterator[Index]:
    """Yield the indexes of `unique_together`, `constraints` and `indexes` over fields that the model has.

    A historical model after a RenameField has the old name in its indexes and constraints.
    """
    meta = model._meta
    for names in _unique_together(model):
        yield index_over(UniqueIndex, model, names, "_".join([*names, "uniq"]))
    names_of_fields = {field.name for field in meta.fields}
    for constraint in meta.constraints:
        if not isinstance(constraint, models.UniqueConstraint) or not is_plain_constraint(constraint):
            continue
        if names_of_fields.issuperset(constraint.fields):
            yield index_over(UniqueIndex, model, constraint.fields, constraint.name)
    for index in meta.indexes:
        if is_plain_index(index) and names_of_fields.issuperset(name for name, _ in index.fields_orders):
            yield index_over(Index, model, [f"{sign}{name}" for name, sign in _orders(index)], index.name)


def _unique_together(model: type[models.Model]) -> Sequence[Sequence[str]]:
    """Return the option of a model; for the stub that migrations have of an app without any, the installed model's."""
    meta: Any = model._meta
    label = (meta.app_label, meta.model_name)
    stubs = getattr(meta.apps, "real_models", ())
    if any((stub.app_label, stub.name_lower) == label for stub in stubs):
        meta = apps.get_model(*label)._meta
    return cast("Sequence[Sequence[str]]", meta.unique_together)


def index_of_field(field: Any) -> Index | None:
    """Return the index of a field with `unique`, `primary_key` or `db_index`; None for a field without one."""
    if field.column is None or holds_row_id(field):
        return None
    if field.primary_key and column_of(field).column.index_length > INDEX_LENGTH:
        return None  # the ids of rows are made of its values: they are unique, and filters ask for them
    if field.unique:
        return UniqueIndex(field.name, key=index_key(f"{field.column}_uniq"))
    if not field.db_index:
        return None
    return Index(field.name, key=index_key(f"{field.column}_idx"), lengths=_lengths([field]))


def is_plain_constraint(constraint: models.UniqueConstraint) -> bool:
    """Whether a unique index of Appwrite means the same."""
    return bool(
        constraint.fields
        and not getattr(constraint, "include", ())
        and constraint.condition is None
        and not constraint.expressions
        and constraint.deferrable is None
        and constraint.nulls_distinct is not False
    )


def is_plain_index(index: models.Index) -> bool:
    """Whether an index of Appwrite means the same."""
    return bool(
        index.fields and not getattr(index, "include", ()) and index.condition is None and not index.expressions
    )


def _orders(index: models.Index) -> list[tuple[str, str]]:
    return [(name, "-" if order == "DESC" else "") for name, order in index.fields_orders]


def index_over(kind: type[Index], model: type[models.Model], names: Sequence[str], name: str) -> Index:
    """Return an index called `name` over fields of `model`; `-price` orders by that one descending."""
    fields: list[tuple[str, Any]] = []
    for term in names:
        field: Any = model._meta.get_field(term.removeprefix("-"))
        sign = "-" if term.startswith("-") else ""
        system = SYSTEM_COLUMNS_BY_KEY.get(column_of(field).key)
        fields.append((f"{sign}{field.name if system is None else system.name}", field))
    lengths = None if kind is UniqueIndex else _lengths([field for _, field in fields])
    return kind(*(column for column, _ in fields), key=index_key(name), lengths=lengths)


def _lengths(fields: Sequence[ModelField]) -> list[int | None] | None:
    """Return the lengths at which the columns of an index are cut off so that they fit; None where all of them do."""
    sizes = [column_of(field).column.index_length for field in fields]
    if sum(sizes) <= INDEX_LENGTH:
        return None
    text = [column_of(field).column.kind.is_text for field in fields]
    left = INDEX_LENGTH - sum(size for size, is_text in zip(sizes, text, strict=True) if not is_text)
    share = left // max(sum(text), 1)
    return [share if is_text and size > share else None for size, is_text in zip(sizes, text, strict=True)]
