from django.contrib import admin

from .models import Author, Book, Chapter, Genre


class ChapterInline(admin.TabularInline):
    model = Chapter
    extra = 1


@admin.action(description="Take out of print")
def take_out_of_print(modeladmin, request, queryset):
    queryset.update(in_print=False)


@admin.register(Book)
class BookAdmin(admin.ModelAdmin):
    list_display = ["title", "author", "price", "stock", "in_print"]
    list_editable = ["stock"]
    list_filter = ["in_print", "author", "genres"]
    list_select_related = ["author"]
    search_fields = ["title", "author__name"]
    date_hierarchy = "published"
    inlines = [ChapterInline]
    actions = [take_out_of_print]
    filter_horizontal = ["genres"]


@admin.register(Author)
class AuthorAdmin(admin.ModelAdmin):
    search_fields = ["name"]


admin.site.register(Genre)
