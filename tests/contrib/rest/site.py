"""Views of an API over the shop's models and the library's tables."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django.db import transaction
from django.urls import include, path
from django.utils.decorators import method_decorator
from rest_framework import authentication, filters, generics, pagination, routers, serializers, viewsets
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from django_appwrite_orm.contrib.rest import ConditionalMixin, KeysetPagination, ModelSerializer
from django_appwrite_orm.web import cache_publicly
from tests.backend.shop.models import Batch, Letter, Maker, Note, Parcel, Product
from tests.support.library.tables import Book


class UserHeader(authentication.BaseAuthentication):
    """A user who is named by a header that no cache knows."""

    def authenticate(self, request: Any) -> Any:
        name = request.headers.get("X-User")
        return (SimpleNamespace(pk=name, is_authenticated=True), None) if name else None


class Open:
    authentication_classes = (UserHeader,)
    permission_classes = ()
    renderer_classes = (JSONRenderer,)


class Fives(KeysetPagination):
    page_size = 5
    page_size_query_param = "size"


class MakerSerializer(serializers.ModelSerializer):
    class Meta:
        model = Maker
        fields = ("id", "name", "country")


class ProductSerializer(serializers.ModelSerializer):
    class Meta:
        model = Product
        fields = ("id", "name", "stock", "price", "weight", "is_sold", "made_on", "sold_at", "maker")


class ProductsPaged(Open, generics.ListAPIView):
    queryset = Product.objects.all()
    serializer_class = ProductSerializer
    pagination_class = Fives
    filter_backends = (filters.SearchFilter, filters.OrderingFilter)
    search_fields = ("name",)
    ordering_fields = "__all__"


class NoteSerializer(serializers.ModelSerializer):
    class Meta:
        model = Note
        fields = ("id", "text", "_order")


class NotesPaged(Open, generics.ListAPIView):
    queryset = Note.objects.all()
    serializer_class = NoteSerializer
    pagination_class = Fives
    filter_backends = (filters.OrderingFilter,)
    ordering_fields = "__all__"


class BatchSerializer(serializers.ModelSerializer):
    class Meta:
        model = Batch
        fields = ("id",)


class BatchesPaged(Open, generics.ListAPIView):
    queryset = Batch.objects.all()
    serializer_class = BatchSerializer
    pagination_class = Fives


class LetterSerializer(serializers.ModelSerializer):
    class Meta:
        model = Letter
        fields = ("id", "text", "created_at", "updated_at")


class LettersPaged(Open, generics.ListAPIView):
    queryset = Letter.objects.all()
    serializer_class = LetterSerializer
    pagination_class = type("ByCreation", (Fives,), {"ordering": "-created_at"})


class BookSerializer(serializers.Serializer):
    id = serializers.CharField()
    title = serializers.CharField()


class BooksPaged(Open, generics.ListAPIView):
    queryset = Book.objects.all()
    serializer_class = BookSerializer
    pagination_class = Fives
    filter_backends = (filters.OrderingFilter,)
    ordering_fields = "__all__"


class Makers(ConditionalMixin, Open, viewsets.ModelViewSet):
    """An endpoint that says everything by itself."""

    queryset = Maker.objects.order_by("name")
    serializer_class = MakerSerializer


class ProductOfMaker(serializers.ModelSerializer):
    maker = MakerSerializer(read_only=True)

    class Meta:
        model = Product
        fields = ("id", "name", "maker", "tags")


class Products(ConditionalMixin, Open, viewsets.ModelViewSet):
    queryset = Product.objects.select_related("maker").prefetch_related("tags").order_by("name")
    serializer_class = ProductOfMaker
    pagination_class = pagination.PageNumberPagination


class Tables(ConditionalMixin, Open, APIView):
    """A view that reads what no serializer names."""

    def get(self, request: Any) -> Response:
        return Response({"books": Book.objects.count(), "makers": Maker.objects.count()})


class Uncached(ConditionalMixin, Open, APIView):
    def get(self, request: Any) -> Response:
        return Response([len(Book.objects.uncached()), Maker.objects.count()])


class Nothing(ConditionalMixin, Open, APIView):
    def get(self, request: Any) -> Response:
        return Response("nothing")


class Scripted(ConditionalMixin, Open, APIView):
    """Shows what a test put here."""

    run: Any = None

    def get(self, request: Any) -> Response:
        return Response(type(self).run())


@method_decorator(cache_publicly(max_age=100), name="dispatch")
class Public(Scripted):
    pass


class ParcelSerializer(ModelSerializer):
    class Meta:
        model = Parcel
        fields = ("id", "words", "numbers", "flags", "sizes", "days", "moments", "hours", "codes")


class Parcels(Open, viewsets.ModelViewSet):
    queryset = Parcel.objects.order_by("pk")
    serializer_class = ParcelSerializer


class Notes(Open, viewsets.ModelViewSet):
    queryset = Note.objects.order_by("pk")
    serializer_class = NoteSerializer


class Letters(Open, viewsets.ModelViewSet):
    queryset = Letter.objects.order_by("pk")
    serializer_class = LetterSerializer


class Raising(Open, APIView):
    """Raises what a test put here, or calls it."""

    run: Any = None

    def get(self, request: Any) -> Response:
        return Response(type(self).run())

    def post(self, request: Any) -> Response:
        with transaction.atomic():
            type(self).run()
        return Response("done")


router = routers.SimpleRouter()
for name, view in {
    "makers": Makers, "products": Products, "parcels": Parcels, "notes": Notes, "letters": Letters
}.items():  # fmt: skip
    router.register(name, view)
urlpatterns = [
    path("", include(router.urls)),
    path("paged/products/", ProductsPaged.as_view()),
    path("paged/notes/", NotesPaged.as_view()),
    path("paged/batches/", BatchesPaged.as_view()),
    path("paged/letters/", LettersPaged.as_view()),
    path("paged/books/", BooksPaged.as_view()),
    path("tables/", Tables.as_view()),
    path("uncached/", Uncached.as_view()),
    path("nothing/", Nothing.as_view()),
    path("scripted/", Scripted.as_view()),
    path("public/", Public.as_view()),
    path("raising/", Raising.as_view()),
]
