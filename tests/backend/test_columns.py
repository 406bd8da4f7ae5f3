"""The columns behind the fields of models, and their values."""

from __future__ import annotations

import datetime
import decimal
import re
import uuid
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DataError, NotSupportedError, models
from django.test.utils import isolate_apps

from django_appwrite_orm.backend.columns import column_of, columns_of
from django_appwrite_orm.backend.model_table import table_of
from django_appwrite_orm.backend.names import column_key, table_id
from django_appwrite_orm.plans import TableRef
from django_appwrite_orm.schema.declared import declared_table

from .shop.models import Maker, Note, Product, Special, Tag

UTC = datetime.UTC
CODE = uuid.UUID("0f8fad5b-d9cb-469f-a165-70867728950e")


def field(name: str) -> Any:
    return Product._meta.get_field(name)


@pytest.mark.parametrize(
    ("name", "value", "raw", "back"),
    [
        ("name", "Ada", "Ada", "Ada"),
        ("description", "", "", ""),
        ("stock", 2**63 - 1, 2**63 - 1, 2**63 - 1),
        ("price", decimal.Decimal("12.34"), 1234, decimal.Decimal("12.34")),
        ("price", "5", 500, decimal.Decimal("5.00")),
        ("weight", 1.5, 1.5, 1.5),
        ("is_sold", True, True, True),
        ("made_on", datetime.date(1, 2, 3), "0001-02-03", datetime.date(1, 2, 3)),
        (
            "sold_at",
            datetime.datetime(2024, 5, 31, 10, 0, 0, 123999, tzinfo=UTC),
            "2024-05-31T10:00:00.123+00:00",
            datetime.datetime(2024, 5, 31, 10, 0, 0, 123000, tzinfo=UTC),
        ),
        ("opens_at", "09:30:00", "09:30:00.000000", datetime.time(9, 30)),
        ("lasts", 90_000_000, 90_000_000, 90_000_000),
        ("code", CODE, str(CODE), CODE),
        ("data", '{"a": [1]}', '[{"a": [1]}]', '{"a": [1]}'),
        ("picture", b"\x00\xff", "AP8=", b"\x00\xff"),
        ("address", "10.0.0.1", "10.0.0.1", "10.0.0.1"),
    ],
)
def test_values_go_to_appwrite_and_come_back(name: str, value: Any, raw: Any, back: Any) -> None:
    column = column_of(field(name))
    assert column.encode(value) == raw
    assert column.encode(None) is None
    assert (column.decode(raw) if column.decode else raw) == back


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "x" * 101),
        ("name", "nul\0"),
        ("name", "\ud800"),
        ("stock", 2**63),
        ("price", decimal.Decimal("1234567.00")),
        ("price", decimal.Decimal("Infinity")),
        ("weight", float("nan")),
        ("sold_at", datetime.datetime(999, 1, 1, tzinfo=UTC)),
        ("address", "10.0.0"),
        ("data", '"' + "x" * 70_000 + '"'),
    ],
)
def test_a_value_that_the_column_cannot_hold_is_a_data_error_that_names_the_field(name: str, value: Any) -> None:
    with pytest.raises(DataError, match=rf"^shop\.Product\.{name}: "):
        column_of(field(name)).encode(value)


def test_text_in_the_form_of_an_operator_is_refused_in_a_change_alone() -> None:
    text = '{"method": "increment", "values": [1]}'
    column = column_of(field("name"))
    assert column.encode(text) == text
    with pytest.raises(DataError, match=r"shop\.Product\.name: This text has the form of an Appwrite operator"):
        column.encode_change(text)


def test_no_document_of_a_json_field_is_an_operator() -> None:
    column = column_of(field("data"))
    assert column.encode_change('{"method": "increment"}') == '[{"method": "increment"}]'


