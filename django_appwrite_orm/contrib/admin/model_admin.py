"""`AppwriteAdmin`, a ModelAdmin for models and for the models of tables."""

from __future__ import annotations

from .change_list import ChangeListMixin
from .form_fields import FormFieldsMixin
from .locking.actions import LockedActionsMixin
from .read_only import ReadOnlyMixin
from .row_permissions import RowPermissionsMixin
from .row_source import RowSourceMixin


class AppwriteAdmin(
    RowSourceMixin, ReadOnlyMixin, LockedActionsMixin, RowPermissionsMixin, FormFieldsMixin, ChangeListMixin
):
    """A ModelAdmin with pages at any depth, that does not save over what somebody else has changed meanwhile.

    It edits lists, documents, points and permissions of rows.
    """

    change_form_template = "django_appwrite_orm/admin/change_form.html"
