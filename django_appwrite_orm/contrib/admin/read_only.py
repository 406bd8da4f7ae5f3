"""An admin in which rows are looked at and not changed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import connections as databases
from django.db import models, router
from django.http import HttpRequest, HttpResponse

from ...backend.model_table import table_of

_VERBS = ("create", "update", "delete")


class ReadOnlyMixin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows rows without a way to change them where `is_read_only()` says so.

    What a database with `"identity": "user"` grants to nobody is not offered either.
    """

    read_only = False

    def is_read_only(self, request: HttpRequest) -> bool:
        """Whether nothing is changed in this request: `read_only`, and where nobody may write the table."""
        return self.read_only or not any(_is_granted(self.model, verb) for verb in _VERBS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether rows can be added."""
        return self._may("create", request) and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether rows, or this one, can be changed."""
        return self._may("update", request) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether rows, or this one, can be deleted."""
        return self._may("delete", request) and super().has_delete_permission(request, obj)

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """Return the classes of the inlines."""
        inlines = super().get_inlines(request, obj)
        if not self.is_read_only(request):
            return list(inlines)
        return [type(cls.__name__, (_ReadOnlyInline, cls), {"__module__": cls.__module__}) for cls in inlines]

    def get_actions(self, request: HttpRequest, action_location: Any = None) -> dict[str, Any]:
        """Return the actions; a read-only admin has only those that need the permission to view alone."""
        location = {} if action_location is None else {"action_location": action_location}  # since Django 6.1
        actions: dict[str, Any] = super().get_actions(request, **location)
        if not self.is_read_only(request):
            return actions
        return {name: action for name, action in actions.items() if "view" in _permissions(action)}

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the change list, and run actions. Raises PermissionDenied for a change of a read-only admin."""
        if request.method == "POST" and self.is_read_only(request) and not self._runs_action(request):
            raise PermissionDenied
        return super().changelist_view(request, extra_context)

    def _may(self, verb: str, request: HttpRequest) -> bool:
        return not self.is_read_only(request) and _is_granted(self.model, verb)

    def _runs_action(self, request: HttpRequest) -> bool:
        names = {name for name in request.POST.getlist("action") if name}
        return "_save" not in request.POST and bool(names) and names <= self.get_actions(request).keys()


class _ReadOnlyInline:
    """Goes before the class of an inline."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def action_function(action: Any) -> Any:
    """Return the function of an action: `get_actions()` has a tuple for each before Django 6.1."""
    return action.func if hasattr(action, "func") else action[0]


def _permissions(action: Any) -> tuple[str, ...]:
    """Return what an action says that it needs one of."""
    return tuple(getattr(action_function(action), "allowed_permissions", ()))


def _is_granted(model: type[models.Model], verb: str) -> bool:
    """Whether anybody may do this with rows, as far as the table's declaration tells; the API key may do all."""
    connection: Any = databases[router.db_for_write(model)]
    if connection.vendor != "appwrite" or not connection.is_for_users:
        return True
    table = table_of(model)._meta
    if verb != "create" and table.row_security:
        return True
    return any(permission.startswith((f"{verb}(", "write(")) for permission in table.permissions)
