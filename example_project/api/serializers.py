"""The shop's models as JSON."""

from __future__ import annotations

from rest_framework import serializers
from shop.models import Maker, Order, OrderLine, Product, Review, Tag

from django_appwrite_orm.contrib.rest import ModelSerializer


class MakerSerializer(ModelSerializer):
    class Meta:
        model = Maker
        fields = ["id", "name", "place", "about"]


class TagSerializer(ModelSerializer):
    class Meta:
        model = Tag
        fields = ["id", "name"]


class ProductSerializer(ModelSerializer):
    maker_name = serializers.CharField(source="maker.name", read_only=True, default=None)

    class Meta:
        model = Product
        fields = [
            *("id", "name", "maker", "maker_name", "category", "price", "stock", "tags", "attributes", "description"),
            *("created_at", "updated_at"),
        ]


class ReviewSerializer(ModelSerializer):
    class Meta:
        model = Review
        fields = ["id", "product", "author", "rating", "text", "created_at"]


class LineSerializer(ModelSerializer):
    class Meta:
        model = OrderLine
        fields = ["product", "quantity", "price"]


class OrderSerializer(ModelSerializer):
    """Orders are placed and cancelled in the shop, where the stock changes with them."""

    lines = LineSerializer(many=True, read_only=True)

    class Meta:
        model = Order
        fields = ["id", "customer", "state", "total", "lines", "created_at"]
