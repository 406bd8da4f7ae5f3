from contextlib import suppress

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from django_appwrite_orm.contrib.admin import AppwriteAdmin
from shop.models import Maker, Order, OrderLine, Product, Review, Tag
from shop.orders import AlreadyCancelled, cancel

admin.site.site_header = admin.site.site_title = "The shop's admin"


@admin.register(Product)
class ProductAdmin(AppwriteAdmin):
    list_display = ["name", "category", "maker", "price", "stock"]
    list_filter = ["category", "maker", "tags"]
    list_select_related = ["maker"]
    search_fields = ["name"]
    autocomplete_fields = ["maker"]
    formfield_overrides = {models.ManyToManyField: {"widget": forms.CheckboxSelectMultiple}}
    readonly_fields = ["created_at", "updated_at"]


@admin.register(Maker)
class MakerAdmin(AppwriteAdmin):
    list_display = ["name", "place"]
    search_fields = ["name"]


@admin.register(Tag)
class TagAdmin(AppwriteAdmin):
    search_fields = ["name"]


@admin.register(Review)
class ReviewAdmin(AppwriteAdmin):
    list_display = ["product", "author", "rating", "created_at"]
    list_filter = ["rating"]
    list_select_related = ["product"]
    search_fields = ["author", "text"]
    autocomplete_fields = ["product"]


class OrderLineInline(admin.TabularInline):
    model = OrderLine
    fields = readonly_fields = ["product", "quantity", "price"]
    can_delete = False
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return False


@admin.register(Order)
class OrderAdmin(AppwriteAdmin):
    """Orders are read and cancelled. The shop's own pages place them, because that changes the stock."""

    list_display = fields = ["customer", "state", "total", "created_at"]
    list_filter = ["state"]
    search_fields = ["customer"]
    inlines = [OrderLineInline]
    actions = ["cancel"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return False

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("shop.change_order")

    def has_delete_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return False

    @admin.action(description="Cancel the selected orders", permissions=["cancel"])
    def cancel(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        cancelled = 0
        for order in orders:
            with suppress(AlreadyCancelled):
                cancel(order)
                cancelled += 1
        self.message_user(request, f"Cancelled: {cancelled}. Their products are in stock again.")
