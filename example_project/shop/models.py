"""What the shop sells, who makes it, what people say about it, and what they order."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse

from django_appwrite_orm import Permission, Role
from django_appwrite_orm.models import SystemFields

PAGE_SIZE = 12


class Maker(models.Model):
    name = models.CharField(max_length=80, unique=True)
    place = models.CharField(max_length=80, blank=True)
    about = models.TextField(max_length=600, blank=True)

    class Meta:
        ordering = ["name"]

    class Appwrite:
        name = "makers"
        permissions = [Permission.read(Role.any())]
        warm = True

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("shop:maker", args=[self.pk])


class Tag(models.Model):
    name = models.CharField(max_length=24, unique=True)

    class Meta:
        ordering = ["name"]

    class Appwrite:
        name = "tags"
        permissions = [Permission.read(Role.any())]
        warm = True

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse('shop:products')}?tag={self.pk}"


class Category(models.TextChoices):
    BOOKS = "books"
    MUSIC = "music"
    GAMES = "games"
    STATIONERY = "stationery"
    KITCHEN = "kitchen"


class ProductQuerySet(models.QuerySet["Product"]):
    def as_listed(self) -> ProductQuerySet:
        """With what a page of the list shows of each: its maker comes in one request, all tags in two."""
        return self.select_related("maker").prefetch_related("tags")

    def finest(self) -> ProductQuerySet:
        return self.order_by("-price")[:8]


class Product(SystemFields):
    """`attributes` are facts that only some products have, such as the pages of a book."""

    name = models.CharField(max_length=80, unique=True)
    maker = models.ForeignKey(Maker, models.PROTECT, related_name="products", null=True, blank=True)
    category = models.CharField(max_length=20, choices=Category.choices)
    price = models.DecimalField(
        max_digits=8, decimal_places=2, validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100_000))]
    )
    stock = models.PositiveIntegerField(default=0, validators=[MaxValueValidator(1_000_000)])
    tags = models.ManyToManyField(Tag, related_name="products", blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    description = models.TextField(max_length=1000, blank=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        indexes = [
            models.Index(fields=["category", "name"], name="product_category"),
            models.Index(fields=["price"], name="product_price"),
        ]

    class Appwrite:
        name = "products"
        permissions = [Permission.read(Role.any())]
        # What the list, the home page and the API read first.
        warm = [
            lambda products: products.count(),
            lambda products: products.as_listed()[:PAGE_SIZE],
            lambda products: products.finest(),
            lambda products: products.prefetch_related("tags"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("shop:product", args=[self.pk])


class Review(SystemFields):
    product = models.ForeignKey(Product, models.CASCADE, related_name="reviews")
    author = models.CharField(max_length=60)
    rating = models.PositiveSmallIntegerField(
        choices=[(stars, "★" * stars + "☆" * (5 - stars)) for stars in range(5, 0, -1)],
        validators=[MinValueValidator(1), MaxValueValidator(5)],
    )
    text = models.TextField(max_length=1000)

    class Meta:
        ordering = ["-created_at"]

    class Appwrite:
        name = "reviews"
        permissions = [Permission.read(Role.any())]

    def __str__(self) -> str:
        return f"{self.author}: {self.get_rating_display()}"

    def get_absolute_url(self) -> str:
        return reverse("shop:product", args=[self.product_id])


class Order(SystemFields):
    """Made and cancelled by `shop.orders`, which keep the stock right."""

    class State(models.IntegerChoices):
        PLACED = 0
        CANCELLED = 1

    customer = models.CharField(max_length=60)
    state = models.PositiveSmallIntegerField(choices=State.choices, default=State.PLACED, editable=False)
    total = models.DecimalField(max_digits=12, decimal_places=2, default=Decimal(0), editable=False)

    class Meta:
        ordering = ["-created_at"]

    class Appwrite:
        name = "orders"

    def __str__(self) -> str:
        return f"Order {self.pk} of {self.customer}"

    def get_absolute_url(self) -> str:
        return reverse("shop:order", args=[self.pk])


class OrderLine(models.Model):
    """`price` is that of one piece at the time of the order."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT, related_name="lines")
    quantity = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(1000)])
    price = models.DecimalField(max_digits=8, decimal_places=2, editable=False)

    class Appwrite:
        name = "order lines"

    def __str__(self) -> str:
        return f"{self.quantity} of {self.product}"

    @property
    def total(self) -> Decimal:
        return self.price * self.quantity
