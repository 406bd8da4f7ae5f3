"""Changes made elsewhere: what Appwrite tells of them, by webhook or realtime, and what follows from it here."""

from .dispatch import dispatch_event, forget_all
from .parsing import Change, RowChange, changes_of

__all__ = ["Change", "RowChange", "changes_of", "dispatch_event", "forget_all"]
