"""Fields, bases and identities for models whose rows live on Appwrite. The app has no models of its own.

Django imports this module at every start, so each name is imported at its first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .backend.arrays import ArrayField
    from .backend.bridge import model_of
    from .backend.fields import IDField
    from .backend.fields.system_fields import SystemFields
    from .backend.identity import as_guest, as_user
    from .backend.permissions.row_permissions import RowPermissions

__all__ = ["ArrayField", "IDField", "RowPermissions", "SystemFields", "as_guest", "as_user", "model_of"]

_HOMES = {
    "ArrayField": ".backend.arrays",
    "IDField": ".backend.fields",
    "RowPermissions": ".backend.permissions.row_permissions",
    "SystemFields": ".backend.fields.system_fields",
    "as_guest": ".backend.identity",
    "as_user": ".backend.identity",
    "model_of": ".backend.bridge",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __package__), name)
