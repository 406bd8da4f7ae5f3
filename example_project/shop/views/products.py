"""Products: the list with its search, one with its reviews, add, change, delete."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Avg, Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse_lazy

from shop.forms import FilterForm, ProductForm
from shop.models import PAGE_SIZE, Product, ProductQuerySet
from shop.views.editing import AddView, ChangeView, RemoveView


def products(request: HttpRequest) -> HttpResponse:
    form = FilterForm(request.GET)
    form.is_valid()
    page = Paginator(filtered(form.cleaned_data), PAGE_SIZE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    return render(request, "shop/products.html", {"form": form, "page": page, "query": query.urlencode()})


def filtered(values: dict[str, Any]) -> ProductQuerySet:
    """Appwrite answers all of these by itself but for the tag, which needs a second table: that runs in memory."""
    ordered = Product.objects.as_listed().order_by(values.get("order") or "name")
    lookups = {
        "name__icontains": values.get("q"),
        "category": values.get("category"),
        "maker": values.get("maker"),
        "tags": values.get("tag"),
        "price__gte": values.get("least"),
        "price__lte": values.get("most"),
    }
    return ordered.filter(**{name: value for name, value in lookups.items() if value not in (None, "")})


def product(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Product.objects.as_listed(), pk=pk)
    context = {
        "product": row,
        "reviews": row.reviews.all(),
        "rating": row.reviews.aggregate(average=Avg("rating"), number=Count("pk")),
    }
    return render(request, "shop/product.html", context)


class AddProduct(AddView):
    model = Product
    form_class = ProductForm
    back = reverse_lazy("shop:products")


class ChangeProduct(ChangeView):
    model = Product
    form_class = ProductForm


class RemoveProduct(RemoveView):
    model = Product
    success_url = reverse_lazy("shop:products")
