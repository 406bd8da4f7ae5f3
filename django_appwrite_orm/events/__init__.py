"""Changes made elsewhere: what Appwrite tells of them, by webhook or realtime, and what follows from it here."""

from .dispatch import forget_all, handle
from .parsing import Change, RowChange, changes_of

__all__ = ["Change", "RowChange", "changes_of", "forget_all", "handle"]
