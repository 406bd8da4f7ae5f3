from django.urls import path, register_converter
from django.urls.converters import SlugConverter

from airports import editing, views


class CodeConverter(SlugConverter):
    """No longer than a code can be: Appwrite refuses to look for the longest addresses there are."""

    regex = "[-a-zA-Z0-9_]{1,4}"


register_converter(CodeConverter, "code")

app_name = "airports"
urlpatterns = [
    path("", views.index, name="index"),
    path("map.svg", views.world_map, name="map"),
    path("all/", views.all_airports, name="all"),
    path("search/", views.search, name="search"),
    path("add/", editing.add, name="add"),
    path("country/<code:code>/", views.country, name="country"),
    path("<code:code>/", views.airport, name="airport"),
    path("<code:code>/edit/", editing.edit, name="edit"),
    path("<code:code>/delete/", editing.delete, name="delete"),
]
