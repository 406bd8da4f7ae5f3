"""Django, DRF, django-filter and the debug toolbar know a queryset of a table for one."""

from __future__ import annotations

import asyncio
import copy
import pickle
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import django_filters
import pytest
from django import forms
from django.core.exceptions import FieldError
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Count
from django.db.models.query import EmptyQuerySet
from django.template.response import TemplateResponse
from django.views.generic import DetailView, ListView
from rest_framework import filters, generics, routers, serializers, viewsets
from rest_framework.renderers import JSONRenderer

from django_appwrite_orm import QuerySet
from django_appwrite_orm.exceptions import NotSupportedError
from django_appwrite_orm.querysets.grouping import GroupedQuerySet
from tests.support.books import titles
from tests.support.costs import counted
from tests.support.library.tables import Book

pytestmark = pytest.mark.usefixtures("six_books")


class Person(models.Model):
    name = models.CharField(max_length=50)

    class Meta:
        app_label = "people"  # which is not installed

    def __str__(self) -> str:
        return self.name


class BookSerializer(serializers.Serializer):
    title = serializers.CharField()


class Open:
    authentication_classes = permission_classes = ()
    renderer_classes = (JSONRenderer,)
    serializer_class = BookSerializer


class Listed(ListView):
    queryset = Book.objects.order_by("title")


class Paged(ListView):
    queryset = Book.objects.all()
    paginate_by = 100


class ApiList(Open, generics.ListAPIView):
    queryset = Book.objects.all()


class Counted(ListView):
    queryset = Book.objects.values("title").annotate(n=Count("*"))
    template_name = "books.html"


class ApiSet(Open, viewsets.ReadOnlyModelViewSet):
    queryset = Book.objects.all()


VIEWS = {
    "attribute": lambda: Listed.as_view(),
    "argument": lambda: ListView.as_view(queryset=Book.objects.all(), template_name="books.html"),
    "paginated": lambda: Paged.as_view(),
    "groups": lambda: Counted.as_view(),
    "generics": lambda: ApiList.as_view(),
    "viewset": lambda: ApiSet.as_view({"get": "list"}),
}


def shown_by(response: Any) -> list[str]:
    if isinstance(response, TemplateResponse) and isinstance(response.context_data["object_list"], GroupedQuerySet):
        return [group["title"] for group in response.context_data["object_list"]]
    if not hasattr(response, "data"):
        return titles(response.context_data["object_list"])
    return [row["title"] for row in response.data]


class TestViews:
    @pytest.mark.parametrize("kind", VIEWS)
    def test_a_view_classs_queryset_is_read_for_each_request(self, kind: str, rf: Any, settings: Any) -> None:
        settings.REST_FRAMEWORK = {"UNAUTHENTICATED_USER": None}
        view = VIEWS[kind]()
        assert "Ivy" not in shown_by(view(rf.get("/")))
        Book.objects.create(title="Ivy", price=1)
        assert "Ivy" in shown_by(view(rf.get("/")))
        Book.objects.all().delete()
        assert shown_by(view(rf.get("/"))) == []

    def test_a_row_of_a_view_classs_queryset_is_current(self, rf: Any, settings: Any) -> None:
        settings.REST_FRAMEWORK = {"UNAUTHENTICATED_USER": None}
        django = DetailView.as_view(queryset=Book.objects.all(), template_name="book.html")
        drf = ApiSet.as_view({"get": "retrieve"})
        for title in ("First", "Second"):
            Book.objects.filter(pk="dune").update(title=title)
            assert django(rf.get("/"), pk="dune").context_data["object"].title == title
            assert drf(rf.get("/"), pk="dune").data == {"title": title}

    def test_drf_refuses_to_read_a_view_classs_queryset_itself(self, rf: Any) -> None:
        class View(Open, generics.ListAPIView):
            queryset = Book.objects.all()

        View.as_view()
        for read in (list, len, bool):
            with pytest.raises(RuntimeError, match=r"Do not evaluate the `\.queryset` attribute directly"):
                read(View.queryset)

        async def aread() -> list[Book]:
            return [book async for book in View.queryset]

        with pytest.raises(RuntimeError, match="Do not evaluate"):
            asyncio.run(aread())
        assert len(View.queryset.all()) == len(View.queryset.filter(price__gt=0)) == 6

    def test_a_router_names_a_view_set_after_its_queryset(self) -> None:
        router = routers.SimpleRouter()
        router.register("books", ApiSet)
        assert [route.name for route in router.urls] == ["book-list", "book-detail"]

    def test_choices_of_a_form_class_are_read_for_each_form(self) -> None:
        class Choice(forms.Form):
            book = forms.ModelChoiceField(queryset=Book.objects.all())

        assert str(Choice()).count("<option") == 7
        Book.objects.create(title="Ivy", price=1)
        assert str(Choice()).count("<option") == 8


