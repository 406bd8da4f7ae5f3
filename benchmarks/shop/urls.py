from django.urls import path

from . import views

urlpatterns = [
    path("catalog/", views.catalog),
    path("acatalog/", views.acatalog),
    path("page/", views.page),
    path("apage/", views.apage),
    path("nothing/", views.nothing),
    path("anothing/", views.anothing),
]
