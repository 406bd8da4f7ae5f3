from django.urls import path

from shop import views

app_name = "shop"
urlpatterns = [
    path("", views.products, name="products"),
    path("add/", views.add, name="add"),
    path("<str:product_id>/", views.product, name="product"),
]
