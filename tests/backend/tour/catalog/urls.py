from django.contrib import admin
from django.contrib.flatpages import views
from django.urls import include, path
from rest_framework import routers, serializers, viewsets

from .models import Author, Book


class AuthorSerializer(serializers.ModelSerializer):
    class Meta:
        model = Author
        fields = ["id", "name"]


class BookSerializer(serializers.ModelSerializer):
    class Meta:
        model = Book
        fields = ["id", "title", "author", "genres", "price", "stock", "published"]


class AuthorViewSet(viewsets.ModelViewSet):
    queryset = Author.objects.order_by("name")
    serializer_class = AuthorSerializer


class BookViewSet(viewsets.ModelViewSet):
    queryset = Book.objects.prefetch_related("genres").order_by("title")
    serializer_class = BookSerializer
    filterset_fields = {"author": ["exact"], "author__name": ["icontains"], "price": ["lt", "gte"], "genres": ["exact"]}
    search_fields = ["title", "author__name"]
    ordering_fields = ["price", "title"]


router = routers.DefaultRouter()
router.register("authors", AuthorViewSet)
router.register("books", BookViewSet)
urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include(router.urls)),
    path("about/", views.flatpage, {"url": "/about/"}),
]
