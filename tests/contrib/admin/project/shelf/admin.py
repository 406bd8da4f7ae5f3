from django.contrib import admin
from django.http import HttpResponse

from django_appwrite_orm.contrib.admin import AppwriteAdmin

from .models import Item, Maker, Notice, Poster, Review, Shelf, Tag


class ReviewInline(admin.TabularInline):
    model = Review
    extra = 1


@admin.action(permissions=["view"])
def count_rows(model_admin, request, queryset):
    return HttpResponse(str(queryset.count()))


@admin.action
def clear_remarks(model_admin, request, queryset):
    queryset.update(remark="")


@admin.register(Item)
class ItemAdmin(AppwriteAdmin):
    list_display = ["name", "stock", "price", "is_sold", "made_on", "weight", "remark", "maker", "shelf"]
    list_filter = ["is_sold"]
    search_fields = ["name"]
    inlines = [ReviewInline]
    actions = [count_rows, clear_remarks]


admin.site.register([Maker, Shelf, Tag, Notice, Poster], AppwriteAdmin)
