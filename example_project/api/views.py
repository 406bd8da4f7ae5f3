"""The REST API of the shop: keyset pages, a 304 before the view runs, errors by field."""

from __future__ import annotations

from typing import Any

from rest_framework import filters, viewsets
from shop.models import Maker, Order, Product, Review, Tag

from api.permissions import FormAuthentication, ReadOrLocal
from api.serializers import MakerSerializer, OrderSerializer, ProductSerializer, ReviewSerializer, TagSerializer
from django_appwrite_orm.contrib.rest import ConditionalMixin, KeysetPagination, exception_handler


class Pages(KeysetPagination):  # type: ignore[misc]  # DRF has no types
    page_size = 10
    page_size_query_param = "size"
    max_page_size = 100


class ApiMixin(ConditionalMixin):  # type: ignore[misc]
    """What all view sets have; a site usually says this once in REST_FRAMEWORK of its settings."""

    pagination_class = Pages
    authentication_classes = [FormAuthentication]
    permission_classes = [ReadOrLocal]
    filter_backends = [filters.SearchFilter, filters.OrderingFilter]

    def get_exception_handler(self) -> Any:
        return exception_handler


class ProductViewSet(ApiMixin, viewsets.ModelViewSet):  # type: ignore[misc]
    """Products: search by name, order by name, price, stock or creation."""

    queryset = Product.objects.select_related("maker").prefetch_related("tags")
    serializer_class = ProductSerializer
    search_fields = ["name"]
    ordering = ["name"]
    ordering_fields = ["name", "price", "stock", "created_at"]


class MakerViewSet(ApiMixin, viewsets.ModelViewSet):  # type: ignore[misc]
    """Makers. One with products cannot be deleted: 409."""

    queryset = Maker.objects.all()
    serializer_class = MakerSerializer
    search_fields = ["name", "place"]
    ordering = ["name"]
    ordering_fields = ["name", "place"]


class TagViewSet(ApiMixin, viewsets.ModelViewSet):  # type: ignore[misc]
    """Tags of products."""

    queryset = Tag.objects.all()
    serializer_class = TagSerializer
    search_fields = ["name"]
    ordering = ["name"]
    ordering_fields = ["name"]


class ReviewViewSet(ApiMixin, viewsets.ModelViewSet):  # type: ignore[misc]
    """Reviews of products, the latest first."""

    queryset = Review.objects.all()
    serializer_class = ReviewSerializer
    search_fields = ["author"]
    ordering = ["-created_at"]
    ordering_fields = ["created_at", "rating"]


class OrderViewSet(ApiMixin, viewsets.ReadOnlyModelViewSet):  # type: ignore[misc]
    """Orders with their lines, the latest first. They are placed in the shop."""

    queryset = Order.objects.prefetch_related("lines")
    serializer_class = OrderSerializer
    search_fields = ["customer"]
    ordering = ["-created_at"]
    ordering_fields = ["created_at", "total"]
