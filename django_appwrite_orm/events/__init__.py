"""Changes made elsewhere: receive Appwrite's events by webhook or realtime, and invalidate the cached results."""

from .dispatch import dispatch_event, invalidate_all_tables
from .parsing import Change, RowChange, changes_of

__all__ = ["Change", "RowChange", "changes_of", "dispatch_event", "invalidate_all_tables"]
