from django.urls import path

from airports import views

app_name = "airports"
urlpatterns = [
    path("", views.index, name="index"),
    path("search/", views.search, name="search"),
    path("country/<str:code>/", views.country, name="country"),
    path("<str:code>/", views.airport, name="airport"),
]
