"""Confirm deletions of rows that have changed since the page was opened, and refuse other actions on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.admin import helpers
from django.contrib.admin.actions import delete_selected
from django.core import signing
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from ....cache import cache_policy
from ..read_only import action_function
from ..row_source import drop_cached
from .forms import NOT_UP_TO_DATE, compared_names
from .opened_values import OPENED, Values, changes_since, read_values, sign_values, values_by_key
from .saves import LockedSavesMixin

# So many changed rows are named in messages.
_MAX_REPORTED = 10


class _RowChanged(Exception):
    """The row to delete has changed since the page was opened."""


class LockedActionsMixin(LockedSavesMixin):
    """Does not delete rows, or run an action on them, that somebody else has changed since the page was opened."""

    delete_confirmation_template = "django_appwrite_orm/admin/delete_confirmation.html"
    delete_selected_confirmation_template = "django_appwrite_orm/admin/delete_selected_confirmation.html"

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Return the change list, with the values of its rows for the page."""
        change_list: Any = super().get_changelist_instance(request)
        change_list.opened_values = partial(self._values_in_list, request, change_list)
        return change_list

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Ask whether a row is to be deleted, or delete it."""
        view = partial(super().delete_view, request, object_id, extra_context)
        if request.method != "POST":
            return view()
        request.appwrite_deletion = True  # type: ignore[attr-defined]
        try:
            response: HttpResponse = self._run_twice_on_conflict(request, view)
        except _RowChanged:
            drop_cached(self.model)  # the cache may not know of the change
            return HttpResponseRedirect(request.get_full_path())
        return response

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Return what would be deleted with these rows."""
        is_confirmed = getattr(request, "appwrite_deletion", False) and OPENED in request.POST
        if is_confirmed and self._is_changed(request, objs, self._opened(request)):
            raise _RowChanged
        return super().get_deleted_objects(objs, request)

    def render_delete_form(self, request: HttpRequest, context: Any) -> HttpResponse:
        """Render the confirmation, with the values that the row has."""
        context["appwrite_opened"] = self._values_in_form(request, [context["object"]])
        return super().render_delete_form(request, context)

    def response_action(self, request: HttpRequest, queryset: Any, action_location: Any = None) -> Any:
        """Run an action on the selected rows, unless one of them has changed since the page was opened."""
        if OPENED in request.POST:
            is_changed = self._is_selection_changed(request)
            data = request.POST.copy()
            del data[OPENED]
            request.POST = data  # type: ignore[assignment]
            if is_changed:
                drop_cached(self.model)
                if not self._deletes(request):
                    return HttpResponseRedirect(request.get_full_path())
                data.pop("post", None)  # the page has to be confirmed once more
        location = {} if action_location is None else {"action_location": action_location}  # since Django 6.1
        response = super().response_action(request, queryset, **location)
        context = getattr(response, "context_data", None)
        if context is not None and "deletable_objects" in context:
            context["appwrite_opened"] = self._values_in_form(request, context["queryset"])
        return response

    def _values_in_list(self, request: HttpRequest, change_list: Any) -> str:
        """Return the values that the rows of a change list have."""
        rows = change_list.result_list
        names = self._own_columns(self.get_list_display(request))
        return sign_values(self.model, values_by_key(rows, names)) if names else self._values_in_form(request, rows)

    def _values_in_form(self, request: HttpRequest, rows: Iterable[models.Model]) -> str:
        """Return the values that rows have in the fields of a form; none of a row that this user may not look at."""
        by_right: dict[bool, list[models.Model]] = {True: [], False: []}
        for row in rows:
            by_right[self.has_view_or_change_permission(request, row)].append(row)
        first = next(iter(by_right[True]), None)
        names = [*compared_names(self.get_form(request, first).base_fields), *self.get_readonly_fields(request, first)]
        values = values_by_key(by_right[True], self._own_columns(names)) | values_by_key(by_right[False], ())
        return sign_values(self.model, values)

    def _own_columns(self, names: Iterable[Any]) -> set[str]:
        return {field.name for field in self.opts.concrete_fields if field.name in names}

    def _opened(self, request: HttpRequest) -> dict[str, Values] | None:
        """Return the values that the page was opened with; None if they were not signed here."""
        try:
            return read_values(self.model, request.POST[OPENED])
        except signing.BadSignature:
            return None

    def _is_selection_changed(self, request: HttpRequest) -> bool:
        before = self._opened(request)
        keys = [key for key in request.POST.getlist(helpers.ACTION_CHECKBOX_NAME) if before and key in before]
        with cache_policy(ttl=0):
            rows = list(self.get_queryset(request).filter(pk__in=keys).order_by()) if keys else []
        return self._is_changed(request, rows, before)

    def _is_changed(self, request: HttpRequest, rows: Iterable[Any], before: Mapping[str, Values] | None) -> bool:
        """Whether one of the rows, as they are stored, has changed; messages then say what."""
        if before is None:
            problems = [str(NOT_UP_TO_DATE)]
        else:
            problems = [problem for row in rows if (problem := self._problem(row, before.get(str(row.pk))))]
        if not problems:
            return False
        for problem in problems[:_MAX_REPORTED]:
            self.message_user(request, problem, messages.WARNING)
        self.message_user(
            request, _("Nothing was done. Repeat the action to run it on the rows as they are now."), messages.WARNING
        )
        return True

    def _problem(self, row: Any, opened: Values | None) -> str | None:
        """Return what has changed in a row; None if nothing has."""
        if opened is None:
            return str(NOT_UP_TO_DATE)
        changed = ", ".join(map(str, changes_since(row, opened)))
        text = _("The %(name)s “%(row)s” was changed by somebody else since you opened the page: %(changes)s.")
        return text % {"name": self.opts.verbose_name, "row": row, "changes": changed} if changed else None

    def _deletes(self, request: HttpRequest) -> bool:
        """Whether the action is Django's deletion, which has a page to confirm it."""
        actions = self.get_actions(request)
        return all(
            name in actions and action_function(actions[name]) is delete_selected
            for name in request.POST.getlist("action")
            if name
        )
