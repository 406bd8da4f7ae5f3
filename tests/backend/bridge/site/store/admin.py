from django.contrib import admin

from django_appwrite_orm.models import model_of

from .tables import Lamp, Maker, Volume, Writer


class LampInline(admin.TabularInline):
    model = model_of(Lamp)
    fields = ["name", "stock"]
    extra = 1


@admin.register(model_of(Maker))
class MakerAdmin(admin.ModelAdmin):
    ordering = ["name"]
    search_fields = ["name"]
    inlines = [LampInline]


@admin.action(description="Paint blue")
def paint_blue(modeladmin, request, queryset):
    queryset.update(colour="blue")


@admin.register(model_of(Lamp))
class LampAdmin(admin.ModelAdmin):
    list_display = ["name", "maker", "stock", "colour", "created_at"]
    list_editable = ["stock"]
    list_filter = ["colour", "maker", "is_sold"]
    list_select_related = ["maker"]
    search_fields = ["name", "maker__name"]
    date_hierarchy = "made"
    autocomplete_fields = ["maker"]
    readonly_fields = ["created_at", "updated_at"]
    actions = [paint_blue]


@admin.register(model_of(Volume))
class VolumeAdmin(admin.ModelAdmin):
    list_display = ["title", "writer"]
    readonly_fields = ["topics"]


admin.site.register(model_of(Writer))
