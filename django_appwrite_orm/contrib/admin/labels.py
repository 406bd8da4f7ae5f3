"""Names of the inputs in a change list, for screen readers."""

from __future__ import annotations

from typing import Any

from django import forms


class LabelledForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form whose inputs have their labels as attributes, for a page that shows no labels."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not field.widget.is_hidden and field.label:
                field.widget.attrs.setdefault("aria-label", field.label)
