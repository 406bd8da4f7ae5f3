from django.urls import path

from tour import views

urlpatterns = [
    path("", views.home, name="home"),
    path("code/<str:view_name>/", views.code, name="code"),
]
