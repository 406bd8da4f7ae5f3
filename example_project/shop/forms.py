"""Forms of the shop: of its models, of its search, and of an order with its lines."""

from __future__ import annotations

from typing import Any

from django import forms

from shop.models import Category, Maker, Order, OrderLine, Product, Review, Tag

ORDERINGS = {"name": "Name", "price": "Cheapest first", "-price": "Finest first", "-created_at": "Newest first"}
# Lines of an order's form.
LINES = 3


class ProductForm(forms.ModelForm):
    class Meta:
        model = Product
        fields = ["name", "maker", "category", "price", "stock", "tags", "attributes", "description"]
        widgets = {
            "tags": forms.CheckboxSelectMultiple,
            "attributes": forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
            "description": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts = {"attributes": 'Facts as JSON, such as {"pages": 160}.'}

    def clean_attributes(self) -> dict[str, Any]:
        attributes = self.cleaned_data["attributes"] or {}
        if not isinstance(attributes, dict):
            raise forms.ValidationError("A JSON object of names and values.")
        return attributes


class MakerForm(forms.ModelForm):
    class Meta:
        model = Maker
        fields = ["name", "place", "about"]
        widgets = {"about": forms.Textarea(attrs={"rows": 3})}


class TagForm(forms.ModelForm):
    class Meta:
        model = Tag
        fields = ["name"]


class ReviewForm(forms.ModelForm):
    class Meta:
        model = Review
        fields = ["author", "rating", "text"]
        labels = {"author": "Your name"}
        widgets = {"text": forms.Textarea(attrs={"rows": 3})}


class FilterForm(forms.Form):
    """The search of the list. What it cannot read is shown beside its field, and the list is not filtered by it."""

    q = forms.CharField(label="Name", required=False, max_length=60)
    category = forms.ChoiceField(required=False, choices=[("", "All"), *Category.choices])
    maker = forms.ModelChoiceField(Maker.objects.all(), required=False, empty_label="All")
    tag = forms.ModelChoiceField(Tag.objects.all(), required=False, empty_label="All")
    least = forms.DecimalField(label="Price from", required=False, min_value=0, max_digits=8, decimal_places=2)
    most = forms.DecimalField(label="Price to", required=False, min_value=0, max_digits=8, decimal_places=2)
    order = forms.ChoiceField(label="Order by", required=False, choices=list(ORDERINGS.items()))


class OrderForm(forms.ModelForm):
    class Meta:
        model = Order
        fields = ["customer"]
        labels = {"customer": "Your name"}


class OrderLineForm(forms.ModelForm):
    class Meta:
        model = OrderLine
        fields = ["product", "quantity"]

    def has_changed(self) -> bool:
        """A line without a product is empty, and one with the product that it was opened with is not."""
        return bool(self["product"].data)


class _Lines(forms.BaseFormSet):
    def quantities(self) -> dict[Product, int]:
        """Return the pieces of each product; two lines of one product count together."""
        pieces: dict[Product, int] = {}
        for form in self.forms:
            if product := form.cleaned_data.get("product"):
                pieces[product] = pieces.get(product, 0) + form.cleaned_data["quantity"]
        return pieces

    def clean(self) -> None:
        if not any(self.errors) and not self.quantities():
            raise forms.ValidationError("Choose at least one product.")


OrderLines = forms.formset_factory(OrderLineForm, formset=_Lines, extra=LINES, max_num=LINES, absolute_max=LINES)
