"""Model fields of Appwrite's own."""

from .id import IDField, new_row_id

__all__ = ["IDField", "new_row_id"]
