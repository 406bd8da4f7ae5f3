"""Appwrite for Django: tables in Python, querysets, migrations, and a cache that is never stale.

The public names of the package; everything else is subject to change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from appwrite.id import ID
    from appwrite.operator import Operator
    from appwrite.permission import Permission
    from appwrite.query import Query
    from appwrite.role import Role

    from . import signals
    from .cache import CachePolicy, cache_policy
    from .facade.definitions import register
    from .facade.orm import orm
    from .querysets import Apply, Manager, QuerySet, Table, atomic
    from .tables import FulltextIndex, Index, SpatialIndex, UniqueIndex, columns

    __version__: str

__all__ = [
    "ID",
    "Apply",
    "CachePolicy",
    "FulltextIndex",
    "Index",
    "Manager",
    "Operator",
    "Permission",
    "Query",
    "QuerySet",
    "Role",
    "SpatialIndex",
    "Table",
    "UniqueIndex",
    "atomic",
    "cache_policy",
    "columns",
    "orm",
    "register",
    "signals",
]

# Imported at first use: the local Appwrite is run without Django, and Django reads this module before settings.
_HOMES = {
    "ID": "appwrite.id",
    "Operator": "appwrite.operator",
    "Permission": "appwrite.permission",
    "Query": "appwrite.query",
    "Role": "appwrite.role",
    "Apply": ".querysets",
    "CachePolicy": ".cache",
    "cache_policy": ".cache",
    "FulltextIndex": ".tables",
    "Index": ".tables",
    "Manager": ".querysets",
    "QuerySet": ".querysets",
    "SpatialIndex": ".tables",
    "Table": ".querysets",
    "atomic": ".querysets",
    "UniqueIndex": ".tables",
    "columns": ".tables",
    "orm": ".facade.orm",
    "register": ".facade.definitions",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "signals":
        return import_module(".signals", __name__)
    if name == "__version__":
        return _version()
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)


def _version() -> str:
    """The version in the metadata of the installed package; `0+unknown` in a checkout that is not installed."""
    from importlib import metadata

    try:
        return metadata.version("django-appwrite-orm")
    except metadata.PackageNotFoundError:
        return "0+unknown"
