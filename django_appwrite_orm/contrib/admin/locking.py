"""Detect that a row was changed by somebody else between opening its form and saving it."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core import signing
from django.db import models
from django.utils.translation import gettext as _

from ...backend.permissions.row_permissions import RowPermissions
from ...backend.permissions.values import PermissionsField
from .display import displayed

# The name of the hidden input with the values that a form was opened with.
OPENED = "_opened"
_SALT = "django_appwrite_orm.admin"
_EMPTY = "-"


def opened(instance: models.Model, names: Any) -> str:
    """Return the values of these fields of an instance as a signed text, for a hidden input."""
    fields = _fields(instance, names)
    values = {name: _compared(instance, field) for name, field in fields.items()}
    return signing.dumps({"pk": str(instance.pk), "values": values}, salt=_SALT, compress=True)


def _fields(instance: models.Model, names: Any) -> dict[str, Any]:
    """Return the fields among these names that have a column, and what stands for the permissions of the row."""
    fields: list[Any] = [*instance._meta.concrete_fields]
    if isinstance(instance, RowPermissions):
        fields.append(PermissionsField(type(instance)))
    return {field.name: field for field in fields if field.name in names}


def _compared(instance: models.Model, field: Any) -> str:
    """Return the value of a field as a text; fields of documents have other values there."""
    value = field.value_to_string(instance)
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)


class LockedForm(forms.BaseModelForm):  # type: ignore[type-arg]
    """A form that is refused where one of its fields has another value in the database than when it was opened."""

    # The row as it is in the database, if it was changed since.
    changed_row: models.Model | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stored = copy.copy(self.instance)  # validation puts the values of the form into the instance

    def full_clean(self) -> None:
        """Validate the form, and add an error for each field that somebody else has changed."""
        super().full_clean()
        if self.is_bound and self.data.get(OPENED):
            self._refuse_changed_row(self.data[OPENED])

    def _refuse_changed_row(self, token: str) -> None:
        try:
            content = signing.loads(token, salt=_SALT)
        except signing.BadSignature:
            content = {}
        if content.get("pk") != str(self.instance.pk):
            self.add_error(None, _("This page is not up to date. Open it again; nothing was saved."))
            return
        self._report(self._stored, content["values"])

    def _report(self, now: models.Model, before: Mapping[str, str]) -> None:
        """Add an error to each field that somebody else has changed."""
        fields = _fields(now, before)
        changed = {name: field for name, field in fields.items() if _compared(now, field) != before[name]}
        if not changed:
            return
        self.changed_row = now
        problems = {}
        for name, field in changed.items():
            theirs = _displayed(getattr(now, name), field)
            mine = self.cleaned_data[name] if name in self.cleaned_data else self[name].value()
            problems[name] = _("Somebody else has changed this to “%(theirs)s”. Yours is “%(mine)s”.") % {
                "theirs": theirs,
                "mine": _displayed(mine, field),
            }
        for name, problem in problems.items():
            self.add_error(name if name in self.fields else None, problem)
        summary = _(
            "This %(name)s was changed by somebody else since you opened it, and nothing was saved. Correct the values"
            " below; to save them all the same, save again."
        )
        self.add_error(None, summary % {"name": now._meta.verbose_name})


def _displayed(value: Any, field: Any) -> str:
    """Return a value as people read it."""
    return str(value) if isinstance(value, models.Model) else displayed(value, field, _EMPTY)
