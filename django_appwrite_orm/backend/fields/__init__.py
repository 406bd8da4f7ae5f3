"""Model fields of Appwrite's own."""

from .id import IDField, new_row_id
from .system import CreatedAtField, SystemField, UpdatedAtField

__all__ = ["CreatedAtField", "IDField", "SystemField", "UpdatedAtField", "new_row_id"]
