from django.urls import include, path
from rest_framework.routers import DefaultRouter

from api import views

router = DefaultRouter()
router.register("products", views.ProductViewSet)
router.register("makers", views.MakerViewSet)
router.register("tags", views.TagViewSet)
router.register("reviews", views.ReviewViewSet)
router.register("orders", views.OrderViewSet)

urlpatterns = [path("", include(router.urls))]
