"""Why Appwrite cannot be asked something."""

from __future__ import annotations


class Untranslatable(Exception):
    """A part of a query that Appwrite does not know; the text is the reason, such as "a join"."""
