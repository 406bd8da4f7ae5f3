"""The form for a new product. What a product may be is the table's business; the form only reads fields."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from django_appwrite_orm.exceptions import IntegrityError
from shop.tables import CATEGORIES, Product


class ProductForm(forms.Form):
    name = forms.CharField()
    price = forms.FloatField(widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}))
    stock = forms.IntegerField(initial=0)
    category = forms.ChoiceField(choices=[(category, category.capitalize()) for category in CATEGORIES])
    tags = forms.CharField(required=False, help_text="Separated by commas.")
    description = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def clean_tags(self) -> list[str]:
        return [tag for part in self.cleaned_data["tags"].split(",") if (tag := part.strip())]

    def clean(self) -> dict[str, Any]:
        """Ask the table too, so that all there is to say is said at once."""
        try:
            Product(**self.cleaned_data).full_clean()
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                if name not in self.errors:  # what the field could not read, the table has not seen
                    self.add_error(name, messages)
        return self.cleaned_data

    def save(self) -> Product | None:
        """The new product; None when its name is taken, which is then said beside it."""
        try:
            return Product.objects.create(**self.cleaned_data)
        except IntegrityError:
            self.add_error("name", "There is a product of this name already.")
        return None
