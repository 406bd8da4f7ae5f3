"""Changes made elsewhere: what Appwrite tells of them, by webhook or realtime, and what follows from it here."""

from .changes import Change, RowChange, changes_of
from .handling import forget_all, handle

__all__ = ["Change", "RowChange", "changes_of", "forget_all", "handle"]
