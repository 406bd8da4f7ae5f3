"""`SystemFields`, a base of models. Imported by the models that have it, once Django's apps are known."""

from __future__ import annotations

from typing import Any

from django.db import models

from .system import CreatedAtField, UpdatedAtField


class SystemFields(models.Model):
    """Base of models with `created_at` and `updated_at`, as Appwrite keeps them for every row.

    After a change, and for a row of an open `atomic()` block, they are read when they are used: None before the commit.
    """

    created_at = CreatedAtField()
    updated_at = UpdatedAtField()

    class Meta:
        abstract = True

    def save_base(self, *args: Any, **kwargs: Any) -> None:
        """Save, and forget when the row was changed before."""
        was_new = self._state.adding
        super().save_base(*args, **kwargs)
        if not was_new:
            self.__dict__.pop("updated_at", None)
