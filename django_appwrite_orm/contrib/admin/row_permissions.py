"""The editor for the permissions of a row in the form of the admin."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.utils import flatten_fieldsets
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from ...backend.model_table import appwrite_alias, table_of
from ...backend.permissions.values import PermissionsField
from .. import forms
from .display import displayed, field_with_display

# The name of the editor among the fields of a form.
PERMISSIONS = "permissions"


class RowPermissionsMixin(BaseModelAdmin):  # type: ignore[type-arg]
    """Base of a ModelAdmin, before Django's, with an editor for the permissions of a row.

    It is there for models with `RowPermissions` (those of tables have it) whose table has row security, in forms
    without a choice of fields and in those that name `permissions` among them.
    """

    def _edits_permissions(self) -> bool:
        """Whether permissions of rows have an effect, and the model reads and writes them."""
        is_own = isinstance(field_with_display(self.model, PERMISSIONS), PermissionsField)
        is_there = is_own and appwrite_alias(self.model) is not None
        return is_there and bool(table_of(self.model)._meta.row_security)

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Return the row; for a form that is saved, with its permissions by now."""
        row = super().get_object(request, *args, **kwargs)  # type: ignore[misc]
        if row is not None and f"{PERMISSIONS}-sent" in request.POST and self._edits_permissions():
            _ = row.permissions  # it keeps them
        return row

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the class of the form, with the editor where this user may change the row."""
        declared: Any = self.form
        if not self._edits_permissions() or PERMISSIONS in declared.declared_fields:
            return super().get_form(request, obj, change=change, **kwargs)  # type: ignore[misc]
        names = kwargs["fields"] if "fields" in kwargs else flatten_fieldsets(self.get_fieldsets(request, obj))
        if names is not None:
            kwargs["fields"] = [name for name in names if name != PERMISSIONS]
        form: Any = super().get_form(request, obj, change=change, **kwargs)  # type: ignore[misc]
        hidden = {*(self.get_exclude(request, obj) or ()), *self.get_readonly_fields(request, obj)}
        may_change = not change or self.has_change_permission(request, obj)
        if PERMISSIONS in hidden or not may_change or (names is not None and PERMISSIONS not in names):
            return form
        field = forms.PermissionsField(note=self._table_permissions())
        bases = (forms.RowPermissionsForm, form)
        return type(form)(form.__name__, bases, {PERMISSIONS: field, "__module__": form.__module__})

    def _table_permissions(self) -> str:
        """Return what the table allows for all of its rows."""
        text = _("What these roles may do with this row, besides what the table allows for all rows: %(permissions)s.")
        grants, _others = forms.permissions.grants_of(table_of(self.model)._meta.permissions)
        return text % {
            "permissions": displayed(grants, PermissionsField(self.model), pgettext("permissions", "nothing"))
        }
