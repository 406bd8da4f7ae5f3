"""The permissions of a row in a form: a grid of roles and what they may do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy, pgettext, pgettext_lazy

from ...plans.limits import PERMISSIONS_LIMIT
from ...tables.permissions import ROW_VERBS, granted, is_role
from .media import STYLE_AND_SCRIPT
from .strict_json import is_encodable

# `write` stands for update and delete.
ACTIONS = tuple(verb for verb in ROW_VERBS if verb != "write")
# Characters of a role in an error.
_SHOWN = 60
# Roles that the input of a new one suggests.
_SUGGESTED = ("any", "guests", "users", "users/verified", "user:", "team:", "member:", "label:")


@dataclass(frozen=True, slots=True)
class Grant:
    """What a role may do, as it was entered. `is_new`: the role was entered too."""

    role: str
    actions: tuple[str, ...]
    is_new: bool = False
    is_removed: bool = False


def grants_of(permissions: Iterable[Any]) -> tuple[list[Grant], list[str]]:
    """Return what each role may do by these permissions, and the texts that are not permissions of a row.

    What was entered in a form may be among them.
    """
    grants, others = [], []
    actions: dict[str, set[str]] = {}
    for permission in permissions:
        if isinstance(permission, Grant):
            grants.append(permission)
            continue
        verb, role = granted(permission) or ("", "")
        if verb not in ROW_VERBS or not is_role(role):
            others.append(permission)
        else:
            actions.setdefault(role, set()).update(ACTIONS[1:] if verb == "write" else [verb])
    grants += [Grant(role, tuple(action for action in ACTIONS if action in own)) for role, own in actions.items()]
    return grants, others


def permissions_of(grants: Iterable[Grant]) -> list[str]:
    """Return the permissions by which the roles may do this."""
    return [f'{action}("{grant.role}")' for grant in grants for action in grant.actions]


def action_labels() -> dict[str, str]:
    """Return the actions by their names in Appwrite, as people read them."""
    return {
        "read": pgettext("permissions", "Read"),
        "update": pgettext("permissions", "Update"),
        "delete": pgettext("permissions", "Delete"),
    }


class PermissionsWidget(forms.Widget):
    """A row for each role with a checkbox for each action, and empty rows for new roles."""

    template_name = "django_appwrite_orm/forms/permissions.html"
    use_fieldset = True
    # Empty rows for new roles; a script leaves one and adds a button.
    extra = 3
    # A text above the grid.
    note = ""

    @property
    def media(self) -> forms.Media:
        """The files that a page needs."""
        return STYLE_AND_SCRIPT

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Return the context, with the rows of the grid."""
        context = super().get_context(name, value, attrs)
        grants, others = grants_of([value] if isinstance(value, str) else value or ())
        filled = [grant for grant in grants if not grant.is_new or grant.role or grant.actions]
        empty = [Grant("", (), is_new=True)] * self.extra
        id_ = context["widget"]["attrs"].pop("id", None) or f"id_{name}"
        context["widget"] |= {
            "id": id_,
            "note": self.note,
            "actions": list(action_labels().values()),
            "rows": [_row(name, id_, number, grant) for number, grant in enumerate([*filled, *empty])],
            "others": [text if is_encodable(text) else ascii(text) for text in others],
            "suggested": _SUGGESTED,
            "new_label": _("New role"),
        }
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Grant] | None:
        """Return what was entered; None where the form has no such grid."""
        if f"{name}-sent" not in data:
            return None
        numbers: dict[int, tuple[str, bool]] = {}
        pattern = re.compile(rf"{re.escape(name)}-([0-9]{{1,4}})-(current|role)")
        for key in data:
            if match := pattern.fullmatch(str(key)):
                numbers[int(match[1])] = str(data[key]), match[2] == "role"
        return [
            Grant(
                role,
                tuple(action for action in ACTIONS if f"{name}-{number}-{action}" in data),
                is_new=is_new,
                is_removed=f"{name}-{number}-remove" in data,
            )
            for number, (role, is_new) in sorted(numbers.items())
        ]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Whether the form has no such grid."""
        return f"{name}-sent" not in data

    def use_required_attribute(self, initial: Any) -> bool:
        """Return False: an empty row is not a role."""
        return False

    def id_for_label(self, id_: str) -> str:
        """Return nothing: the label is that of the group."""
        return ""


def _row(name: str, id_: str, number: int, grant: Grant) -> dict[str, Any]:
    labels = action_labels()
    return {
        "role": grant.role,
        "is_new": grant.is_new,
        "is_removed": grant.is_removed,
        "name": f"{name}-{number}",
        "id": f"{id_}_{number}",
        "actions": [
            {"name": f"{name}-{number}-{action}", "checked": action in grant.actions, "label": labels[action]}
            for action in ACTIONS
        ],
    }


class PermissionsField(forms.Field):
    """The permissions of a row: a list of texts as the SDK's `Permission` writes them.

    `note` is shown above the grid.
    """

    widget = PermissionsWidget
    default_error_messages = {
        "role": gettext_lazy(
            "“%(role)s” is not a role. Use any, guests, users, users/verified, user:ID, user:ID/verified, team:ID,"
            " team:ID/ROLE, member:ID or label:NAME."
        ),
        "no_role": gettext_lazy("Enter the role for which %(actions)s is checked."),
        "no_action": gettext_lazy("Check what “%(role)s” may do."),
        "too_many": ngettext_lazy(
            "This is %(number)d permission; Appwrite allows %(max)d for a row.",
            "These are %(number)d permissions; Appwrite allows %(max)d for a row.",
            "number",
        ),
    }

    def __init__(self, *, note: str = "", **options: Any) -> None:
        super().__init__(**{"required": False, "label": pgettext_lazy("permissions", "Permissions"), **options})
        self.widget.note = note

    def to_python(self, value: Any) -> list[str] | None:
        """Return the permissions, by role; None where the form had no grid. Raises ValidationError for wrong roles."""
        if value is None:
            return None
        grants, errors = [], []
        for grant in value:
            role = grant.role.strip()
            error = self._error(grant, role)
            if error is not None:
                errors.append(error)
            elif role and not grant.is_removed:
                grants.append(Grant(role, grant.actions))
        permissions = list(dict.fromkeys(permissions_of(grants)))
        if len(permissions) > PERMISSIONS_LIMIT:
            params = {"number": len(permissions), "max": PERMISSIONS_LIMIT}
            errors.append(ValidationError(self.error_messages["too_many"], code="too_many", params=params))
        if errors:
            raise ValidationError(errors)
        return permissions

    def _error(self, grant: Grant, role: str) -> ValidationError | None:
        if grant.is_removed:
            return None
        if role and not is_role(role):
            code, params = "role", {"role": role if len(role) <= _SHOWN else f"{role[:_SHOWN]}…"}
        elif grant.is_new and role and not grant.actions:
            code, params = "no_action", {"role": role}
        elif grant.actions and not role:
            labels = action_labels()
            code, params = "no_role", {"actions": ", ".join(labels[action] for action in grant.actions)}
        else:
            return None
        return ValidationError(self.error_messages[code], code=code, params=params)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether a role may do more or less than before."""
        if self.disabled or data is None:
            return False
        try:
            permissions = self.to_python(data)
        except ValidationError:
            return True
        grants, _others = grants_of(initial or ())
        return set(permissions or ()) != set(permissions_of(grants))


class RowPermissionsForm(forms.BaseModelForm):  # type: ignore[type-arg]
    """Base of a ModelForm, before Django's: its field `permissions` edits those of a model with `RowPermissions`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "permissions" in self.fields and not self.instance._state.adding:
            self.initial.setdefault("permissions", self.instance.permissions)

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        permissions: Sequence[str] | None = self.cleaned_data.get("permissions")
        if permissions is not None and "permissions" in self.changed_data:
            self.instance.permissions = permissions
