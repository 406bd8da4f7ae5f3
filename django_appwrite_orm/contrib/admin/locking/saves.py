"""Save what was changed on the form of a row, in its inlines and in the change list, but not over other changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.db import OperationalError, router, transaction
from django.db import connections as databases
from django.http import HttpRequest, HttpResponse

from ....backend.atomic.holding import hold_rows
from ....cache import cache_policy
from ....exceptions import AppwriteError
from .forms import LockedChangeForm, compared_names, locked_form, locked_formset
from .opened_values import OPENED, sign_values, values_by_key


class LockedSavesMixin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Does not save over what somebody else has changed since the page was opened; both values are shown."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the row; one that is saved or deleted is read past the cache, and held as it is."""
        row = super().get_object(request, object_id, from_field)
        if row is None or request.method != "POST" or OPENED not in request.POST:
            return row
        hold_rows([row])
        with cache_policy(ttl=0):
            return super().get_object(request, object_id, from_field)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the class of the form, with locking if it changes a row."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        return locked_form(form, LockedChangeForm) if change else form

    def get_formsets_with_inlines(self, request: HttpRequest, obj: Any = None) -> Iterator[Any]:
        """Yield the formsets of the inlines, with locking."""
        for formset, inline in super().get_formsets_with_inlines(request, obj):
            yield locked_formset(formset), inline

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the class of the formset in the change list, with locking."""
        return locked_formset(super().get_changelist_formset(request, **kwargs))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """Render the form, with the values that it was opened with in a hidden input."""
        form, row = context["adminform"].form, context["original"]
        if row is not None:
            changed_row = getattr(form, "changed_row", None)
            if form.is_bound and changed_row is None:
                context["appwrite_opened"] = form.data.get(OPENED, "")
            else:
                values = values_by_key([changed_row or row], compared_names(form.fields))
                context["appwrite_opened"] = sign_values(self.model, values)
        return super().render_change_form(request, context, *args, **kwargs)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Show or save the form."""
        view = partial(super().changeform_view, request, object_id, form_url, extra_context)
        return view() if request.method != "POST" or object_id is None else self._run_twice_on_conflict(request, view)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the change list, or save what was changed in it."""
        view = partial(super().changelist_view, request, extra_context)
        if request.method != "POST" or "_save" not in request.POST:
            return view()
        response: HttpResponse = self._run_twice_on_conflict(
            request, transaction.atomic(using=router.db_for_write(self.model))(view)
        )
        return response

    def _run_twice_on_conflict(self, request: HttpRequest, view: Callable[[], Any]) -> Any:
        """Return the response of `view`. If a row was changed while it ran, run it once more: it then reports that."""
        queue: Any = getattr(messages.get_messages(request), "_queued_messages", [])
        length = len(queue)
        try:
            with transaction.atomic(using=router.db_for_write(LogEntry)):  # the log may be in another database
                return view()
        except OperationalError as error:
            if not _is_conflict(error) or databases[router.db_for_write(self.model)].in_atomic_block:
                raise  # of a block around the view, such as that of ATOMIC_REQUESTS, nothing can be saved any more
            del queue[length:]
        return view()


def _is_conflict(error: OperationalError) -> bool:
    """Whether the error says that a row was changed by somebody else."""
    cause = error.__cause__
    return isinstance(cause, AppwriteError) and cause.status == 409
