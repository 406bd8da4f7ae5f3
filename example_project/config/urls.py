from django.urls import include, path
from django.views.generic import TemplateView

urlpatterns = [
    path("", TemplateView.as_view(template_name="home.html"), name="home"),
    path("", include("shop.api_urls")),
    path("shop/", include("shop.urls")),
    path("airports/", include("airports.urls")),
]
