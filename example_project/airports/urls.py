from django.urls import path, register_converter
from django.urls.converters import SlugConverter

from airports import views


class CodeConverter(SlugConverter):
    """No longer than a code can be: Appwrite refuses to look for the longest addresses there are."""

    regex = "[-a-zA-Z0-9_]{1,4}"


register_converter(CodeConverter, "code")

app_name = "airports"
urlpatterns = [
    path("", views.index, name="index"),
    path("search/", views.search, name="search"),
    path("country/<code:code>/", views.country, name="country"),
    path("<code:code>/", views.airport, name="airport"),
]
