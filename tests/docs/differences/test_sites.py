"""Differences in the admin, forms, views, APIs, tests, the cache and other parts of a site."""

from __future__ import annotations

import json
import unittest
from typing import Any

import pytest
from django import forms
from django.contrib.admin import AdminSite, ModelAdmin
from django.core import serializers
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, SimpleTestCase, TestCase
from django.views.decorators.cache import cache_page
from django.views.generic import CreateView, DetailView, FormView

from django_appwrite_orm.contrib.testing import AppwriteTestMixin, assert_num_appwrite_requests
from django_appwrite_orm.models import model_of
from django_appwrite_orm.web import AppwriteCacheMiddleware, cache_publicly
from tests.backend.shop.models import Maker
from tests.support.costs import counted
from tests.support.library.tables import Book

books = pytest.mark.usefixtures("books")
models = pytest.mark.usefixtures("models")


class BookForm(forms.Form):
    title = forms.CharField(max_length=100)
    price = forms.FloatField(min_value=0)


# Tables in the parts of Django that need a model


def test_admin() -> None:
    site = AdminSite()
    with pytest.raises(TypeError, match=r"model_of\(Book\)"):
        site.register(Book)
    site.register(model_of(Book), ModelAdmin)
    assert site.is_registered(model_of(Book))


def test_model_forms() -> None:
    meta: Any = type("Meta", (), {"model": Book, "fields": ["title"]})
    with pytest.raises(AttributeError, match="model_of"):
        type("Odd", (forms.ModelForm,), {"Meta": meta})
    meta = type("Meta", (), {"model": model_of(Book), "fields": ["title", "price"]})
    form: Any = type("Fine", (forms.ModelForm,), {"Meta": meta})
    assert list(form.base_fields) == ["title", "price"]


@books
def test_editing_views() -> None:
    class Create(CreateView):
        model: Any = Book
        fields = ["title"]

    with pytest.raises(AttributeError, match="ModelForm"):
        Create.as_view()(RequestFactory().get("/"))

    class Add(FormView):
        form_class = BookForm
        success_url = "/"

        def form_valid(self, form: Any) -> HttpResponse:
            Book.objects.create(**form.cleaned_data)
            return super().form_valid(form)

    assert Add.as_view()(RequestFactory().post("/", {"title": "New", "price": "1"})).status_code == 302
    assert Book.objects.get(title="New").price == 1


@books
def test_names_in_templates() -> None:
    def context(**options: Any) -> dict[str, Any]:
        view = DetailView(model=Book, template_name="book.html", **options)
        view.setup(RequestFactory().get("/"), pk="dune")
        view.object = view.get_object()
        return view.get_context_data()

    assert "book" not in context()
    assert context(context_object_name="book")["book"].title == "Dune"


@books
def test_names_of_templates() -> None:
    view: Any = DetailView(model=Book)
    view.setup(RequestFactory().get("/"), pk="dune")
    view.object = view.get_object()
    with pytest.raises(ImproperlyConfigured):
        view.get_template_names()
    assert DetailView(model=Book, template_name="book.html").get_template_names() == ["book.html"]


@books
def test_serializers() -> None:
    with pytest.raises(AttributeError):
        serializers.serialize("json", Book.objects.all())
    rows = [book.to_dict(json=True) for book in Book.objects.order_by("title")]
    assert json.loads(json.dumps(rows))[0]["title"] == "Ariel"


@books
def test_model_serializers() -> None:
    from rest_framework.serializers import ModelSerializer

    meta: Any = type("Meta", (), {"model": Book, "fields": ["title"]})
    with pytest.raises(AttributeError, match="model_of"):
        type("Odd", (ModelSerializer,), {"Meta": meta})().fields  # noqa: B018 - reading them is the test
    meta = type("Meta", (), {"model": model_of(Book), "fields": ["title"]})
    assert list(type("Fine", (ModelSerializer,), {"Meta": meta})().fields) == ["title"]


def test_foreign_keys_to_tables() -> None:
    from django.db import models as m
    from django.test.utils import isolate_apps

    from django_appwrite_orm.checks.models import relation_problems
    from django_appwrite_orm.models import IDField

    with isolate_apps("tests.backend.shop"):

        class Loan(m.Model):
            book: Any = m.ForeignKey(model_of(Book), m.CASCADE)
            book_key = IDField()

            class Meta:
                app_label = "shop"

    assert [found.id for found in relation_problems(Loan)] == ["appwrite.E115"]
    assert Loan(book_key="dune").book_key == "dune"


