"""The views of the site, for threads and, with an `a`, for an event loop. The queries are the same."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import condition

if settings.APPWRITE_ORM["default"]["ENDPOINT"]:
    from django_appwrite_orm.web import table_etag

    conditional = condition(etag_func=table_etag("products"))
else:
    from django.views.decorators.http import conditional_page as conditional

Product = import_module(settings.CLASSES).Product
FIELDS = ("name", "price", "stock", "category")


def _catalog() -> Any:
    return Product.objects.order_by("rank").values(*FIELDS)[:100]


def _from(request: HttpRequest) -> tuple[Any, Any]:
    """The products from a rank on, and those before it."""
    rank = int(request.GET["from"])
    products = Product.objects.filter(rank__gte=rank).order_by("rank")[:25]
    return products, Product.objects.filter(rank__lt=rank).order_by("-rank")


@conditional
def catalog(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"products": list(_catalog())})


@conditional
async def acatalog(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"products": [row async for row in _catalog()]})


def page(request: HttpRequest) -> HttpResponse:
    products, before = _from(request)
    return render(request, "page.html", {"products": list(products), "before": before.first()})


async def apage(request: HttpRequest) -> HttpResponse:
    products, before = _from(request)
    context = {"products": [row async for row in products], "before": await before.afirst()}
    return render(request, "page.html", context)


def nothing(request: HttpRequest) -> HttpResponse:
    """Not modified, without looking: what Django and the server take themselves."""
    return HttpResponse(status=304)


async def anothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=304)
