"""The products API of the caching guide: list, create, refresh. Caching and headers come by themselves."""

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from django_appwrite_orm.exceptions import IntegrityError
from shop.body import BadBody, product_in
from shop.tables import Product


# Exempt, for nobody is signed in by a cookie that another site could ride on, and a page elsewhere cannot make
# a browser send this content type without asking first. An API that signs people in needs a check of its own.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def products(request: HttpRequest) -> JsonResponse:
    if request.method == "POST":
        return _create(request)
    return JsonResponse([product.to_dict() for product in Product.objects.all()], safe=False)


def _create(request: HttpRequest) -> JsonResponse:
    try:
        product = product_in(request).save()
    except BadBody as bad:
        return bad.response
    except IntegrityError:
        return JsonResponse({"errors": {"name": ["There is a product of this name already."]}}, status=409)
    return JsonResponse(product.to_dict(), status=201)


@require_safe
def product(request: HttpRequest, product_id: str) -> JsonResponse:
    try:
        return JsonResponse(Product.objects.get(pk=product_id).to_dict())
    except Product.DoesNotExist:
        return JsonResponse({"error": "There is no such product."}, status=404)


# As above for JSON. Without a body there is nothing else to tell a program from a form on another site, which a browser
# sends without asking: what does not come as JSON needs Django's token.
@csrf_exempt
@require_POST
def refresh(request: HttpRequest) -> HttpResponseBase:
    return _refresh(request) if request.content_type == "application/json" else csrf_protect(_refresh)(request)


def _refresh(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"message": "Cache refreshed", "count": len(Product.objects.refresh())})
