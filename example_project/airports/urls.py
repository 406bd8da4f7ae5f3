from django.urls import path

from airports import views

app_name = "airports"
urlpatterns = [
    path("", views.index, name="index"),
    path("search/", views.search, name="search"),
    path("country/<slug:code>/", views.country, name="country"),
    path("<slug:code>/", views.airport, name="airport"),
]