class BookFilter(django_filters.FilterSet):
    title = django_filters.CharFilter(lookup_expr="startswith")
    genre = django_filters.CharFilter()
    order = django_filters.OrderingFilter(fields=["title", "price"])


class TestFilters:
    def test_django_filter(self) -> None:
        chosen = BookFilter({"title": "D", "genre": "novel", "order": "-title"}, Book.objects.all())
        assert chosen.is_valid()
        assert titles(chosen.qs) == ["Dune"]
        assert [field.label for field in chosen.form] == ["Title starts with", "Genre", "Ordering"]
        for queryset in (Book.objects.filter(price__gt=0), Book.objects):
            assert titles(BookFilter({"title": "E"}, queryset).qs) == ["Emma"]

    def test_django_filter_makes_filters_of_columns(self) -> None:
        class Made(django_filters.FilterSet):
            class Meta:
                model = Book
                fields = {"title": ["exact", "startswith"], "price": ["lt"], "genre": ["exact"]}

        made = Made({"title__startswith": "D", "price__lt": "100", "genre": "novel"})
        assert made.is_valid(), made.errors
        assert titles(made.qs) == ["Dune"]

    @pytest.mark.parametrize("field", ["title", "^title", "title__startswith"])
    def test_drf_search_filter(self, field: str, rf: Any) -> None:
        request = SimpleNamespace(query_params={"search": "Du"})
        search = filters.SearchFilter()
        found = search.filter_queryset(request, Book.objects.all(), SimpleNamespace(search_fields=[field]))
        assert titles(found) == ["Dune"]

    def test_drf_ordering_filter(self) -> None:
        request = SimpleNamespace(query_params={"ordering": "-title"})
        view = SimpleNamespace(ordering_fields=["title"])
        found = filters.OrderingFilter().filter_queryset(request, Book.objects.all(), view)
        assert titles(found[:2]) == ["Howl", "Emma"]


@pytest.mark.parametrize(
    ("queryset", "expected"),
    [
        (lambda: Book.objects.values_list("title", flat=True), b'["Dune","Emma"]'),
        (lambda: Book.objects.values_list("title", "price"), b'[["Dune",9.5],["Emma",5.0]]'),
        (lambda: Book.objects.values("title"), b'[{"title":"Dune"},{"title":"Emma"}]'),
        (lambda: Book.objects.values_list("id", flat=True), b'["dune","emma"]'),
        (
            lambda: Book.objects.filter(genre="novel").values("genre").annotate(n=Count("*")),
            b'[{"genre":"novel","n":2}]',
        ),
    ],
)
def test_drf_json_encoder(queryset: Any, expected: bytes) -> None:
    Book.objects.filter(pk="dune").update(price=9.5)
    Book.objects.filter(pk="emma").update(price=5)
    asked = queryset()
    if not isinstance(asked, GroupedQuerySet):
        asked = asked.filter(pk__in=["dune", "emma"]).order_by("title")
    assert JSONRenderer().render({"books": asked}) == b'{"books":' + expected + b"}"


ROOT = Path(__file__).parent.parent.parent
TOOLBAR = """
from types import SimpleNamespace
from django.conf import settings
from tests import settings as of_tests
settings.configure(**{k: v for k, v in vars(of_tests).items() if k.isupper()} | {
    "INSTALLED_APPS": [
        "django.contrib.contenttypes", "django.contrib.staticfiles", "debug_toolbar", *of_tests.INSTALLED_APPS
    ],
    "DEBUG": True, "STATIC_URL": "static/", "DEFAULT_AUTO_FIELD": "django.db.models.AutoField",
})
import django
django.setup()
from debug_toolbar.panels.templates.panel import TemplatesPanel
from tests.support.costs import counted
from tests.support.library.tables import Book
panel = TemplatesPanel(SimpleNamespace(), lambda request: None)
context = {"books": Book.objects.all(), "titles": Book.objects.values_list("title")}
with counted() as costs:
    shown = [value for layer in panel.process_context_list([context]) for value in eval(layer).values()]
assert shown[0] == shown[1], shown
print(shown[0], "read", len(costs.requests), "times")
"""


