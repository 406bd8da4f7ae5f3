"""The references and relationships that lead to a table."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache

from ..exceptions import ConfigurationError
from ..registry import registry
from ..tables import Row
from ..tables.columns.relations import Relation

_Declared = tuple[type[Row], Relation]  # a relation, and the registered table that has it


def relations_to(table: type[Row]) -> Sequence[_Declared]:
    """Return the relations of registered tables whose target is `table`, in the order of their registration."""
    return _by_target(registry.version).get(table, ())


@lru_cache(maxsize=1)
def _by_target(version: int) -> dict[type[Row], list[_Declared]]:
    """Return all relations by their targets, kept for a `registry.version`: queries and changes ask for them."""
    found: dict[type[Row], list[_Declared]] = {}
    for table in registry.all():
        for relation in table._meta.relations.values():
            with suppress(ConfigurationError):  # a target that is not registered asks for none
                found.setdefault(registry.target(table, relation), []).append((table, relation))
    return found