# Tests


@books
def test_rows_of_tables_in_tests() -> None:
    class Plain(SimpleTestCase):
        def test_rows(self) -> None:
            Book.objects.create(title="Left", price=1)

    class Clean(AppwriteTestMixin, SimpleTestCase):
        def test_rows(self) -> None:
            assert Book.objects.count() == 0
            Book.objects.create(title="Gone", price=1)

    for case in (Plain, Clean):
        result = unittest.TestResult()
        unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
        assert result.failures == result.errors == []
    assert Book.objects.filter(title="Left").exists()
    assert not Book.objects.filter(title="Gone").exists()


@models
def test_numbers_of_queries() -> None:
    case = TestCase()
    Maker.objects.create(name="Ada")
    list(Maker.objects.all())
    with case.assertNumQueries(1), assert_num_appwrite_requests(0):
        list(Maker.objects.all())
    with assert_num_appwrite_requests(1):
        Maker.objects.create(name="Bob")


@books
def test_fixtures(tmp_path: Any) -> None:
    with pytest.raises(serializers.base.DeserializationError):
        list(serializers.deserialize("json", '[{"model": "library.everything", "pk": "a", "fields": {}}]'))
    file = tmp_path / "books.jsonl"
    call_command("dump_appwrite", "library.Book", output=str(file), verbosity=0)
    Book.objects.all().delete()
    call_command("load_appwrite", str(file), verbosity=0)
    assert Book.objects.count() == 6


# Cache


@books
def test_reads_are_cached() -> None:
    list(Book.objects.all())
    with counted() as costs:
        list(Book.objects.all())
    assert costs.requests == []
    with counted() as costs:
        list(Book.objects.uncached())
    assert len(costs.requests) == 1


@books
def test_changes_elsewhere() -> None:
    from django_appwrite_orm import orm
    from django_appwrite_orm.connection import connections
    from django_appwrite_orm.plans import Request
    from django_appwrite_orm.sansio import run_sync

    assert Book.objects.get(pk="dune").price == 9.5
    path = "/tablesdb/library/tables/books/rows/dune"
    run_sync(connections["default"].send(Request("PATCH", path, body={"data": {"price": 1}})))
    assert Book.objects.get(pk="dune").price == 9.5
    orm.table("books").refresh()
    assert Book.objects.get(pk="dune").price == 1


def _page(view: Any) -> HttpResponse:
    request = RequestFactory().get("/")
    return AppwriteCacheMiddleware(view)(request)


@books
def test_caches_of_pages() -> None:
    def count(request: HttpRequest) -> HttpResponse:
        return HttpResponse(str(Book.objects.count()))

    pages = [_page(cache_page(60)(count)).content]
    Book.objects.create(title="New", price=1)
    pages.append(_page(cache_page(60)(count)).content)
    assert pages == [b"6", b"7"]
    assert _page(cache_publicly(max_age=60)(count))["Cache-Control"] == "public, max-age=60"


@books
def test_fragments() -> None:
    from django.template import Context, Template

    def shown(source: str) -> str:
        def view(request: HttpRequest) -> HttpResponse:
            context = Context({"books": Book.objects.all(), "request": request})
            return HttpResponse(Template(source).render(context))

        return _page(view).content.decode()

    old = "{% load cache %}{% cache 60 old %}{{ books.count }}{% endcache %}"
    new = '{% load appwrite_cache %}{% cachetables 60 new tables="books" %}{{ books.count }}{% endcachetables %}'
    assert (shown(old), shown(new)) == ("6", "6")
    Book.objects.create(title="New", price=1)
    assert (shown(old), shown(new)) == ("6", "7")


@models
def test_the_cache_in_the_database() -> None:
    from django.core.cache import caches
    from django.core.cache.backends.db import DatabaseCache
    from django.db import NotSupportedError

    with pytest.raises(NotSupportedError, match="use Redis"):
        DatabaseCache("cache_table", {}).get("key")
    caches["default"].set("key", 1)
    assert caches["default"].get("key") == 1
