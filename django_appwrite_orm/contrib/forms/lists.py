"""Lists in forms: an input for each item."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.forms.fields import InvalidJSONInput
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from .media import STYLE_AND_SCRIPT
from .strict_json import JSONTextarea, is_encodable, parse_json, pretty_json

# Inputs for the items of a list. A longer list is edited as JSON: Django refuses forms of more than 1,000 fields.
MAX_INPUTS = 100
# Errors of a list that are shown; the others are counted.
_SHOWN_ERRORS = 20


class ListWidget(forms.Widget):
    """An input for each item, and empty ones for new items. Scripts add buttons that add, remove and move items.

    Items that such inputs cannot hold (empty texts, several lines in one), and long lists, are shown as JSON.
    """

    template_name = "django_appwrite_orm/forms/list.html"
    use_fieldset = True
    # Empty inputs for new items; a script leaves one of a list without items.
    extra = 3

    def __init__(self, attrs: dict[str, Any] | None = None, item_widget: forms.Widget | None = None) -> None:
        super().__init__(attrs)
        self.item_widget = item_widget or forms.TextInput()

    @property
    def media(self) -> forms.Media:
        """The files that a page needs."""
        return self.item_widget.media + STYLE_AND_SCRIPT

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Return the context: `items`, or `json` where they cannot have an input each."""
        context = super().get_context(name, value, attrs)
        widget = context["widget"]
        text = _as_json(value, self.item_widget)
        id_ = widget["attrs"].pop("id", None) or f"id_{name}"
        shared = {key: value for key, value in widget["attrs"].items() if key == "aria-invalid"}
        if text is not None:
            own = {**shared, "id": id_, "aria-label": _("Items, as a list in JSON")}
            widget["json"] = JSONTextarea().get_context(f"{name}-json", text, own)["widget"]
            return context
        items = [*(value or ()), *[None] * self.extra]
        widget["items"] = [
            self._item(name, item, {**shared, "id": f"{id_}_{number}", "aria-label": _item_label(number + 1)})
            for number, item in enumerate(items)
        ]
        widget["item_label"] = _("Item %(number)s")
        return context

    def _item(self, name: str, value: Any, attrs: dict[str, Any]) -> Any:
        if isinstance(self.item_widget, forms.Textarea):
            attrs["rows"] = 2
        return self.item_widget.get_context(name, value, attrs)["widget"]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return the texts of the items without empty ones, the JSON of the list, or None where there is neither."""
        if (text := data.get(f"{name}-json")) is not None:
            return InvalidJSONInput(text)
        if name not in data:
            return None
        value = data.getlist(name) if hasattr(data, "getlist") else data[name]
        items = value if isinstance(value, (list, tuple)) else [value]
        return [item for item in items if not isinstance(item, str) or item.strip()]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Whether the form has none of the inputs."""
        return name not in data and f"{name}-json" not in data

    def use_required_attribute(self, initial: Any) -> bool:
        """Return False: an empty input is not an item."""
        return False

    def id_for_label(self, id_: str) -> str:
        """Return nothing: the label is that of the group."""
        return ""


def _item_label(number: int) -> str:
    return _("Item %(number)s") % {"number": number}


def _as_json(value: Any, item_widget: forms.Widget) -> str | None:
    """Return the JSON of a list whose items cannot have an input each; None for another one."""
    if isinstance(value, InvalidJSONInput):
        return str(value)
    items = value or []
    texts = [item_widget.format_value(item) for item in items]
    lines = not isinstance(item_widget, forms.Textarea)
    if len(items) <= MAX_INPUTS and not any(_needs_json(text, lines) for text in texts):
        return None
    return pretty_json(items, DjangoJSONEncoder)


def _needs_json(text: Any, lines: bool) -> bool:
    if isinstance(text, (list, tuple)):  # the selected choices
        return not any(text)
    if text is None or not str(text).strip():
        return True
    return not is_encodable(str(text)) or (lines and len(str(text).splitlines()) > 1)


