from django.urls import path

from shop import api

urlpatterns = [
    path("products", api.products),
    path("products/refresh", api.refresh),
    path("products/<str:product_id>", api.product),
]
