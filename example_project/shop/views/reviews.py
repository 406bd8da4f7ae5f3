"""Reviews: add one to a product, change, delete."""

from __future__ import annotations

from django.forms import ModelForm
from django.shortcuts import get_object_or_404
from django.urls import reverse

from shop.forms import ReviewForm
from shop.models import Product, Review
from shop.views.editing import AddView, ChangeView, RemoveView


class AddReview(AddView):
    model = Review
    form_class = ReviewForm

    def get_form(self, form_class: type[ModelForm] | None = None) -> ModelForm:
        form = super().get_form(form_class)
        form.instance.product = get_object_or_404(Product, pk=self.kwargs["pk"])
        return form

    def get_back(self) -> str:
        return reverse("shop:product", args=[self.kwargs["pk"]])


class ChangeReview(ChangeView):
    model = Review
    form_class = ReviewForm


class RemoveReview(RemoveView):
    model = Review

    def get_success_url(self) -> str:
        return self.object.get_absolute_url()
