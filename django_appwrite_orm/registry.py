"""Which tables there are: filled from each app's tables.py or by `register()`, asked by name."""

from __future__ import annotations

import difflib
from typing import TypeVar

from .exceptions import ConfigurationError
from .tables import Row

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
        known = [table._meta.name for table in self._tables]
        near = ", ".join(difflib.get_close_matches(name, known) or sorted(known)) or "none"
        raise ConfigurationError(
            f"There is no table {name!r}. Registered: {near}. Declare it in an app's tables.py, or register() it."
        )


registry = Registry()
