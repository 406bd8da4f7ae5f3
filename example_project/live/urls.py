from django.urls import path

from live import views

app_name = "live"
urlpatterns = [
    path("", views.page, name="page"),
    path("events", views.events, name="events"),
    path("change/", views.change, name="change"),
]
