"""The shop as pages."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from shop.forms import ProductForm
from shop.tables import CATEGORIES, Product


def products(request: HttpRequest) -> HttpResponse:
    category = request.GET.get("category", "")
    found = Product.objects.order_by("name")
    if category:
        if category not in CATEGORIES:
            raise Http404("There is no such category.")
        found = found.filter(category=category)
    return render(request, "shop/list.html", {"products": found, "categories": CATEGORIES, "category": category})


def product(request: HttpRequest, product_id: str) -> HttpResponse:
    return render(request, "shop/detail.html", {"product": get_object_or_404(Product, pk=product_id)})


def add(request: HttpRequest) -> HttpResponse:
    form = ProductForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and (product := form.save()):
        return redirect("shop:product", product.id)
    return render(request, "shop/add.html", {"form": form}, status=400 if form.errors else 200)
