"""Relationships to many as attributes of a Table's model: the related rows, to be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Never

from django.core.exceptions import FieldError
from django.db import connections as databases
from django.db import models, router

from ...tables import Row


class RelatedRows:
    """`book.tags`: a queryset of the related rows, of their table's model."""

    def __init__(self, field: ToManyField) -> None:
        self._field = field

    def __get__(self, instance: models.Model | None, owner: type[models.Model]) -> Any:
        return self if instance is None else self._field.related_rows(instance)

    def __set__(self, instance: models.Model, value: Any) -> Never:
        raise AttributeError(self._field.refusal("set"))


class ToManyField(models.Field):  # type: ignore[type-arg]
    """A relationship to many: no column, and no value of an instance."""

    def __init__(self, table: type[Row], name: str, target: Callable[[], type[models.Model]]) -> None:
        super().__init__(editable=False)
        self._table, self._relation, self._target = table, name, target

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only=True)
        setattr(cls, name, RelatedRows(self))

    def get_attname_column(self) -> tuple[str, None]:
        return self.get_attname(), None

    def related_rows(self, instance: models.Model) -> models.QuerySet[Any]:
        """Return the rows that are linked to `instance`, of the model of their table. Reads their ids."""
        target = self._target()
        database = instance._state.db or router.db_for_read(target, instance=instance)
        rows = target._base_manager.using(database)
        if instance._state.adding:
            return rows.none()
        connection: Any = databases[database]
        row = self._table.from_appwrite({"$id": instance.pk}, connection.using)
        return rows.filter(pk__in=list(getattr(row, self._relation).values_list("id", flat=True)))

    def refusal(self, use: str) -> str:
        """Return the reason why a model cannot make this use of it."""
        name = self._table.__name__
        return (
            f"{name}.{self._relation} is a relationship to many, which Appwrite keeps, and cannot be {use} through a"
            f" model. Use the Table: {name}.objects."
        )

    @property
    def path_infos(self) -> Never:
        """Raise FieldError: a filter, an order or `prefetch_related` would need it."""
        raise FieldError(self.refusal("used in a query"))
