from django.contrib import admin
from django.urls import include, path
from rest_framework import routers, serializers, viewsets

from django_appwrite_orm.models import model_of

from .tables import Lamp


class LampSerializer(serializers.ModelSerializer):
    tags = serializers.ListField(child=serializers.CharField(max_length=20), required=False)

    class Meta:
        model = model_of(Lamp)
        fields = ["id", "name", "stock", "colour", "made", "tags", "data", "place", "maker", "created_at"]


class LampViews(viewsets.ModelViewSet):
    queryset = model_of(Lamp).objects.order_by("name")
    serializer_class = LampSerializer


router = routers.DefaultRouter()
router.register("lamps", LampViews)
urlpatterns = [path("admin/", admin.site.urls), path("api/", include(router.urls))]
