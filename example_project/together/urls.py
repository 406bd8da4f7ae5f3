from django.urls import path

from together import views

app_name = "together"
urlpatterns = [path("", views.page, name="page")]
