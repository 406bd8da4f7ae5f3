"""`AppwriteAdmin`, a ModelAdmin for models and for the models of tables."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin.models import LogEntry
from django.db import OperationalError, router, transaction
from django.db import connections as databases
from django.http import HttpRequest

from ...backend.atomic.holding import hold_row
from ...cache import cache_policy
from ...exceptions import AppwriteError
from .change_list import PagesMixin
from .editing import FormFieldsMixin, RowPermissionsMixin
from .labels import LabelledForm
from .locking import OPENED, LockedForm, opened
from .read_only import ReadOnlyMixin
from .row_source import RowSourceMixin


class AppwriteAdmin(RowPermissionsMixin, FormFieldsMixin, RowSourceMixin, ReadOnlyMixin, PagesMixin):
    """A ModelAdmin that counts up to 5,000 rows, and does not save over what somebody else has changed meanwhile.

    It edits lists, documents, points and permissions of rows.
    """

    change_form_template = "django_appwrite_orm/admin/change_form.html"

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the class of a row's form in the change list."""
        return super().get_changelist_form(request, **{"form": LabelledForm, **kwargs})

    # Changes of somebody else

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the row; for a form that is saved, as it is stored, and to be saved only while it is so."""
        row = super().get_object(request, object_id, from_field)
        if row is None or request.method != "POST" or OPENED not in request.POST:
            return row
        hold_row(row)
        with cache_policy(ttl=0):
            return super().get_object(request, object_id, from_field)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the class of the form; that of a change knows what the form was opened with."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        if not change:
            return form
        return type(form)(form.__name__, (LockedForm, form), {"__module__": form.__module__})

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """Render the form, with the values that it was opened with in a hidden input."""
        form, row = context["adminform"].form, context["original"]
        if row is not None:
            changed_row = getattr(form, "changed_row", None)
            if form.is_bound and changed_row is None:
                context["appwrite_opened"] = form.data.get(OPENED, "")
            else:
                context["appwrite_opened"] = opened(changed_row or row, form.fields)
        return super().render_change_form(request, context, *args, **kwargs)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Show or save the form; again where the row was changed while it was saved, which the form then says."""
        if request.method != "POST" or object_id is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        queue: Any = getattr(messages.get_messages(request), "_queued_messages", [])
        length = len(queue)
        try:
            with transaction.atomic(using=router.db_for_write(LogEntry)):  # the log may be in another database
                return super().changeform_view(request, object_id, form_url, extra_context)
        except OperationalError as error:
            if not _is_conflict(error) or databases[router.db_for_write(self.model)].in_atomic_block:
                raise  # of a block around the view, such as that of ATOMIC_REQUESTS, nothing can be saved any more
            del queue[length:]
        return super().changeform_view(request, object_id, form_url, extra_context)


def _is_conflict(error: OperationalError) -> bool:
    """Whether the error says that a row was changed by somebody else."""
    cause = error.__cause__
    return isinstance(cause, AppwriteError) and cause.status == 409
