"""The values that rows had when a page was opened, signed for a hidden input, and what has changed since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterable, Mapping
from typing import Any, NamedTuple

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from ....backend.permissions.row_permissions import RowPermissions
from ....backend.permissions.values import PermissionsField
from ..display import displayed

# The name of the hidden input with the values that a page was opened with.
OPENED = "_opened"
_SALT = "django_appwrite_orm.admin"
EMPTY = "-"
# The longest text of a value in a message.
_LONGEST_VALUE = 100
# Of a longer text a page has the digest, so that it does not grow by all texts of its rows.
_LONGEST_TEXT = 1000

# The values of fields as texts, by name; None for null. Of a relation to many the sorted keys, of a long text its start
# and its digest.
Values = Mapping[str, Any]


class Change(NamedTuple):
    """A field of a row that has another value than when it was opened. `now` is a Python value, `before` a text."""

    field: Any
    before: Any
    now: Any

    def __str__(self) -> str:
        return _("%(field)s was “%(before)s”, is “%(now)s”") % {
            "field": self.field.verbose_name,
            "before": Truncator(_displayed_text(self.field, self.before)).chars(_LONGEST_VALUE),
            "now": Truncator(displayed(self.now, self.field, EMPTY)).chars(_LONGEST_VALUE),
        }


def values_by_key(rows: Iterable[models.Model], names: Iterable[str]) -> dict[str, Values]:
    """Return the values of those of these fields that can be compared, by the keys of the rows."""
    names = set(names)
    return {str(row.pk): {field.name: _value(row, field) for field in _fields(row, names)} for row in rows}


def sign_values(model: type[models.Model], values: Mapping[str, Values]) -> str:
    """Return the values of rows as a signed text, for a hidden input."""
    return signing.dumps(values, salt=_salt(model), compress=True)


def read_values(model: type[models.Model], text: str) -> dict[str, Values]:
    """Return the values of a signed text, by the keys of the rows. Raises BadSignature."""
    values: dict[str, Values] = signing.loads(text, salt=_salt(model))
    return values


def _salt(model: type[models.Model]) -> str:
    return f"{_SALT}:{model._meta.label_lower}"


def _fields(row: models.Model, names: Container[str]) -> list[Any]:
    fields: list[Any] = [*row._meta.concrete_fields, *row._meta.many_to_many]
    if isinstance(row, RowPermissions):
        fields.append(PermissionsField(type(row)))
    return [field for field in fields if field.name in names]


def _value(row: models.Model, field: Any) -> Any:
    if field.many_to_many:
        through = field.remote_field.through._base_manager.using(row._state.db)
        keys = through.filter(**{field.m2m_field_name(): row.pk})
        return sorted(map(str, keys.values_list(field.m2m_reverse_field_name(), flat=True)))
    if field.value_from_object(row) is None:
        return None
    text = field.value_to_string(row)
    if not isinstance(text, str):  # of a document
        text = json.dumps(text, sort_keys=True, default=str)
    if len(text) <= _LONGEST_TEXT:
        return text
    return {"start": text[:_LONGEST_VALUE], "sha256": hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()}


def changes_since(row: models.Model, before: Values) -> list[Change]:
    """Return the fields of a row that have other values than `before`."""
    fields = [field for field in _fields(row, before) if _value(row, field) != before[field.name]]
    return [Change(field, before[field.name], _current(row, field)) for field in fields]


def _current(row: models.Model, field: Any) -> Any:
    return list(getattr(row, field.name).all()) if field.many_to_many else getattr(row, field.name)


def initial_of(row: models.Model, before: Values) -> dict[str, Any]:
    """Return the initial values of a form that was opened with `before`, as far as they differ from those of `row`."""
    values = {}
    for field in _fields(row, before):
        value = before[field.name]
        if not isinstance(field, models.FileField) and not isinstance(value, dict) and _value(row, field) != value:
            values[field.name] = _key_value(field, value)
    return values


def _key_value(field: Any, text: Any) -> Any:
    """Return the Python value of a text; of a relation the key, or the keys."""
    if text is None:
        return None
    if field.many_to_many:
        return [field.related_model._meta.pk.to_python(key) for key in text]
    if isinstance(field, (models.JSONField, PermissionsField)):
        return json.loads(text, cls=getattr(field, "decoder", None))
    return field.to_python(text)


def _displayed_text(field: Any, text: Any) -> str:
    """Return a value as people read it, of a relation the related rows; the text itself if it no longer fits."""
    if isinstance(text, dict):
        return f"{text['start']}…"
    try:
        value = _key_value(field, text)
    except (ValueError, ValidationError):
        return str(text)
    if value is None or not field.is_relation:
        return displayed(value, field, EMPTY)
    rows = field.related_model._base_manager
    if field.many_to_many:
        return displayed(list(rows.filter(pk__in=value)), field, EMPTY)
    return displayed(rows.filter(**{field.target_field.attname: value}).first() or value, field, EMPTY)
