"""`_meta` of a table, as Django, DRF and django-filter read it of a model."""

from __future__ import annotations

import copy
import datetime
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.core import serializers
from django.core.exceptions import FieldDoesNotExist, FieldError
from django.db import models
from django.views.generic.dates import DayArchiveView

from django_appwrite_orm import Table, UniqueIndex, columns
from tests.support.library.tables import Book, Everything


class Author(Table):
    name = columns.String(size=50, required=True)

    class Meta:
        name = "authors"
        app_label = "novels"


class LongNovel(Table):
    title = columns.String(size=50, required=True)
    author = columns.Reference(Author, required=True)
    tags = columns.Relationship("self", "manyToMany")
    isbn = columns.String(size=13, default="none")
    price = columns.Decimal(max_digits=6, decimal_places=2)
    genre = columns.Enum(["novel", "poetry"])
    key = columns.UUID(default=uuid.uuid4)
    version = columns.Version()
    place = columns.Point()

    class Meta:
        name = "novels"
        app_label = "novels"
        indexes = [UniqueIndex("isbn"), UniqueIndex("title", "genre")]


META = LongNovel._meta


def test_meta_has_the_names_of_a_model() -> None:
    assert (META.app_label, META.object_name, META.model_name) == ("novels", "LongNovel", "longnovel")
    assert (META.label, META.label_lower, str(META)) == ("novels.LongNovel", "novels.longnovel", "novels.longnovel")
    assert (META.verbose_name, META.verbose_name_plural) == ("long novel", "long novels")
    assert META.model is META.concrete_model is LongNovel


def test_fields_describe_the_columns() -> None:
    assert [field.name for field in META.fields] == [
        "id", "sequence", "created_at", "updated_at",
        "title", "isbn", "price", "genre", "key", "version", "place", "author",
    ]  # fmt: skip
    assert [field.name for field in META.get_fields() if field.many_to_many] == ["tags"]
    assert META.pk is META.get_field("id")
    assert (META.pk.name, META.pk.primary_key, META.pk.max_length) == ("id", True, 36)
    title = META.get_field("title")
    assert (type(title), title.max_length, title.null, title.verbose_name) == (models.CharField, 50, False, "title")
    assert (META.get_field("isbn").unique, title.unique, META.get_field("isbn").default) == (True, False, "none")
    price = META.get_field("price")
    assert isinstance(price, models.DecimalField)
    assert (price.max_digits, price.decimal_places, price.null) == (6, 2, True)
    assert META.get_field("genre").choices == [("novel", "novel"), ("poetry", "poetry")]
    assert isinstance(META.get_field("key").get_default(), uuid.UUID)
    assert not META.get_field("version").editable
    assert META.get_field("price").model is LongNovel


def test_a_reference_is_one_field_under_both_names() -> None:
    author = META.get_field("author")
    assert author is META.get_field("author_id")
    assert (author.attname, author.is_relation, author.many_to_one) == ("author_id", True, True)


def test_every_kind_of_column_has_a_field() -> None:
    kinds = {field.name: type(field).__name__ for field in Everything._meta.fields}
    assert kinds["strings"] == "Field"
    assert {name: kinds[name] for name in ("bigint", "boolean", "datetime", "email", "enum", "ip", "text", "url")} == {
        "bigint": "BigIntegerField",
        "boolean": "BooleanField",
        "datetime": "DateTimeField",
        "email": "EmailField",
        "enum": "CharField",
        "ip": "GenericIPAddressField",
        "text": "TextField",
        "url": "URLField",
    }


def test_get_field_of_an_unknown_name_raises_djangos_error() -> None:
    with pytest.raises(FieldDoesNotExist, match=r"LongNovel has no column 'titel'. Did you mean: title"):
        META.get_field("titel")


def test_serializable_value_of_a_reference_is_the_id() -> None:
    novel = LongNovel(title="Emma", author_id="jane", price=Decimal(9))
    assert [novel.serializable_value(name) for name in ("title", "author", "author_id", "pk")] == [
        "Emma", "jane", "jane", None,
    ]  # fmt: skip


def test_attributes_that_only_models_have_raise_an_error_with_advice() -> None:
    with pytest.raises(AttributeError, match=r"Book is a Table, not a Django model, and has no _meta\.local_fields"):
        serializers.serialize("json", [Book(title="Dune")])
    with pytest.raises(AttributeError, match=r"ModelForm, ModelAdmin.*write model_of\(Book\)"):
        forms.modelform_factory(Book, fields="__all__")  # type: ignore[type-var]
    with pytest.raises(AttributeError, match=r"_meta\.nonsense"):
        _ = META.nonsense
    assert copy.copy(META).label == META.label


def test_an_attribute_error_inside_a_property_of_meta_is_raised_unchanged() -> None:
    class Broken(type(META)):  # type: ignore[misc]
        @property
        def label(self) -> str:
            raise AttributeError("the cause")

    broken = copy.copy(META)
    broken.__class__ = Broken
    with pytest.raises(AttributeError, match="the cause"):
        _ = broken.label


@pytest.mark.usefixtures("library")
def test_a_model_choice_field_can_use_another_column_as_value() -> None:
    Book.objects.create(id="dune", title="Dune", price=9)

    class Shelf(forms.Form):
        book = forms.ModelChoiceField(queryset=Book.objects.order_by("title"), to_field_name="title")

    assert '<option value="Dune" selected>dune</option>' in str(Shelf(initial={"book": Book.objects.get(pk="dune")}))
    form = Shelf({"book": "Dune"})
    assert form.is_valid()
    assert form.cleaned_data["book"].pk == "dune"
    assert set(Shelf({"book": "Nothing"}).errors) == {"book"}


@pytest.mark.usefixtures("library")
def test_a_day_archive_view_shows_the_rows_of_the_whole_day(rf: Any, settings: Any) -> None:
    """Django's view asks the field whether it holds times."""
    settings.TIME_ZONE = "Asia/Tokyo"
    Book.objects.create(id="in", title="In", price=1, added=datetime.datetime(2026, 1, 1, 14, tzinfo=datetime.UTC))
    Book.objects.create(id="out", title="Out", price=1, added=datetime.datetime(2026, 1, 1, 15, tzinfo=datetime.UTC))
    view = DayArchiveView.as_view(
        queryset=Book.objects.all(), date_field="added", month_format="%m", template_name="x.html"
    )
    shown = view(rf.get("/"), year="2026", month="1", day="1")
    assert [book.pk for book in shown.context_data["object_list"]] == ["in"]


def test_get_column_finds_columns_references_and_system_columns() -> None:
    meta = LongNovel._meta
    assert meta.get_column("title") is meta.columns["title"]
    assert meta.get_column("author").name == "author_id"
    assert [meta.get_column(name).key for name in ("pk", "id", "sequence", "created_at", "updated_at")] == [
        "$id",
        "$id",
        "$sequence",
        "$createdAt",
        "$updatedAt",
    ]
    assert meta.get_column_by_key("$createdAt") is meta.get_column("created_at")
    assert meta.get_column_by_key("nothing") is None
    assert meta.get_keys(["pk", "title", "id"]) == ("$id", "title")


@pytest.mark.parametrize(("name", "message"), [("titel", "Did you mean: title"), (7, "expected the name of a column")])
def test_get_column_refuses_what_is_not_a_column(name: Any, message: str) -> None:
    with pytest.raises(FieldError, match=message):
        LongNovel._meta.get_column(name)