def test_a_value_between_two_that_the_column_holds_has_them_as_bounds() -> None:
    assert column_of(field("price")).bounds(decimal.Decimal("1.005")) == (100, 101)
    assert column_of(field("stock")).bounds(2**70) == (2**63 - 1, None)
    moment = datetime.datetime(2024, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
    assert column_of(field("sold_at")).bounds(moment) == (
        "2024-01-01T00:00:00.000+00:00", "2024-01-01T00:00:00.001+00:00",
    )  # fmt: skip
    with pytest.raises(ValidationError):
        column_of(field("stock")).bounds("many")


def test_text_is_compared_by_the_server_and_so_not_exactly() -> None:
    inexact = {column.field.name for column in columns_of(Product) if not column.is_exact}
    assert inexact == {"name", "description", "data", "picture", "address"}


def test_names_that_appwrite_does_not_take_are_replaced_by_ones_that_stay_the_same() -> None:
    key = column_of(Note._meta.get_field("_order")).key
    assert key == column_key("_order") != column_key("order")
    for name in ("_order", "a b", "a.b", "ä", "x" * 40, "", "$id", '"quoted"'):
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,35}", column_key(name))
        assert column_key(name) == column_key(name) != column_key(name + "y")
    assert table_id('"Quoted"') == "Quoted"


@isolate_apps("tests.backend.shop")
def test_a_field_without_a_kind_of_column_is_refused() -> None:
    class Shape(models.Model):
        outline = models.Field()  # type: ignore[var-annotated]

        class Meta:
            app_label = "shop"

    with pytest.raises(NotSupportedError, match=r"shop\.Shape\.outline: Field has no kind of column"):
        column_of(Shape._meta.get_field("outline"))


@isolate_apps("tests.backend.shop")
def test_a_decimal_of_many_digits_is_text_that_orders_as_the_numbers_do() -> None:
    class Balance(models.Model):
        wei = models.DecimalField(max_digits=30, decimal_places=18)

        class Meta:
            app_label = "shop"

    column = column_of(Balance._meta.get_field("wei"))
    assert column.is_exact
    texts = ["-999999999999.999999999999999999", "-1.5", "-0.000000000000000001", "0", "1e-18", "1.5", "9E11"]
    numbers = [decimal.Decimal(text) for text in texts]
    raws = [column.encode(number) for number in numbers]
    assert raws == sorted(raws)
    assert {len(raw) for raw in raws} == {31}
    assert [column.decode(raw) for raw in raws] == numbers  # type: ignore[misc]
    assert str(column.decode(column.encode(numbers[1]))) == "-1.500000000000000000"  # type: ignore[misc]
    for number in (decimal.Decimal("1e12"), decimal.Decimal("-1e12"), decimal.Decimal("NaN"), "x"):
        with pytest.raises(DataError, match=r"^shop\.Balance\.wei: "):
            column.encode(number)
    half = column.bounds(decimal.Decimal("1.5e-18"))
    assert half == (column.encode(decimal.Decimal("1e-18")), column.encode(decimal.Decimal("2e-18")))
    assert column.bounds(decimal.Decimal("1e999999")) == ("1" + "9" * 30, None)
    assert column.bounds(decimal.Decimal("-1e999999")) == (None, raws[0])


@isolate_apps("tests.backend.shop")
def test_a_copy_of_a_field_has_a_column_of_its_own() -> None:
    class Base(models.Model):
        title = models.CharField(max_length=5)

        class Meta:
            abstract = True
            app_label = "shop"

    class Long(Base):
        class Meta:
            app_label = "shop"

    class Longer(Long):
        class Meta:
            proxy = True
            app_label = "shop"

    assert column_of(Long._meta.get_field("title")).field.model is Long
    assert table_of(Longer) is table_of(Long)


def test_the_table_of_a_model_has_its_ids_columns_and_indexes() -> None:
    meta = table_of(Product)._meta
    assert meta.ref("main") == TableRef("main", "shop_product")
    assert "id" not in meta.columns
    assert declared_table(table_of(Product)).state.indexes.keys() == {
        "name_idx", "maker_id_idx", "maker_stock", "maker_name",
    }  # fmt: skip


def test_the_table_of_a_child_has_its_own_columns_alone() -> None:
    assert list(table_of(Special)._meta.columns) == ["discount"]


def test_a_primary_key_with_a_column_is_unique_there() -> None:
    assert [str(index) for index in declared_table(table_of(Tag)).state.indexes.values()] == [
        "slug_uniq (unique on slug)"
    ]
    assert table_of(Maker)._meta.indexes[0].key == "name_uniq"
