"""Differences between models on Appwrite and models on SQL: their fields."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.db import (
    DataError,
    IntegrityError,
    NotSupportedError,
    connection,
)
from django.db import models as m
from django.db.models import Q
from django.db.models.functions import Lower
from django.test.utils import isolate_apps

from tests.backend.shop.models import Letter, Maker, Note, Parcel, Product, Tag, Ticket
from tests.support.costs import counted

pytestmark = pytest.mark.usefixtures("models")

MOMENT = datetime.datetime(2024, 5, 31, 12, 0, 0, 123456, tzinfo=datetime.UTC)


def problems(field: Any) -> list[str | None]:
    return [message.id for message in connection.validation.check_field(field)]


def test_text_is_compared_without_case() -> None:
    Maker.objects.create(name="Ada")
    assert Maker.objects.get(name="ADA").name == "Ada"
    with pytest.raises(IntegrityError):
        Maker.objects.create(name="ada")
    assert [maker for maker in Maker.objects.filter(name="ADA") if maker.name == "ADA"] == []


def test_text_in_primary_keys() -> None:
    Tag.objects.create(slug="A")
    assert not Tag.objects.filter(pk="a").exists()
    Tag.objects.create(slug="B".lower())
    assert Tag.objects.filter(pk="B".lower()).exists()


def test_microseconds() -> None:
    product = Product.objects.create(
        name="a", sold_at=MOMENT, lasts=datetime.timedelta(microseconds=MOMENT.microsecond)
    )
    product.refresh_from_db()
    assert product.sold_at == MOMENT.replace(microsecond=123000)
    assert product.lasts == datetime.timedelta(microseconds=123456)


def test_years() -> None:
    early = datetime.datetime(1, 1, 2, tzinfo=datetime.UTC)
    with pytest.raises(DataError, match="sold_at"):
        Product.objects.create(name="a", sold_at=early)
    Product.objects.create(name="a", made_on=early.date())
    assert Product.objects.get(made_on=early.date()).made_on == early.date()


def test_ranges_of_whole_numbers() -> None:
    product = Product.objects.create(name="a", stock=2**40)
    assert product.stock == 2**40
    with pytest.raises(DataError, match="stock"):
        Product.objects.create(name="b", stock=2**63)
    with pytest.raises(ValidationError):
        product.full_clean()


def test_changing_primary_keys() -> None:
    note = Note.objects.create(id="old", text="a")
    with pytest.raises(NotSupportedError):
        Note.objects.filter(pk="old").update(id="new")
    Note.objects.create(id="new", text=note.text)
    note.delete()
    assert list(Note.objects.values_list("pk", "text")) == [("new", "a")]


def test_numbers_of_automatic_keys() -> None:
    first, second = (Maker.objects.create(name=name).pk for name in "ab")
    assert second - first > 1
    with pytest.raises(DataError):
        Ticket.objects.create(id=-1)
    rows = [Letter.objects.create(text=text) for text in "ab"]
    assert [row.text for row in Letter.objects.order_by("created_at", "pk")] == [row.text for row in rows]


def test_counted_numbers() -> None:
    with counted() as costs:
        assert [Ticket.objects.create().pk for _ in range(2)] == [1, 2]
    assert len([request for request in costs.requests if "django_counters" in request]) == 2
    with counted() as costs:
        Maker.objects.create(name="Ada")
    assert len(costs.requests) == 1


@isolate_apps("tests.backend.shop")
def test_composite_primary_keys() -> None:
    class Corner(m.Model):
        pk = m.CompositePrimaryKey("shape", "number")
        shape = m.IntegerField()
        number = m.IntegerField()

        class Meta:
            app_label = "shop"

    assert problems(Corner._meta.get_field("pk")) == ["appwrite.E101"]
    maker = Maker.objects.create(name="Ada")  # Product has a UniqueConstraint over these two
    Product.objects.create(name="a", maker=maker)
    with pytest.raises(IntegrityError):
        Product.objects.create(name="a", maker=maker)


@isolate_apps("tests.backend.shop")
def test_long_unique_text() -> None:
    class Page(m.Model):
        url = m.CharField(max_length=769, unique=True)
        digest = m.CharField(max_length=64, unique=True)

        class Meta:
            app_label = "shop"

    assert problems(Page._meta.get_field("url")) == ["appwrite.E102"]
    assert problems(Page._meta.get_field("digest")) == []


@isolate_apps("tests.backend.shop")
def test_wide_rows() -> None:
    from django_appwrite_orm.checks.model_tables import model_table_problems

    def made(name: str, field: Any) -> Any:
        fields = {f"text_{number}": field() for number in range(2)}
        meta = type("Meta", (), {"app_label": "shop"})
        return type(name, (m.Model,), {**fields, "Meta": meta, "__module__": __name__})

    wide = made("Wide", lambda: m.CharField(max_length=9000))
    assert [found.id for found in model_table_problems(wide)] == ["appwrite.E105"]
    assert list(model_table_problems(made("Long", m.TextField))) == []


@isolate_apps("tests.backend.shop")
def test_names_of_columns() -> None:
    class Step(m.Model):
        order = m.IntegerField(db_column="_order")
        position = m.IntegerField(db_column="position")

        class Meta:
            app_label = "shop"

    assert problems(Step._meta.get_field("order")) == ["appwrite.W106"]
    assert problems(Step._meta.get_field("position")) == []


def test_foreign_keys_are_not_checked() -> None:
    product = Product.objects.create(name="a", maker_id=7)
    with pytest.raises(Maker.DoesNotExist):
        product.maker  # noqa: B018 - following it is the test
    with pytest.raises(ValidationError, match="maker"):
        product.full_clean()


@isolate_apps("tests.backend.shop")
def test_check_constraints() -> None:
    class Price(m.Model):
        amount = m.IntegerField()

        class Meta:
            app_label = "shop"
            constraints = [m.CheckConstraint(condition=Q(amount__gte=0), name="positive")]

    with connection.schema_editor() as editor:
        editor.create_model(Price)
    assert Price.objects.create(amount=-1).pk
    assert "models.W027" in [message.id for message in Price.check(databases=["default"])]
    with pytest.raises(ValidationError):
        Price(amount=-1).full_clean()


@isolate_apps("tests.backend.shop")
def test_conditions_of_constraints() -> None:
    class Seat(m.Model):
        number = m.IntegerField()
        free = m.BooleanField(default=False)

        class Meta:
            app_label = "shop"
            constraints = [m.UniqueConstraint(fields=["number"], condition=Q(free=False), name="taken")]

    with connection.schema_editor() as editor:
        editor.create_model(Seat)
    for _ in range(2):
        Seat.objects.create(number=1)
    assert Seat.objects.count() == 2
    assert "models.W036" in [message.id for message in Seat.check(databases=["default"])]
    with pytest.raises(ValidationError, match="taken"):
        Seat(number=1).full_clean()


@isolate_apps("tests.backend.shop")
def test_generated_fields() -> None:
    class Label(m.Model):
        name = m.CharField(max_length=9)
        lower = m.GeneratedField(expression=Lower("name"), output_field=m.CharField(max_length=9), db_persist=True)

        class Meta:
            app_label = "shop"

    assert any(str(found.id).startswith("fields.E22") for found in Label.check(databases=["default"]))
    Maker.objects.create(name="Ada")
    assert Maker.objects.annotate(lower=Lower("name")).get().lower == "ada"


@isolate_apps("tests.backend.shop")
def test_collations() -> None:
    class Label(m.Model):
        name = m.CharField(max_length=9, db_collation="nocase")

        class Meta:
            app_label = "shop"

    assert "fields.E190" in [message.id for message in Label.check(databases=["default"])]
    Maker.objects.create(name="Ada")
    assert Maker.objects.filter(name="ada").exists()


def test_lists() -> None:
    parcel = Parcel.objects.create()
    parcel.refresh_from_db()
    assert parcel.words == []
    with pytest.raises(FieldError):
        Parcel.objects.filter(words=["a"])
    Parcel.objects.create(words=["a"])
    assert [row.words for row in Parcel.objects.filter(words__contains=["a"])] == [["a"]]
