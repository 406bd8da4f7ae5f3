"""Django's admin for rows on Appwrite: `class ProductAdmin(AppwriteAdmin)`; see docs/reference/admin.md."""

from .model_admin import AppwriteAdmin

__all__ = ["AppwriteAdmin"]
