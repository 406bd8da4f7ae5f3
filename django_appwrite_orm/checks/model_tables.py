"""Checks of the tables that models have on Appwrite: their size, and the lengths and columns of their indexes."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.checks import CheckMessage, Error
from django.db import models

from ..backend.model_table import ModelRow, table_on_appwrite
from ..plans.limits import INDEX_LENGTH
from ..tables import UniqueIndex
from .columns import column_count_problem, row_size_problem
from .indexes import index_count_problem


def model_table_problems(model: type[models.Model]) -> Iterator[CheckMessage]:
    """Yield the problems of the table that `migrate` makes for a model."""
    table = table_on_appwrite(model) if model._meta.managed else None
    if table is None:
        return
    yield from _size_problems(model, table)
    yield from _clashes(model, table)
    yield from _index_problems(model, table)


def _size_problems(model: type[models.Model], table: type[ModelRow]) -> Iterator[CheckMessage]:
    sizes = {name: column.row_bytes for name, column in table._meta.columns.items()}
    if (message := row_size_problem(sizes)) is not None:
        yield Error(
            message,
            hint="A CharField takes four bytes per character. Give it a smaller max_length, or use a TextField, which"
            " takes 20 bytes.",
            obj=model,
            id="appwrite.E105",
        )
    if (message := column_count_problem(len(sizes))) is not None:
        hint = "Move some of the fields to a second model, with a OneToOneField to this one."
        yield Error(message, hint=hint, obj=model, id="appwrite.E103")


def _clashes(model: type[models.Model], table: type[ModelRow]) -> Iterator[CheckMessage]:
    seen: dict[str, str] = {}
    for name, column in table._meta.columns.items():
        other = seen.setdefault(column.key.lower(), name)
        if other != name:
            yield Error(
                f"The fields {other!r} and {name!r} have the same column {column.key!r}; Appwrite ignores case.",
                hint=f"Give {name!r} another column: db_column='{column.key.lower()}_2', for example.",
                obj=model,
                id="appwrite.E114",
            )


def _index_problems(model: type[models.Model], table: type[ModelRow]) -> Iterator[CheckMessage]:
    indexes = table._meta.indexes
    if (message := index_count_problem(len(indexes))) is not None:
        hint = "Remove those that no query needs: each db_index, unique field and ForeignKey has one."
        yield Error(message, hint=hint, obj=model, id="appwrite.E106")
    for index in indexes:
        indexed = [table._meta.columns[name] for name in index.columns if name in table._meta.columns]
        if lists := [column.name for column in indexed if column.array]:
            yield Error(
                f"The index or constraint {index.key!r} is over the ArrayField {lists[0]!r}; Appwrite has no indexes"
                " over lists.",
                hint="Leave the field out of it. To look for items by an index, keep them as rows of a second model.",
                obj=model,
                id="appwrite.E113",
            )
        length = sum(column.index_length for column in indexed)
        if isinstance(index, UniqueIndex) and len(indexed) > 1 and length > INDEX_LENGTH:
            yield Error(
                f"The unique constraint over {', '.join(index.columns)} has {length:,} characters; Appwrite's unique"
                f" indexes hold at most {INDEX_LENGTH}.",
                hint=f"Give these fields a max_length of {INDEX_LENGTH} together, or less.",
                obj=model,
                id="appwrite.E102",
            )
