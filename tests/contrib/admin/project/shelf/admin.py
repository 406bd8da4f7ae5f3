from django.contrib import admin

from django_appwrite_orm.contrib.admin import AppwriteAdmin

from .models import Item, Maker, Review, Shelf, Tag


class ReviewInline(admin.TabularInline):
    model = Review
    extra = 1


@admin.register(Item)
class ItemAdmin(AppwriteAdmin):
    list_display = ["name", "stock", "price", "is_sold", "made_on", "weight", "remark", "maker", "shelf"]
    list_filter = ["is_sold"]
    search_fields = ["name"]
    inlines = [ReviewInline]


admin.site.register([Maker, Shelf, Tag], AppwriteAdmin)
