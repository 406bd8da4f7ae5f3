"""System checks of the fields of models on Appwrite."""

from __future__ import annotations

from typing import Any

from django.db import connection, models
from django.db.models.functions import Lower
from django.test.utils import isolate_apps

from django_appwrite_orm.backend.indexes import indexes_of
from django_appwrite_orm.backend.model_table import tables_of_models

from .shop.models import Product


def check_ids(field: Any) -> list[str | None]:
    return [message.id for message in connection.validation.check_field(field)]


def field(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name)


@isolate_apps("tests.backend.shop")
def test_what_appwrite_cannot_hold_is_reported() -> None:
    class Shape(models.Model):
        name = models.CharField(max_length=769, unique=True)
        order = models.IntegerField(db_column="_order")
        outline = models.Field()  # type: ignore[var-annotated]

        class Meta:
            app_label = "shop"

    class Corner(models.Model):
        pk = models.CompositePrimaryKey("shape", "number")
        shape = models.IntegerField()
        number = models.IntegerField()

        class Meta:
            app_label = "shop"

    assert check_ids(field(Shape, "name")) == ["appwrite.E102"]
    assert check_ids(field(Shape, "order")) == ["appwrite.W106"]
    assert check_ids(field(Shape, "outline")) == ["appwrite.E104"]
    assert check_ids(field(Corner, "pk")) == ["appwrite.E101"]
    assert check_ids(field(Corner, "shape")) == []


@isolate_apps("tests.backend.shop")
def test_fields_that_have_no_column_here_are_not_checked() -> None:
    class Amount(models.Model):
        value = models.Field()  # type: ignore[var-annotated]

        class Meta:
            app_label = "shop"
            required_db_features = {"gis_enabled"}

    class Product(models.Model):
        lower = models.GeneratedField(expression=Lower("name"), output_field=models.TextField(), db_persist=True)
        missing = models.ForeignKey("shop.NotThere", models.CASCADE)

        class Meta:
            app_label = "shop"

    assert check_ids(field(Amount, "value")) == []
    assert check_ids(field(Product, "lower")) == []
    assert check_ids(field(Product, "lower").output_field) == []
    assert check_ids(field(Product, "missing")) == []


@isolate_apps("tests.backend.shop")
def test_a_primary_key_of_any_length_needs_no_index() -> None:
    class Page(models.Model):
        path = models.TextField(primary_key=True)

        class Meta:
            app_label = "shop"

    assert check_ids(field(Page, "path")) == []
    assert indexes_of(Page) == []


@isolate_apps("tests.backend.shop")
def test_a_model_that_appwrite_cannot_hold_is_reported_and_has_no_table(monkeypatch) -> None:
    class Shape(models.Model):
        outline = models.Field()  # type: ignore[var-annotated]

        class Meta:
            app_label = "shop"

    monkeypatch.setattr("django_appwrite_orm.backend.model_table.apps", Shape._meta.apps)
    assert check_ids(field(Shape, "outline")) == ["appwrite.E104"]
    assert list(tables_of_models()) == []


def test_a_relation_to_many_has_no_column_to_check() -> None:
    assert check_ids(field(Product, "tags")) == []
