"""A row that knows another one by its id, without help from the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from ...conf import ID_RULE, VALID_ID
from ...exceptions import ConfigurationError
from .texts import String
from .unknown_options import unknown_options

if TYPE_CHECKING:
    from ..row import Row


class ReferenceColumn(String[Any]):
    """The column that keeps the id. Made by `Reference`."""

    def __init__(self, **common: Any) -> None:
        super().__init__(size=36, **common)

    def clean_one(self, value: Any) -> Any:
        if not isinstance(value, str) or not VALID_ID.fullmatch(value):
            raise ValidationError(f"{value!r} is not the id of a row. Use {ID_RULE}.", code="invalid")
        return value


def leads_to_a_model(model: type[models.Model]) -> str:
    """What to say about a relation to a Django model."""
    key = "Integer" if isinstance(model._meta.pk, models.IntegerField) else "String"
    word = model.__name__
    return (
        f"{model._meta.label} is a Django model, and rows refer to rows of tables alone. Keep its primary key,"
        f" {word.lower()}_id = columns.{key}(), and read it by {word}.objects.get(pk=row.{word.lower()}_id)."
    )


class Relation:
    """What leads from a row to rows of another table. `to` is that table: its class, its name, its label, or
    "self"; `related_name` is what the way back is called on it, with a "+" at the end for none."""

    declared_as: ClassVar[str]  # the word that users write for it
    name: str

    def __init__(self, to: str | type[Row], related_name: str | None) -> None:
        if not isinstance(to, (str, type)) or not to:
            raise ConfigurationError(
                f"{self.declared_as}: give the table it leads to, as a class or a name, not {to!r}."
            )
        if isinstance(to, type) and issubclass(to, models.Model):
            raise ConfigurationError(f"{self.declared_as}: {leads_to_a_model(to)}")
        self.to = to
        self.related_name = related_name

    def __set_name__(self, table: type[Row], name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.declared_as}: {getattr(self, 'name', '?')}>"

    def accessor(self, table: type[Row]) -> str | None:
        """What the way back to `table`, the one that refers, is called on the other one; None for none."""
        if self.related_name is None:
            return f"{table.__name__.lower()}_set"
        return None if self.related_name.endswith("+") else self.related_name


class Reference(Relation):
    """`maker = columns.Reference("Maker")`: the id of a row of another table, kept in a text column `maker_id`.

    `row.maker_id` is the id, `row.maker` the row: a get through the cache, which raises `Maker.DoesNotExist` where
    the id leads nowhere, for nothing on the server sees to it that it leads anywhere. Either can be set.
    `to` is a table class, its name, its label, or "self". `related_name` is what the way back is called on
    the other table: `product_set` unless told, "+" for none.
    """

    declared_as = "Reference"
    column_name: str

    def __init__(
        self,
        to: str | type[Row],
        *,
        required: bool = False,
        column: str | None = None,
        related_name: str | None = None,
        renamed_from: str | None = None,
        **unknown: Any,
    ) -> None:
        if unknown:
            raise unknown_options(self, unknown)
        super().__init__(to, related_name)
        self._keeper = ReferenceColumn(required=required, column=column, renamed_from=renamed_from)

    def __set_name__(self, table: type[Row], name: str) -> None:
        super().__set_name__(table, name)
        self.column_name = f"{name}_id"
        setattr(table, self.column_name, self._keeper)

    def __get__(self, row: Row | None, table: type[Row]) -> Any:
        return self if row is None else row._related_row(self)

    def __set__(self, row: Row, other: Row | None) -> None:
        row._set_related_row(self, other)
