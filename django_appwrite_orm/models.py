"""Model fields for models whose rows live on Appwrite. The app has no models of its own."""

from .backend.fields import IDField

__all__ = ["IDField"]