def test_the_debug_toolbar_reads_no_queryset() -> None:
    """In a process of its own: the toolbar has models, and these tests run without it."""
    done = subprocess.run([sys.executable, "-c", TOOLBAR], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stdout == "<<queryset of library.Book>> read 0 times\n", done.stderr


class TestNothingElseOfDjangos:
    def test_a_queryset_is_an_instance_of_djangos_class(self) -> None:
        for queryset in (Book.objects, Book.objects.filter(price=1), Book.objects.values("title")):
            assert isinstance(queryset, models.QuerySet)
            assert isinstance(queryset, QuerySet)
        assert isinstance(Book.objects.none(), EmptyQuerySet)
        assert not isinstance(Book.objects.all(), EmptyQuerySet)

    def test_every_public_name_of_djangos_is_ours_or_missing(self) -> None:
        """A Django to come has further methods."""
        from django_appwrite_orm.querysets.django_queryset import Hidden

        hidden = {name for name in dir(models.QuerySet) if isinstance(getattr(QuerySet, name), Hidden)}
        ours = {name for name in dir(models.QuerySet) if hasattr(Book.objects.all(), name)}
        assert hidden | ours == set(dir(models.QuerySet))
        assert {"_fetch_all", "complex_filter"} <= hidden
        for name in ours - {name for name in dir(models.QuerySet) if name.startswith("__")}:
            home = next(base for base in QuerySet.__mro__ if name in vars(base))
            assert home.__module__.startswith("django_appwrite_orm"), name
        with pytest.raises(AttributeError, match="QuerySet has no attribute 'complex_filter': it queries Appwrite"):
            _ = Book.objects.all().complex_filter

    def test_copies_and_pickles_are_as_they_were(self) -> None:
        asked = Book.objects.filter(title="Dune")
        with counted() as costs:
            twins = [copy.copy(asked), copy.deepcopy(asked), pickle.loads(pickle.dumps(asked))]
        assert costs.requests == []
        list(asked)
        read = pickle.loads(pickle.dumps(asked))
        with counted() as costs:
            assert titles(read) == ["Dune"]
        assert costs.requests == costs.cache == []
        assert [titles(twin) for twin in twins] == [["Dune"]] * 3

    def test_values_for_a_django_model(self) -> None:
        chosen = Person.objects.filter(name__in=Book.objects.filter(title="Dune").values_list("title", flat=True))
        assert list(chosen.query.where.children[0].rhs) == ["Dune"]

    @pytest.mark.parametrize("form", ["values", "values_list", "named", "flat", "rows", "manager"])
    def test_each_form_of_values_for_a_django_model(self, form: str) -> None:
        """Django compares with the text of whatever else it is given, so that exclude() gives every row."""
        dune = Book.objects.get(title="Dune")
        books = Book.objects.filter(title="Dune")
        given, expected = {
            "values": (books.values("title"), ["Dune"]),
            "values_list": (books.values_list("title"), ["Dune"]),
            "named": (books.values_list("title", named=True), ["Dune"]),
            "flat": (books.values_list("title", flat=True), ["Dune"]),
            "rows": (books, [dune.pk]),
            "manager": (Book.objects, [book.pk for book in Book.objects.all()]),
        }[form]
        left = Person.objects.exclude(name__in=given)
        assert list(left.query.where.children[0].children[0].rhs) == expected

    def test_unsupported_values_for_a_django_model_are_refused(self) -> None:
        with pytest.raises(FieldError, match="must select one column, not title, price"):
            Person.objects.filter(name__in=Book.objects.values("title", "price"))
        titles = Book.objects.values_list("title", flat=True)
        with pytest.raises(NotSupportedError, match="A queryset of Book cannot be saved in a field of a Django model"):
            Person.objects.update(name=titles)

    def test_code_that_needs_sql_is_refused(self) -> None:
        with pytest.raises(NotSupportedError, match=r"Exists\(\) or Subquery\(\) is not supported by Appwrite"):
            models.Exists(Book.objects.all())
        with pytest.raises(NotSupportedError, match=r"queryset \^ queryset is not supported by Appwrite"):
            _ = Book.objects.all() ^ Book.objects.all()
        with pytest.raises(AttributeError, match="has no SQL query, so its `query` has no attribute 'order_by'"):
            _ = Book.objects.query.order_by
        assert Book.objects.ordered
        assert Paginator(Book.objects.all(), 2).page(1).has_next()
