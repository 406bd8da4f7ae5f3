"""Optimistic locking: nothing is saved over, or done to, a row that has changed since its page was opened."""
