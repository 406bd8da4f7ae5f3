"""Refuse to save rows that somebody else has changed between the opening of a form and its saving."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.formsets import DELETION_FIELD_NAME
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ....backend.atomic.holding import hold_rows
from ....cache import cache_policy
from ..display import displayed
from .opened_values import (
    EMPTY,
    OPENED,
    Change,
    Values,
    changes_since,
    initial_of,
    read_values,
    sign_values,
    values_by_key,
)

NOT_UP_TO_DATE = gettext_lazy("This page is not up to date. Open it again; nothing was saved.")


def compared_names(fields: Mapping[str, forms.Field]) -> list[str]:
    """Return the names of the fields of a form whose values may be in its page: no passwords."""
    return [
        name
        for name, field in fields.items()
        if not field.disabled and not isinstance(field.widget, forms.PasswordInput)
    ]


class LockedForm(forms.BaseModelForm):  # type: ignore[type-arg]
    """A form that is refused where one of its fields has another value in the database than when it was opened.

    `instance` is the row as it is stored. `opened` are the values that the form was opened with; None: not compared.
    """

    opened: Values | None = None

    def full_clean(self) -> None:
        """Validate the form, and add an error for each field that somebody else has changed."""
        changed = self.changes
        super().full_clean()
        if not changed:
            return
        for change in changed:
            field, name = change.field, change.field.name
            mine = self.cleaned_data[name] if name in self.cleaned_data else self[name].value()
            problem = _("Somebody else has changed this to “%(theirs)s”. Yours is “%(mine)s”.") % {
                "theirs": displayed(change.now, field, EMPTY),
                "mine": displayed(mine, field, EMPTY),
            }
            self.add_error(name if name in self.fields else None, problem)
        summary = _(
            "This %(name)s was changed by somebody else since you opened it, and nothing was saved. Correct the values"
            " below; to save them all the same, save again."
        )
        self.add_error(None, summary % {"name": self.instance._meta.verbose_name})

    @cached_property
    def changes(self) -> list[Change]:
        """What somebody else has changed. Validation puts the values of the form into the instance: ask before it."""
        if not self.is_bound or self.opened is None:
            return []
        self._stored = copy.copy(self.instance)
        with cache_policy(ttl=0):
            return changes_since(self._stored, self.opened)

    @property
    def changed_row(self) -> models.Model | None:
        """The row as it is in the database, if it was changed since."""
        return self._stored if self.changes else None


class LockedChangeForm(LockedForm):
    """The form of a change, whose page has the values that it was opened with in a hidden input."""

    def full_clean(self) -> None:
        """Validate the form."""
        token = self.data.get(OPENED) if self.is_bound else None
        if token and self.opened is None:
            self.opened = _read(type(self.instance), token).get(str(self.instance.pk))
        super().full_clean()
        if token and self.opened is None:
            self.add_error(None, NOT_UP_TO_DATE)


class LockedFormSet(forms.BaseModelFormSet):  # type: ignore[type-arg]
    """Forms that are each refused where somebody else has changed its row since the page was opened.

    A row that only somebody else has changed is left as it is. The values that the forms were opened with are in the
    management form. Rows that are saved are read past the cache, and held in the open block.
    """

    model: Any

    @cached_property
    def management_form(self) -> Any:
        """The hidden inputs of the set."""
        form: Any = super().management_form
        form.fields[OPENED] = forms.CharField(required=False, widget=forms.HiddenInput)
        if not self.is_bound:
            rows = (row_form.instance for row_form in self.initial_forms)
            form.initial[OPENED] = sign_values(self.model, values_by_key(rows, self._names))
        return form

    def full_clean(self) -> None:
        """Validate the forms."""
        self._deleted_rows: list[Any] = []
        # The forms that are saved.
        self._locked_forms: list[Any] = []
        if self.is_bound and self._token:
            self._read_rows_to_save()
        super().full_clean()
        if self.is_bound and (changed := [row for form in self._locked_forms if (row := form.changed_row) is not None]):
            data = self.management_form.data.copy()
            values = {**self._opened, **values_by_key(changed, self._names)}
            data[f"{self.prefix}-{OPENED}"] = sign_values(self.model, values)
            self.management_form.data = data

    def clean(self) -> None:
        """Refuse to delete a row that somebody else has changed, and to save one that somebody else has deleted."""
        super().clean()
        errors: list[Any] = []
        if any(form.opened is None for form in self._locked_forms):
            errors.append(NOT_UP_TO_DATE)
        for form in self._locked_forms:
            if form.changes and form.cleaned_data.get(DELETION_FIELD_NAME):
                message = _(
                    "“%(row)s” was changed by somebody else since you opened it, and nothing was saved: %(changes)s."
                    " To delete it all the same, save again."
                )
                errors.append(message % {"row": form.changed_row, "changes": ", ".join(map(str, form.changes))})
        for row in self._deleted_rows:
            message = _(
                "“%(row)s” was deleted by somebody else since you opened it, and nothing was saved. Open the page"
                " again."
            )
            errors.append(message % {"row": row})
        if errors:
            raise ValidationError(errors)

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = super()._construct_form(i, **kwargs)  # type: ignore[misc]
        if self.is_bound and self._token and i < self.initial_form_count():
            opened = self._opened.get(str(form.instance.pk))
            if opened is not None:  # what has changed in the form is what this person has changed
                form.initial.update(initial_of(form.instance, opened))
        return form

    def _read_rows_to_save(self) -> None:
        """Give the forms that are saved, or deleted, their rows as they are stored."""
        forms_by_key: dict[Any, Any] = {}
        form: Any
        for form in self.initial_forms:
            if form.instance.pk is None:
                self._deleted_rows.append(self.model._meta.verbose_name)
            elif form.has_changed():
                forms_by_key[form.instance.pk] = form
        if not forms_by_key:
            return
        hold_rows(form.instance for form in forms_by_key.values())
        with cache_policy(ttl=0):
            rows = {row.pk: row for row in self.get_queryset().filter(pk__in=list(forms_by_key)).order_by()}
        for key, form in forms_by_key.items():
            if key not in rows:
                self._deleted_rows.append(form.instance)
                continue
            form.instance, form.opened = rows[key], self._opened.get(str(key))
            self._locked_forms.append(form)

    @cached_property
    def _names(self) -> list[str]:
        return compared_names(self.form.base_fields)

    @cached_property
    def _token(self) -> str | None:
        return self.data.get(f"{self.prefix}-{OPENED}")

    @cached_property
    def _opened(self) -> dict[str, Values]:
        return _read(self.model, self._token or "")


def locked_form(form: Any, kind: type[LockedForm]) -> Any:
    """Return the class of a form, with locking."""
    return type(form)(form.__name__, (kind, form), {"__module__": form.__module__})


def locked_formset(formset: Any) -> Any:
    """Return the class of a set of forms, with locking."""
    members = {"__module__": formset.__module__, "form": locked_form(formset.form, LockedForm)}
    return type(formset)(formset.__name__, (LockedFormSet, formset), members)


def _read(model: type[models.Model], token: str) -> dict[str, Values]:
    """Return the values of rows; none for a text that was not signed here."""
    try:
        return read_values(model, token)
    except signing.BadSignature:
        return {}
