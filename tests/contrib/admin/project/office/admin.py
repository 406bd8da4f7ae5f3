from django.contrib import admin
from django.contrib.auth.models import Group

from django_appwrite_orm.contrib.admin import AppwriteAdmin
from django_appwrite_orm.models import model_of

from .models import Memo, Paper
from .tables import Desk, Room, Station


@admin.register(model_of(Desk))
class DeskAdmin(AppwriteAdmin):
    list_display = ["name", "stock"]
    list_editable = ["stock"]
    list_filter = ["is_sold"]
    search_fields = ["name"]
    list_per_page = 100
    fields = ["name", "stock", "is_sold", "tags", "data", "made", "room"]


@admin.register(Memo)
class MemoAdmin(AppwriteAdmin):
    search_fields = ["text"]


@admin.register(model_of(Station))
class StationAdmin(AppwriteAdmin):
    list_display = ["name", "tags", "flags", "days", "data", "place", "route", "area", "permissions"]
    list_display_links = ["name", "tags"]


admin.site.register(Paper, AppwriteAdmin)
admin.site.register(model_of(Room), AppwriteAdmin)
admin.site.unregister(Group)
admin.site.register(Group, AppwriteAdmin)
