"""Makers and their products, and tags."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse_lazy
from django.views.generic import ListView

from shop.forms import MakerForm, TagForm
from shop.models import Maker, Tag
from shop.views.editing import AddView, ChangeView, RemoveView


class Makers(ListView):
    model = Maker
    template_name = "shop/makers.html"


def maker(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Maker, pk=pk)
    return render(request, "shop/maker.html", {"maker": row, "products": row.products.prefetch_related("tags")})


class AddMaker(AddView):
    model = Maker
    form_class = MakerForm
    back = reverse_lazy("shop:makers")


class ChangeMaker(ChangeView):
    model = Maker
    form_class = MakerForm


class RemoveMaker(RemoveView):
    model = Maker
    success_url = reverse_lazy("shop:makers")


class Tags(ListView):
    model = Tag
    template_name = "shop/tags.html"


class AddTag(AddView):
    model = Tag
    form_class = TagForm
    success_url = back = reverse_lazy("shop:tags")


class ChangeTag(ChangeView):
    model = Tag
    form_class = TagForm
    success_url = reverse_lazy("shop:tags")


class RemoveTag(RemoveView):
    model = Tag
    success_url = reverse_lazy("shop:tags")
