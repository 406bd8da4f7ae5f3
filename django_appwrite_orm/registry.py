"""Which tables there are: filled from each app's tables.py or by `register()`, asked by name."""

from __future__ import annotations

import difflib
from typing import TypeVar

from django.apps import apps
from django.db.models import Model

from .exceptions import ConfigurationError
from .tables import Row
from .tables.columns.relations import Relation, leads_to_a_model

RowClass = TypeVar("RowClass", bound=type[Row])


class Registry:
    """The tables of the project, in the order of their registration."""

    def __init__(self) -> None:
        self._tables: list[type[Row]] = []

    def add(self, table: RowClass) -> RowClass:
        """Register a table class; doing so again changes nothing. Abstract ones are passed over."""
        if table not in self._tables and not table._meta.abstract:
            self._tables.append(table)
        return table

    def discard(self, table: type[Row]) -> None:
        if table in self._tables:
            self._tables.remove(table)

    def all(self) -> list[type[Row]]:
        return list(self._tables)

    def of_app(self, label: str) -> list[type[Row]]:
        return [table for table in self._tables if table._meta.app_label == label]

    def get(self, name: str) -> type[Row]:
        """The table with this name, id or label (`shop.Product`). Raises `ConfigurationError`."""
        for table in self._tables:
            if name in (table._meta.name, table._meta.id, table._meta.label):
                return table
        known = sorted(table._meta.name for table in self._tables)
        near = difflib.get_close_matches(name, known, n=1)
        guess = f" Did you mean: {near[0]}?" if near else ""
        raise ConfigurationError(
            f"There is no table {name!r}.{guess} Registered: {', '.join(known) or 'none'}. Declare it in an app's"
            " tables.py, or register() it."
        )

    def target(self, table: type[Row], relation: Relation) -> type[Row]:
        """The table that a reference or relationship of `table` leads to. Raises `ConfigurationError`, which
        names it."""
        if isinstance(relation.to, type):
            return relation.to
        if relation.to == "self":
            return table
        named = [one for one in self._tables if one.__name__ == relation.to]
        near = [one for one in named if one._meta.app_label == table._meta.app_label] or named
        if len(near) == 1:
            return near[0]
        where = f"{table.__name__}.{relation.name}"
        if near:
            labels = ", ".join(one._meta.label for one in near)
            raise ConfigurationError(f"{where}: {relation.to!r} may be any of {labels}. Say which.")
        if (model := _model_called(relation.to)) is not None:
            raise ConfigurationError(f"{where}: {leads_to_a_model(model)}")
        try:
            return self.get(relation.to)
        except ConfigurationError as error:
            raise ConfigurationError(f"{where} cannot be followed. {error}") from None


def _model_called(name: str) -> type[Model] | None:
    """The Django model with this label or name, where the apps are loaded."""
    if not apps.models_ready:
        return None
    return next((model for model in apps.get_models() if name in (model._meta.label, model.__name__)), None)


registry = Registry()
