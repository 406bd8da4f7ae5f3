"""`AppwriteAdmin`, a ModelAdmin for models and for the models of tables."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from .change_list import PagesMixin
from .deleting import DeletingMixin
from .editing import FormFieldsMixin, RowPermissionsMixin
from .labels import LabelledForm
from .read_only import ReadOnlyMixin
from .row_source import RowSourceMixin


class AppwriteAdmin(RowSourceMixin, ReadOnlyMixin, DeletingMixin, RowPermissionsMixin, FormFieldsMixin, PagesMixin):
    """A ModelAdmin with pages at any depth, that does not save over what somebody else has changed meanwhile.

    It edits lists, documents, points and permissions of rows.
    """

    change_form_template = "django_appwrite_orm/admin/change_form.html"

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the class of a row's form in the change list."""
        return super().get_changelist_form(request, **{"form": LabelledForm, **kwargs})
