"""System checks of the fields of models on Appwrite."""

from __future__ import annotations

from contextlib import nullcontext
from itertools import count
from typing import Any

import pytest
from django.db import DatabaseError, connection, models
from django.db.models.functions import Lower
from django.test.utils import isolate_apps

from django_appwrite_orm.backend.indexes import indexes_of
from django_appwrite_orm.backend.model_table import tables_of_models
from django_appwrite_orm.checks.model_tables import model_table_problems
from django_appwrite_orm.models import ArrayField

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


def table_problems(model: type[models.Model]) -> list[tuple[str | None, str]]:
    return [(problem.id, problem.msg) for problem in model_table_problems(model)]


numbers = count()


def made(**attributes: Any) -> type[models.Model]:
    return type(f"Wide{next(numbers)}", (models.Model,), {"__module__": "tests.backend.shop.models", **attributes})


@isolate_apps("tests.backend.shop")
def test_a_row_that_is_too_wide_is_reported_and_one_that_just_fits_is_not() -> None:
    fitting, wide = (
        made(a=models.CharField(max_length=8_000), b=models.CharField(max_length=length), n=models.IntegerField())
        for length in (8_114, 8_115)
    )
    assert table_problems(fitting) == []
    ((id, message),) = table_problems(wide)
    assert id == "appwrite.E105"
    assert message == (
        "A row would take 65,539 bytes; Appwrite allows 65,535. The widest columns: b (32,462), a (32,002), n (8)."
    )


@isolate_apps("tests.backend.shop")
def test_text_outside_of_the_row_takes_little_of_it() -> None:
    fields = {f"text_{n}": models.TextField() for n in range(500)}
    assert table_problems(made(**fields, long=models.CharField(max_length=100_000))) == []


@pytest.mark.parametrize(("length", "refused"), [(8_114, False), (8_115, True)])
@isolate_apps("tests.backend.shop")
def test_appwrite_refuses_what_the_check_reports(django_db_blocker: Any, length: int, refused: bool) -> None:
    model = made(a=models.CharField(max_length=8_000), b=models.CharField(max_length=length), n=models.IntegerField())
    with django_db_blocker.unblock():
        expected = pytest.raises(DatabaseError, match=r"(?i)limit") if refused else nullcontext()
        with expected, connection.schema_editor() as editor:
            editor.create_model(model)
        connection.close()


@isolate_apps("tests.backend.shop")
def test_too_many_columns_and_indexes_are_reported() -> None:
    ((id, message),) = table_problems(made(**{f"n{n}": models.BooleanField() for n in range(1_011)}))
    assert (id, message) == ("appwrite.E103", "The table has 1011 columns; Appwrite allows 1010.")
    ((id, message),) = table_problems(made(**{f"n{n}": models.BooleanField(db_index=True) for n in range(59)}))
    assert (id, message) == ("appwrite.E106", "The table has 59 indexes; Appwrite allows 58.")


@isolate_apps("tests.backend.shop")
def test_columns_that_differ_in_case_alone_are_reported() -> None:
    ((id, message),) = table_problems(made(name=models.TextField(), other=models.TextField(db_column="Name")))
    assert id == "appwrite.E114"
    assert message == "The fields 'name' and 'other' have the same column 'Name'; Appwrite ignores case."


@isolate_apps("tests.backend.shop")
def test_a_unique_set_that_is_too_long_and_an_index_over_a_list_are_reported() -> None:
    class Meta:
        app_label = "shop"
        unique_together = [("a", "b"), ("a", "n")]
        indexes = [models.Index(fields=["words"], name="words_idx"), models.Index(fields=["a", "b"], name="ab")]

    model = made(
        a=models.CharField(max_length=767),
        b=models.CharField(max_length=2),
        n=models.IntegerField(),
        words=ArrayField(models.TextField(), default=list),
        Meta=Meta,
    )
    assert sorted(table_problems(model)) == [
        (
            "appwrite.E102",
            "The unique constraint over a, b has 769 characters; Appwrite's unique indexes hold at most 768.",
        ),
        (
            "appwrite.E113",
            "The index or constraint 'words_idx' is over the ArrayField 'words'; Appwrite has no indexes over lists.",
        ),
    ]


@isolate_apps("tests.backend.shop")
def test_tables_that_migrate_does_not_make_are_not_checked() -> None:
    class Meta:
        app_label = "shop"
        managed = False

    wide = {"a": models.CharField(max_length=16_000), "b": models.CharField(max_length=16_000)}
    assert table_problems(made(**wide, Meta=Meta)) == []


@isolate_apps("tests.backend.shop")
def test_what_django_reports_does_not_stop_the_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    class Meta:
        app_label = "shop"
        unique_together = [("name", "missing")]

    class Shape(models.Model):
        owner = models.ForeignKey("shop.NotThere", models.CASCADE)

        class Meta:
            app_label = "shop"

    wide = made(name=models.TextField(), Meta=Meta)
    monkeypatch.setattr("django_appwrite_orm.backend.model_table.apps", Shape._meta.apps)
    assert table_problems(Shape) == table_problems(wide) == []
    assert connection.validation.check() == []