class ListField(forms.Field):
    """A list: `base_field` cleans each item, and an error says the number of the item.

    `max_items`: how many there can be. An `ArrayField` of a model gives `base_field`.
    """

    widget = ListWidget
    default_error_messages = {
        "item": gettext_lazy("Item %(number)d: %(message)s"),
        "more": ngettext_lazy("%(number)d more item is wrong.", "%(number)d more items are wrong.", "number"),
        "not_a_list": gettext_lazy("Enter a list, such as [1, 2]."),
        "not_one": gettext_lazy("A list or an object is not an item."),
        "too_many": ngettext_lazy(
            "There is %(number)d item; at most %(max)d are possible.",
            "There are %(number)d items; at most %(max)d are possible.",
            "number",
        ),
    }

    def __init__(self, *, base_field: forms.Field, max_items: int = 10_000, **options: Any) -> None:
        super().__init__(**options)
        self.base_field = _single_input(base_field)
        self.max_items = max_items
        if isinstance(self.widget, ListWidget):
            self.widget.item_widget = self.base_field.widget

    def to_python(self, value: Any) -> list[Any]:
        """Return the items. Raises one ValidationError, with a message for each wrong item."""
        items = self._raw_items(value)
        if len(items) > self.max_items:
            params = {"number": len(items), "max": self.max_items}
            raise ValidationError(self.error_messages["too_many"], code="too_many", params=params)
        cleaned, errors, wrong = [], [], 0
        for number, item in enumerate(items, 1):
            try:
                cleaned.append(self._clean_item(item))
            except ValidationError as error:
                wrong += 1
                if wrong <= _SHOWN_ERRORS:
                    errors += [self._error("item", number=number, message=message) for message in error.messages]
        if wrong > _SHOWN_ERRORS:
            errors.append(self._error("more", number=wrong - _SHOWN_ERRORS))
        if errors:
            raise ValidationError(errors)
        return cleaned

    def _error(self, code: str, **params: Any) -> ValidationError:
        return ValidationError(self.error_messages[code], code=code, params=params)

    def _raw_items(self, value: Any) -> list[Any]:
        if isinstance(value, InvalidJSONInput):
            items = parse_json(value) if value.strip() else []
            if not isinstance(items, list):
                raise self._error("not_a_list")
            return items
        return list(value or ())

    def _clean_item(self, item: Any) -> Any:
        if isinstance(item, (list, dict)):
            raise self._error("not_one")
        if isinstance(item, str):
            item = item.replace("\r\n", "\n")  # as a browser sends lines
        return self.base_field.clean(item)

    def prepare_value(self, value: Any) -> Any:
        """Return the items as their inputs show them."""
        if value is None or isinstance(value, InvalidJSONInput):
            return value
        items = value if isinstance(value, (list, tuple)) else [value]
        return [self.base_field.prepare_value(item) for item in items]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the items are others than those that the inputs showed."""
        if self.disabled:
            return False
        try:
            items = self.to_python(data)
        except ValidationError:
            return True
        return _compared(items) != _compared(self._shown_items(initial))

    def _shown_items(self, initial: Any) -> list[Any]:
        """Return the items after the way through their inputs, which may leave out parts of a second."""
        shown = self.prepare_value(initial) or []
        try:
            text = _as_json(shown, self.base_field.widget)
            if text is not None:
                return self.to_python(InvalidJSONInput(text))
            return self.to_python([self._text(item) for item in shown])
        except ValidationError:
            return list(initial)

    def _text(self, item: Any) -> Any:
        text = self.base_field.widget.format_value(item)
        return next(iter(text), "") if isinstance(text, (list, tuple)) else text


def _compared(items: list[Any]) -> list[Any]:
    return [(type(item), item) for item in items]


class _YesOrNo(forms.TypedChoiceField):
    """True or False, chosen from a list: a checkbox that is not checked would be missing from the form."""

    def __init__(self, **options: Any) -> None:
        choices = [("", "---------"), ("true", gettext_lazy("Yes")), ("false", gettext_lazy("No"))]
        super().__init__(choices=choices, coerce=lambda text: text == "true", **options)

    def prepare_value(self, value: Any) -> Any:
        return json.dumps(value) if isinstance(value, bool) else value

    def to_python(self, value: Any) -> Any:
        return super().to_python(self.prepare_value(value))


def _single_input(field: forms.Field) -> forms.Field:
    """Return a field whose widget has one input that a form always sends, as it was typed.

    A browser sends nothing for an input of numbers in which it finds none, and the item would be gone.
    """
    if isinstance(field, forms.BooleanField):
        return _YesOrNo()
    if isinstance(field.widget, forms.NumberInput):
        field.widget = forms.TextInput({"class": "vIntegerField"})
    return field
