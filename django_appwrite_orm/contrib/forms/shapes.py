"""Points, lines and polygons in forms."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from .media import STYLE_ONLY
from .strict_json import JSONField

LATITUDES, LONGITUDES = (-90, 90), (-180, 180)


class _EnteredPoint(list[Any]):
    """Latitude and longitude as they were entered."""


class PointWidget(forms.MultiWidget):
    """Two inputs: latitude and longitude. The value is the point of Appwrite, (longitude, latitude)."""

    template_name = "django_appwrite_orm/forms/point.html"
    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        limits = {"latitude": LATITUDES, "longitude": LONGITUDES}
        widgets: Any = {
            name: forms.NumberInput({"step": "any", "min": low, "max": high}) for name, (low, high) in limits.items()
        }
        super().__init__(widgets, attrs)

    def decompress(self, value: Any) -> list[Any]:
        """Return latitude and longitude."""
        if isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2:
            return [value[1], value[0]]
        return [None, None]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return what was entered."""
        return _EnteredPoint(super().value_from_datadict(data, files, name))

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Return the context, with a label for each input."""
        entered = value if isinstance(value, _EnteredPoint) else self.decompress(value)
        context = super().get_context(name, entered, attrs)
        labels = (pgettext("point", "Latitude"), pgettext("point", "Longitude"))
        for part, label in zip(context["widget"]["subwidgets"], labels, strict=True):
            part["label"] = label
        return context

    @property
    def media(self) -> forms.Media:
        """The files that a page needs."""
        return STYLE_ONLY


class PointField(forms.MultiValueField):
    """A point: a tuple of longitude and latitude, entered as latitude and longitude in degrees."""

    widget = PointWidget
    default_error_messages = {
        "incomplete": gettext_lazy("Enter both latitude and longitude."),
        "latitude": gettext_lazy("A latitude is from -90 to 90."),
        "longitude": gettext_lazy("A longitude is from -180 to 180."),
        "invalid": gettext_lazy("Enter two numbers: degrees of latitude and longitude."),
    }

    def __init__(self, *, encoder: Any = None, decoder: Any = None, **options: Any) -> None:
        """`encoder` and `decoder`, which a JSONField of a model gives, have no effect."""
        fields = [forms.FloatField(), forms.FloatField()]
        super().__init__(fields, **options)
        for field, (low, high), name in zip(fields, (LATITUDES, LONGITUDES), ("latitude", "longitude"), strict=True):
            message = self.error_messages[name]
            field.validators += [MinValueValidator(low, message), MaxValueValidator(high, message)]
            field.error_messages["invalid"] = self.error_messages["invalid"]

    def clean(self, value: Any) -> Any:
        """Return the point. Raises ValidationError also where one of the two numbers is missing."""
        numbers = [part for part in value or () if part not in self.empty_values]
        if len(numbers) == 1 and not self.disabled:
            raise ValidationError(self.error_messages["incomplete"], code="incomplete")
        return super().clean(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether another point was entered."""
        widget: Any = self.widget
        return super().has_changed(None if initial is None else widget.decompress(initial), data)

    def compress(self, data_list: Any) -> tuple[float, float] | None:
        """Return the point of Appwrite; None where nothing was entered."""
        return (data_list[1], data_list[0]) if data_list else None


class LineField(JSONField):
    """A line, as JSON: a list of points [longitude, latitude]. The value is a tuple of tuples."""

    def to_python(self, value: Any) -> Any:
        """Return the line; None for an empty input. Raises ValidationError, which says which point is wrong."""
        value = super().to_python(value)
        return value if value is None or self.disabled else _line(value, 2, "")

    def to_text(self, value: Any) -> str:
        """Return the JSON of a shape, a point a line."""
        return points_json(value)


class PolygonField(LineField):
    """A polygon, as JSON: a list of rings, each a list of points. The value consists of tuples."""

    def to_python(self, value: Any) -> Any:
        """Return the polygon; None for an empty input. Raises ValidationError, which says which point is wrong."""
        value = JSONField.to_python(self, value)
        return value if value is None or self.disabled else _polygon(value)


def _line(value: Any, fewest: int, where: str) -> tuple[tuple[float, float], ...]:
    if not isinstance(value, (list, tuple)) or len(value) < fewest:
        message = _("%(where)sEnter a list of at least %(number)d points [longitude, latitude].")
        raise ValidationError(message, code="invalid", params={"where": where, "number": fewest})
    return tuple(_point(point, where + _("Point %(number)d: ") % {"number": n}) for n, point in enumerate(value, 1))


def _point(value: Any, where: str) -> tuple[float, float]:
    if not isinstance(value, (list, tuple)) or len(value) != 2 or not all(map(_is_number, value)):
        raise ValidationError(
            _("%(where)sEnter [longitude, latitude], two numbers.") % {"where": where}, code="invalid"
        )
    longitude, latitude = value
    if not LONGITUDES[0] <= longitude <= LONGITUDES[1]:
        raise ValidationError(_("%(where)sA longitude is from -180 to 180.") % {"where": where}, code="invalid")
    if not LATITUDES[0] <= latitude <= LATITUDES[1]:
        raise ValidationError(_("%(where)sA latitude is from -90 to 90.") % {"where": where}, code="invalid")
    return float(longitude), float(latitude)


def _polygon(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)) or not value:
        raise ValidationError(_("Enter a list of rings, each a list of points."), code="invalid")
    rings = []
    for number, part in enumerate(value, 1):
        where = _("Ring %(number)d: ") % {"number": number}
        ring = _line(part, 4, where)
        if ring[0] != ring[-1]:
            message = _("%(where)sA ring ends where it starts: append %(point)s.")
            point = json.dumps(ring[0])
            raise ValidationError(message, code="invalid", params={"where": where, "point": point})
        rings.append(ring)
    return tuple(rings)


def _is_number(value: Any) -> bool:
    # A whole number may be too large to be a float at all; it is out of range then.
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and (isinstance(value, int) or math.isfinite(value))


def points_json(value: Any, indent: str = "") -> str:
    """Return the JSON of lists of points: a point a line."""
    if not isinstance(value, (list, tuple)) or not any(isinstance(part, (list, tuple)) for part in value):
        return json.dumps(value)
    inner = indent + "  "
    lines = ",\n".join(inner + points_json(part, inner) for part in value)
    return f"[\n{lines}\n{indent}]"
