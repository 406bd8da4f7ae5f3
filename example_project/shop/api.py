"""The products API of the caching guide: list, create, refresh. Caching and headers come by themselves."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from django_appwrite_orm import orm
from shop.body import BadBody, product_in
from shop.models import Product, Tag

FIELDS = ["name", "category", "stock", "description", "attributes", "created_at", "updated_at"]


# Exempt, for nobody is signed in by a cookie that another site could ride on, and a page elsewhere cannot make
# a browser send this content type without asking first. An API that signs people in needs a check of its own.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def products(request: HttpRequest) -> JsonResponse:
    if request.method == "POST":
        return _create(request)
    return JsonResponse([as_json(product) for product in _all()], safe=False)


def _all() -> Any:
    return Product.objects.prefetch_related("tags")


def as_json(product: Product) -> dict[str, Any]:
    return {
        "id": str(product.pk),
        "price": float(product.price),
        "tags": sorted(tag.name for tag in product.tags.all()),
        "maker_id": None if product.maker_id is None else str(product.maker_id),
        **{name: getattr(product, name) for name in FIELDS},
    }


def _create(request: HttpRequest) -> JsonResponse:
    try:
        product, tags = product_in(request)
        with transaction.atomic():
            product.save()
            product.tags.set([Tag.objects.get_or_create(name=name)[0] for name in tags])
    except BadBody as bad:
        return bad.response
    except IntegrityError:
        return JsonResponse({"errors": {"name": ["There is a product of this name already."]}}, status=409)
    return JsonResponse(as_json(product), status=201)


@require_safe
def product(request: HttpRequest, product_id: str) -> JsonResponse:
    try:
        return JsonResponse(as_json(_all().get(pk=product_id)))
    except (Product.DoesNotExist, ValueError):  # the latter for an id that is not a number
        return JsonResponse({"error": "There is no such product."}, status=404)


# As above for JSON. Without a body there is nothing else to tell a program from a form on another site, which a browser
# sends without asking: what does not come as JSON needs Django's token.
@csrf_exempt
@require_POST
def refresh(request: HttpRequest) -> HttpResponseBase:
    return _refresh(request) if request.content_type == "application/json" else csrf_protect(_refresh)(request)


def _refresh(request: HttpRequest) -> JsonResponse:
    orm.clear_caches()
    return JsonResponse({"message": "Cache refreshed", "count": len(_all())})
