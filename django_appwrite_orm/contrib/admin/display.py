"""How the admin shows lists, JSON, points, lines, polygons and permissions of rows where they are not edited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.admin.utils import display_for_field
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.forms.fields import InvalidJSONInput
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...backend.bridge.fields import LineField, PointField, PolygonField, RefusedConditions
from ...backend.permissions.row_permissions import RowPermissions
from ...backend.permissions.values import PermissionsField
from ...models import ArrayField
from ..forms.permissions import action_labels, grants_of
from ..forms.shapes import points_json
from ..forms.strict_json import is_encodable, json_text, pretty_json

# Characters of a document in a line of a change list.
_LINE_LENGTH = 120
# Where values stand: on a line of a change list or of a message, or in a form that only shows them.
LINE, BLOCK = "line", "block"


def displayed(value: Any, field: Any, empty: str, place: str = LINE) -> str:
    """Return the value of a field as people read it, `empty` where there is none. In a block it is HTML.

    The value of a relation is a row, or the list of rows.
    """
    if isinstance(value, models.Model):
        return str(value)
    if field.many_to_many:
        return ", ".join(sorted(map(str, value or ()))) or empty
    if value is None or value == "":
        return empty
    if isinstance(value, InvalidJSONInput):
        return _readable(value)
    show = next((show for kinds, show in _DISPLAYS if isinstance(field, kinds)), None)
    if show is None:
        return _yes_or_no(value) if isinstance(value, bool) else str(display_for_field(value, field, empty))
    try:
        return str(show(value, field, empty, place))
    except (IndexError, TypeError, ValueError):  # not a value of this kind, such as an input that was refused
        return _readable(str(value))


def _list(value: Any, field: Any, empty: str, place: str) -> str:
    items = [_readable(displayed(item, field.base_field, empty)) for item in value]
    if not items:
        return empty
    if place == LINE:
        return ", ".join(items)
    return _html_list("appwrite-values", format_html_join("", "<li>{}</li>", ((item,) for item in items)))


def _document(value: Any, field: Any, empty: str, place: str) -> str:
    if place == BLOCK:
        return _block(pretty_json(value, field.encoder))
    return Truncator(json_text(value, field.encoder)).chars(_LINE_LENGTH)


def _point(value: Any, field: Any, empty: str, place: str) -> str:
    longitude, latitude = value
    north = _("%(degrees)s° N") if latitude >= 0 else _("%(degrees)s° S")
    east = _("%(degrees)s° E") if longitude >= 0 else _("%(degrees)s° W")
    parts = [text % {"degrees": number_format(abs(number))} for text, number in ((north, latitude), (east, longitude))]
    return ", ".join(parts)


def _line(value: Any, field: Any, empty: str, place: str) -> str:
    number = len(value)
    summary = ngettext("Line of %(number)d point", "Line of %(number)d points", number) % {"number": number}
    return _shape(summary, value, place)


def _polygon(value: Any, field: Any, empty: str, place: str) -> str:
    number = sum(len(ring) - 1 for ring in value)
    summary = ngettext("Polygon of %(number)d corner", "Polygon of %(number)d corners", number) % {"number": number}
    return _shape(summary, value, place)


def _shape(summary: str, value: Any, place: str) -> str:
    return summary if place == LINE else format_html("{}{}", summary, _block(points_json(value)))


def _permissions(value: Any, field: Any, empty: str, place: str) -> str:
    grants, others = grants_of(value)
    labels = action_labels()
    lines = [
        (_readable(grant.role), ", ".join(labels[action] for action in grant.actions))
        for grant in grants
        if grant.actions and not grant.is_removed
    ]
    lines += [(_readable(text), _("not a permission of a row")) for text in others]
    if not lines:
        return empty
    if place == LINE:
        return "; ".join(f"{role}: {actions}" for role, actions in lines)
    return _html_list("appwrite-permissions-list", format_html_join("", "<li><code>{}</code>: {}</li>", lines))


_DISPLAYS: tuple[tuple[Any, Any], ...] = (
    (ArrayField, _list),
    (PointField, _point),
    (LineField, _line),
    (PolygonField, _polygon),
    (models.JSONField, _document),
    (PermissionsField, _permissions),
)


def _html_list(name: str, items: SafeString) -> SafeString:
    return format_html('<ul class="{}">{}</ul>', name, items)


def _block(text: str) -> SafeString:
    return format_html('<pre class="appwrite-json">{}</pre>', text)


def _yes_or_no(value: bool) -> str:
    return _("Yes") if value else _("No")


def _readable(text: str) -> str:
    """Return the text as a page can have it."""
    return text if is_encodable(text) else ascii(text)


def field_with_display(model: type[models.Model], name: Any) -> Any:
    """Return the field of this name if the admin shows its values in another way than Django; None for others."""
    if not isinstance(name, str):
        return None
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return PermissionsField(model) if name == "permissions" and issubclass(model, RowPermissions) else None
    return field if isinstance(field, tuple(kinds for kinds, _show in _DISPLAYS)) else None


def as_column(name: Any, model: type[models.Model], model_admin: Any, place: str = LINE) -> Any:
    """Return what shows a field in place of its name: a function of a row; the name itself for other fields."""
    field = field_with_display(model, name)
    if field is None:
        return name
    empty = model_admin.get_empty_value_display()

    def column(row: models.Model) -> str:
        return displayed(getattr(row, name), field, empty, place)

    column.__name__ = name
    column.short_description = field.verbose_name  # type: ignore[attr-defined]
    if not isinstance(field, (RefusedConditions, PermissionsField)):
        column.admin_order_field = name  # type: ignore[attr-defined]
    return column


class ReadableChangeList(ChangeList):
    """A change list that shows lists, documents and shapes as people read them."""

    list_display: Any
    list_display_links: Any
    sortable_by: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        columns = {
            name: as_column(name, self.model, self.model_admin)
            for name in self.list_display
            if isinstance(name, str) and name not in self.list_editable
        }
        self.list_display = _replaced(self.list_display, columns)
        self.list_display_links = self.list_display_links and _replaced(self.list_display_links, columns)
        self.sortable_by = self.sortable_by and _replaced(self.sortable_by, columns)


def readable_fieldsets(
    fieldsets: Any, readonly_fields: Any, model: type[models.Model], model_admin: Any
) -> tuple[list[Any], list[Any]]:
    """Return fieldsets and read-only fields that show lists, documents and shapes as people read them."""
    columns = {name: as_column(name, model, model_admin, BLOCK) for name in readonly_fields}
    replaced = [(title, {**options, "fields": _replaced(options["fields"], columns)}) for title, options in fieldsets]
    return replaced, _replaced(readonly_fields, columns)


def _replaced(names: Any, columns: Mapping[Any, Any]) -> list[Any]:
    """Return names, also those in lists, with the columns in place of theirs."""
    return [_replaced(name, columns) if isinstance(name, (list, tuple)) else columns.get(name, name) for name in names]
