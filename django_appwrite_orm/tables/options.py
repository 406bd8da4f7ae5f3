"""What a table is beyond its columns: `class Meta`, read once and completed with defaults."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.apps import apps

from ..caching import CachePolicy
from ..exceptions import ConfigurationError
from ..plans import TableRef
from .columns import Column
from .indexes import Index

if TYPE_CHECKING:
    from .row import Row

_KNOWN = {
    "abstract",
    "app_label",
    "cache",
    "enabled",
    "id",
    "indexes",
    "name",
    "permissions",
    "row_security",
    "using",
    "warm",
}

Warmer = Callable[[Any], Any]


class Options:
    """The `_meta` of a table class.

    `warm` says what `warm_appwrite` reads beforehand: True for all rows, or functions that take the table's
    queryset and return another one or a value.
    """

    def __init__(self, table: type[Row], columns: Mapping[str, Column], meta: type | None) -> None:
        given = {k: v for k, v in vars(meta).items() if not k.startswith("__")} if meta else {}
        self.table = table
        self.columns = dict(columns)
        self.by_key = {column.key: column for column in self.columns.values()}
        if unknown := given.keys() - _KNOWN:
            raise ConfigurationError(
                f"{table.__name__}.Meta: unknown option {sorted(unknown)[0]!r}. Known: {', '.join(sorted(_KNOWN))}."
            )
        self.abstract: bool = given.get("abstract", False)
        self.indexes: tuple[Index, ...] = tuple(given.get("indexes", ()))
        self.permissions: tuple[str, ...] = tuple(given.get("permissions", ()))
        self.row_security: bool = given.get("row_security", False)
        self.enabled: bool = given.get("enabled", True)
        self.policy: CachePolicy | None = given.get("cache")
        self.using: str | None = given.get("using")
        warm: bool | Sequence[Warmer] = given.get("warm", ())
        self.warm: tuple[Warmer, ...] = (list,) if warm is True else tuple(warm or ())
        self._name: str | None = given.get("name")
        self._id: str | None = given.get("id")
        self._app_label: str | None = given.get("app_label")

    @cached_property
    def app_label(self) -> str | None:
        """Label of the app the class stands in, or None outside any."""
        if self._app_label is not None:
            return self._app_label
        config = apps.get_containing_app_config(self.table.__module__)
        return config.label if config else None

    @cached_property
    def name(self) -> str:
        """The table's name on the server: app label and class name unless Meta says otherwise."""
        if self._name is not None:
            return self._name
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", self.table.__name__).lower()
        return f"{self.app_label}_{words}" if self.app_label else words

    @property
    def id(self) -> str:
        """The table's id on the server: its name unless Meta says otherwise."""
        return self._id if self._id is not None else self.name

    @property
    def object_name(self) -> str:
        """The class's name; Django's `get_object_or_404` puts it into its message."""
        return self.table.__name__

    @property
    def label(self) -> str:
        return f"{self.app_label}.{self.table.__name__}" if self.app_label else self.table.__name__

    def ref(self, database: str) -> TableRef:
        return TableRef(database, self.id)
