"""Form fields of the admin: lists, JSON, points, lines, polygons, and permissions of rows."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.utils import flatten_fieldsets
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext as _

from ...backend.bridge.fields import LineField, PointField, PolygonField
from ...backend.model_table import appwrite_alias, table_of
from ...backend.permissions.values import PermissionsField
from ...models import ArrayField
from .. import forms
from ..forms.media import STYLE_ONLY
from .display import displayed, readable, shown_field

# The name of the editor among the fields of a form.
PERMISSIONS = "permissions"

FORM_FIELDS: dict[Any, dict[str, Any]] = {
    # A document is not sent twice, as Django does where the default is a function.
    kind: {"form_class": form_class, "show_hidden_initial": False}
    for kind, form_class in (
        (ArrayField, forms.ListField),
        (models.JSONField, forms.JSONField),
        (PointField, forms.PointField),
        (LineField, forms.LineField),
        (PolygonField, forms.PolygonField),
    )
}


class FormFieldsMixin(BaseModelAdmin):  # type: ignore[type-arg]
    """Base of a ModelAdmin, before Django's: its forms and those of its inlines have the fields of this package.

    `formfield_overrides` of a class of the project are added to these.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        _add_form_fields(self)

    def get_inline_instances(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Return the inlines."""
        inlines: list[Any] = super().get_inline_instances(request, obj)  # type: ignore[misc]
        for inline in inlines:
            _add_form_fields(inline)
        return inlines

    @property
    def media(self) -> Any:
        """The files of Django, and the style of values that are only shown."""
        return super().media + STYLE_ONLY

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """Render the form. What it only shows is shown as people read it, also in inlines."""
        form = context["adminform"]
        form.fieldsets, form.readonly_fields = readable(form.fieldsets, form.readonly_fields, self.model, self)
        for formset in context["inline_admin_formsets"]:
            inline = formset.opts
            formset.fieldsets, formset.readonly_fields = readable(
                formset.fieldsets, formset.readonly_fields, inline.model, inline
            )
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]


def _add_form_fields(admin: Any) -> None:
    admin.formfield_overrides = {**FORM_FIELDS, **admin.formfield_overrides}


class RowPermissionsMixin(BaseModelAdmin):  # type: ignore[type-arg]
    """Base of a ModelAdmin, before Django's, with an editor for the permissions of a row.

    It is there for models with `RowPermissions` (those of tables have it) whose table has row security, in forms
    without a choice of fields and in those that name `permissions` among them.
    """

    def has_row_permissions(self) -> bool:
        """Whether permissions of rows have an effect, and the model reads and writes them."""
        is_own = isinstance(shown_field(self.model, PERMISSIONS), PermissionsField)
        is_there = is_own and appwrite_alias(self.model) is not None
        return is_there and bool(table_of(self.model)._meta.row_security)

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Return the row; for a form that is saved, with its permissions by now."""
        row = super().get_object(request, *args, **kwargs)  # type: ignore[misc]
        if row is not None and f"{PERMISSIONS}-sent" in request.POST and self.has_row_permissions():
            _ = row.permissions  # it keeps them
        return row

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the class of the form, with the editor where this user may change the row."""
        declared: Any = self.form
        if not self.has_row_permissions() or PERMISSIONS in declared.declared_fields:
            return super().get_form(request, obj, change=change, **kwargs)  # type: ignore[misc]
        names = kwargs["fields"] if "fields" in kwargs else flatten_fieldsets(self.get_fieldsets(request, obj))
        if names is not None:
            kwargs["fields"] = [name for name in names if name != PERMISSIONS]
        form: Any = super().get_form(request, obj, change=change, **kwargs)  # type: ignore[misc]
        hidden = {*(self.get_exclude(request, obj) or ()), *self.get_readonly_fields(request, obj)}
        may_change = not change or self.has_change_permission(request, obj)
        if PERMISSIONS in hidden or not may_change or (names is not None and PERMISSIONS not in names):
            return form
        field = forms.PermissionsField(note=self._permissions_of_the_table())
        bases = (forms.RowPermissionsForm, form)
        return type(form)(form.__name__, bases, {PERMISSIONS: field, "__module__": form.__module__})

    def _permissions_of_the_table(self) -> str:
        """Return what the table allows for all of its rows."""
        text = _("What these roles may do with this row, besides what the table allows for all rows: %(permissions)s.")
        grants, _others = forms.permissions.grants_of(table_of(self.model)._meta.permissions)
        return text % {"permissions": displayed(grants, PermissionsField(self.model), _("nothing"))}
