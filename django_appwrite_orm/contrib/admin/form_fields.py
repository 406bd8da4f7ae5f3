"""Form fields of the admin: lists, JSON, points, lines and polygons."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.options import BaseModelAdmin
from django.db import models
from django.http import HttpRequest

from ...backend.bridge.fields import LineField, PointField, PolygonField
from ...models import ArrayField
from .. import forms
from ..forms.media import STYLE_ONLY
from .display import readable_fieldsets

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
        form.fieldsets, form.readonly_fields = readable_fieldsets(
            form.fieldsets, form.readonly_fields, self.model, self
        )
        for formset in context["inline_admin_formsets"]:
            inline = formset.opts
            formset.fieldsets, formset.readonly_fields = readable_fieldsets(
                formset.fieldsets, formset.readonly_fields, inline.model, inline
            )
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]


def _add_form_fields(admin: Any) -> None:
    admin.formfield_overrides = {**FORM_FIELDS, **admin.formfield_overrides}
