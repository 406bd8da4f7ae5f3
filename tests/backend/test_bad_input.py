"""Values that no row can hold: refused by each way to write with an error that names the field, found by no filter."""

from __future__ import annotations

import datetime
import math
import re
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import DataError, IntegrityError, NotSupportedError, connection, migrations, models, transaction
from django.db.models import F
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower

from tests.support.costs import counted

from .shop.models import Batch, Counter, Maker, Note, Parcel, Product, Tag, Ticket

pytestmark = pytest.mark.usefixtures("shop")

OPERATOR = '{"method": "increment", "attribute": "stock", "values": [1]}'
QUERY = '{"method":"isNotNull","attribute":"$id"}'
NUL, SURROGATE = "a\0b", "a\ud800b"
EAST = datetime.timezone(datetime.timedelta(hours=14))


def nested(depth: int) -> Any:
    value: Any = None
    for _ in range(depth):
        value = [value]
    return value


# Model, field, value. What else a row of the model needs is in `REQUIRED`.
REFUSED: list[tuple[type[models.Model], str, Any]] = [
    (Product, "name", NUL),
    (Product, "name", SURROGATE),
    (Product, "name", "x" * 101),
    (Product, "description", NUL),
    (Product, "description", SURROGATE),
    (Product, "stock", 2**63),
    (Product, "stock", -(2**63) - 1),
    (Product, "stock", 10**30),
    (Product, "stock", math.inf),
    (Product, "stock", math.nan),
    (Product, "stock", "abc"),
    (Product, "stock", ""),
    (Product, "stock", [1]),
    (Product, "price", Decimal("1e9")),
    (Product, "price", Decimal("-1e999")),
    (Product, "price", Decimal("inf")),
    (Product, "price", Decimal("snan")),
    (Product, "price", math.nan),
    (Product, "price", "abc"),
    (Product, "price", b"1"),
    (Product, "weight", math.inf),
    (Product, "weight", math.nan),
    (Product, "weight", 10**400),
    (Product, "weight", "1e999"),
    (Product, "weight", "abc"),
    (Product, "is_sold", "abc"),
    (Product, "is_sold", 2),
    (Product, "made_on", "0000-01-01"),
    (Product, "made_on", "2024-02-30"),
    (Product, "made_on", "10000-01-01"),
    (Product, "sold_at", "2024-01-01\0"),
    (Product, "sold_at", datetime.datetime(1, 1, 1, tzinfo=EAST)),  # before year 1 in UTC
    (Product, "opens_at", "25:00"),
    (Product, "lasts", datetime.timedelta.max),
    (Product, "lasts", "abc"),
    (Product, "lasts", 5),
    (Product, "code", "../x"),
    (Product, "code", b"x"),
    (Product, "code", -5),
    (Product, "code", 2**200),
    (Product, "data", nested(100_000)),
    (Product, "data", math.nan),
    (Product, "data", {"a": [-math.inf]}),
    (Product, "data", {1, 2}),
    (Product, "data", b"x"),
    (Product, "data", 10**5000),
    (Product, "picture", "text"),
    (Product, "picture", 10**12),  # the size of a bytes object, to Python
    (Product, "address", "1.2.3.4\0"),
    (Product, "address", "../1"),
    (Product, "address", "::g"),
    (Product, "maker_id", -1),
    (Product, "maker_id", 2**63),
    (Product, "maker_id", "../x"),
    (Product, "maker_id", math.inf),
    (Batch, "id", "../x"),
    (Batch, "id", NUL),
    (Batch, "tag_id", NUL),
    (Batch, "tag_id", SURROGATE),
    (Batch, "tag_id", "x" * 60),
    (Tag, "slug", NUL),
    (Tag, "slug", SURROGATE),
    (Tag, "slug", "x" * 60),
    *((Note, "id", id) for id in ("../x", "a/b", "%2e%2e", "?", "#", "..", "_a", "0", "", "x" * 37, NUL, SURROGATE)),
    (Counter, "number", 2**63),
    (Counter, "number", "../x"),
    (Counter, "number", math.inf),
    *((Ticket, "id", number) for number in (-5, 2**63, "../x", math.inf, "")),
    (Parcel, "words", "abc"),
    (Parcel, "words", {"a": 1}),
    (Parcel, "words", [NUL]),
    (Parcel, "words", [SURROGATE]),
    (Parcel, "words", ["x" * 41]),
    (Parcel, "words", [None]),
    (Parcel, "numbers", [2**63]),
    (Parcel, "numbers", [math.inf]),
    (Parcel, "sizes", [math.nan]),
    (Parcel, "moments", ["abc"]),
]
REQUIRED: dict[type[models.Model], dict[str, Any]] = {
    Product: {"name": "a"}, Batch: {"product_id": 1}, Note: {"text": "a"}
}  # fmt: skip


def row(model: type[models.Model], **values: Any) -> Any:
    return model(**{**REQUIRED.get(model, {}), **values})


def writes(model: type[models.Model], field: str, value: Any) -> Iterator[tuple[str, Callable[[], object]]]:
    """Each way to write a value, by its name; the rows that are needed for it are there before."""
    yield "save", lambda: row(model, **{field: value}).save(force_insert=True)
    yield "bulk_create", lambda: model._default_manager.bulk_create([row(model), row(model, **{field: value})])
    if model._meta.get_field(field).primary_key:
        return
    stored = model._default_manager.get()
    setattr(stored, field, value)
    yield "save of a row", stored.save
    yield "update", lambda: model._default_manager.update(**{field: value})
    yield "bulk_update", lambda: model._default_manager.bulk_update([stored], [field])


def name_of(case: tuple[type[models.Model], str, Any]) -> str:
    value = repr(case[2]) if case[1] != "data" else type(case[2]).__name__
    return f"{case[0].__name__}.{case[1]}={value[:30]}".encode("ascii", "backslashreplace").decode()


@pytest.mark.parametrize(("model", "field", "value"), REFUSED, ids=map(name_of, REFUSED))
def test_no_way_to_write_takes_the_value_and_each_names_the_field(
    model: type[models.Model], field: str, value: Any
) -> None:
    row(model, **({"number": 1} if model is Counter else {})).save()
    before = list(model._default_manager.values())
    for write_name, write in writes(model, field, value):
        for block in (False, True):
            with counted() as costs, pytest.raises((DataError, ValidationError, IntegrityError)) as error:
                (transaction.atomic(write) if block else write)()
            name = model._meta.get_field(field).name
            assert f"shop.{model.__name__}.{name}" in str(error.value), (write_name, block)
            assert [request for request in costs.requests if not request.startswith("GET")] == [], (write_name, block)
    assert list(model._default_manager.values()) == before


# Not NUL in a text: Django leaves that to form fields, and to the database.
CLEANED: list[tuple[type[models.Model], str, Any]] = [
    (Product, "name", "x" * 101),
    (Product, "name", ""),
    (Product, "stock", 2**63),
    (Product, "stock", "abc"),
    (Product, "price", Decimal("1e9")),
    (Product, "price", Decimal("snan")),
    (Product, "weight", "abc"),
    (Product, "made_on", "2024-02-30"),
    (Product, "opens_at", "25:00"),
    (Product, "lasts", "abc"),
    (Product, "code", "../x"),
    (Product, "data", {1, 2}),
    (Product, "address", "1.2.3.4\0"),
    (Product, "maker_id", 2**63),
    (Tag, "slug", "../x"),
    (Tag, "slug", NUL),
    *((Note, "id", id) for id in ("../x", "a/b", "%2e%2e", "?", "#", "..", "_a", "0", "x" * 37, NUL, SURROGATE)),
    (Counter, "number", 2**63),
    (Ticket, "id", "../x"),
    (Parcel, "words", ["x" * 41]),
    (Parcel, "words", [None]),
    (Parcel, "words", {"a": 1}),
    (Parcel, "numbers", [2**63]),
]


@pytest.mark.parametrize(("model", "field", "value"), CLEANED, ids=map(name_of, CLEANED))
def test_full_clean_names_the_field(model: type[models.Model], field: str, value: Any) -> None:
    field = model._meta.get_field(field).name
    others = [other.name for other in model._meta.fields if other.name != field]
    made = model(**{model._meta.get_field(field).attname: value})
    with pytest.raises(ValidationError) as error:
        made.full_clean(exclude=others)
    assert list(error.value.message_dict) == [field]


# Filters

FOUND_BY_NONE: list[tuple[type[models.Model], str, Any]] = [
    (Product, "name", NUL),
    (Product, "name", QUERY),
    (Product, "name", OPERATOR),
    (Product, "name", "x" * 5000),
    (Product, "stock", 2**63),
    (Product, "stock", -(2**63) - 1),
    (Product, "weight", math.inf),
    (Product, "price", Decimal("1e9")),
    (Product, "sold_at", datetime.datetime(1, 1, 1, tzinfo=EAST)),
    (Product, "lasts", datetime.timedelta.max),
    (Product, "code", uuid.UUID(int=5)),
    (Product, "maker_id", 2**63),
    (Product, "maker_id", -1),
    (Batch, "tag_id", "../x"),
    (Batch, "tag_id", NUL),
    *((Tag, "slug", text) for text in ("../x", "a/b", "%2e%2e", "?", "#", "..", "", NUL, "x" * 5000, OPERATOR)),
    *((Note, "id", text) for text in ("../x", "a/b", "%2e%2e", "?", "#", "..", "", NUL, "x" * 5000, QUERY, "0")),
    (Counter, "number", -(2**63) - 1),
    (Ticket, "id", -5),
    (Ticket, "id", 2**63),
]


@pytest.mark.parametrize(("model", "field", "value"), FOUND_BY_NONE, ids=map(name_of, FOUND_BY_NONE))
def test_a_value_that_no_row_has_is_found_by_no_filter(model: type[models.Model], field: str, value: Any) -> None:
    row(model, **({"number": 1} if model is Counter else {"slug": "a"} if model is Tag else {})).save()
    rows = model._default_manager.all()
    assert list(rows.filter(**{field: value})) == []
    assert list(rows.filter(**{f"{field}__in": [value, value]})) == []
    assert rows.filter(**{field: value}).count() == 0
    assert not rows.filter(**{field: value}).exists()
    assert rows.filter(**{field: value}).update(**{field: None} if field == "price" else {}) == 0
    if model._meta.get_field(field).null is False:
        assert rows.exclude(**{field: value}).count() == 1
    with pytest.raises(model.DoesNotExist):
        rows.get(**{field: value})


def test_half_a_surrogate_pair_in_a_filter_finds_nothing_or_is_a_data_error_that_names_the_field() -> None:
    Product.objects.create(name="a")
    assert not Product.objects.filter(name=SURROGATE).exists()
    assert not Product.objects.filter(name__startswith=SURROGATE).exists()
    for query in (Product.objects.filter(name__gt=SURROGATE), Product.objects.filter(name=SURROGATE).distinct()):
        with pytest.raises(DataError, match=r"shop\.Product\.name: A text has half a surrogate pair"):
            list(query)


def test_a_query_in_memory_refuses_what_sqlite_does_not_hold_by_the_name_of_the_field() -> None:
    far = datetime.datetime(1, 1, 1, tzinfo=EAST)
    for field, value in {"lasts": datetime.timedelta.max, "sold_at": far, "maker": 2**63}.items():
        with pytest.raises(DataError, match=rf"shop\.Product\.{field}: "):
            list(Product.objects.filter(**{field: value}).distinct())
    with pytest.raises(DataError, match=r"shop\.Product\.data: .*not JSON serializable"):
        list(Product.objects.filter(data={1}))
    for condition in ({"lasts": "abc"}, {"lasts": 5}, {"lasts__in": ["1"]}, {"lasts__range": ("1", "2")}):
        for query in (Product.objects.filter(**condition), Product.objects.filter(**condition).distinct()):
            with pytest.raises(DataError, match=r"shop\.Product\.lasts: "):
                list(query)
    with pytest.raises(DataError, match=r"shop\.Product\.lasts: "):
        list(Maker.objects.filter(product__lasts="abc"))


@pytest.mark.parametrize("pattern", ["(", "*a", "[b-a]"])
def test_a_pattern_that_is_not_a_regular_expression_is_a_data_error(pattern: str) -> None:
    Maker.objects.create(name=pattern)
    Product.objects.create(name="a", maker=Maker.objects.get())
    message = rf"shop\.Product\.{{}}: '{re.escape(pattern)}' is not a regular expression: .* at position"
    for query in (
        Product.objects.filter(name__regex=pattern),
        Product.objects.filter(name__iregex=pattern, stock=1),
        Maker.objects.filter(product__name__regex=pattern),
        Product.objects.none().union(Product.objects.filter(name__regex=pattern)),
    ):
        with pytest.raises(DataError, match=message.format("name")):
            list(query)
    with pytest.raises(DataError, match=message.format("data")):
        list(Product.objects.filter(data__a__regex=pattern))
    with pytest.raises(DataError, match=f"'{re.escape(pattern)}' is not a regular expression: "):  # of a column
        list(Product.objects.filter(name__regex=F("maker__name")))


@pytest.mark.parametrize("lookup", ["exact", "contains", "istartswith", "endswith", "regex", "gt", "in"])
def test_a_text_longer_than_a_query_is_found_by_no_filter(lookup: str) -> None:
    Product.objects.create(name="a", description="b")
    text = "x" * 200_000
    for name in ("name", "description"):
        rows = Product.objects.filter(**{f"{name}__{lookup}": [text] if lookup == "in" else text})
        assert list(rows) == list(rows.distinct()) == []


def test_ten_thousand_values_in_a_filter_find_their_rows() -> None:
    products = Product.objects.bulk_create(Product(name=f"p{number}", stock=number) for number in range(300))
    ids = [*range(9_700), *(product.pk for product in products)]
    assert Product.objects.filter(pk__in=ids).count() == 300
    assert len(Product.objects.filter(pk__in=ids)) == 300
    assert Product.objects.filter(stock__in=range(10_000)).count() == 300
    assert Product.objects.exclude(pk__in=ids).count() == 0
    assert Product.objects.filter(pk__in=ids).update(description="many") == 300
    assert len(Product.objects.in_bulk(ids)) == 300
    assert Product.objects.filter(name__in=[f"p{number}" for number in range(10_000)]).delete()[0] == 300


# Texts that look like something else


@pytest.mark.parametrize("text", [QUERY, '{"a": 1}', "' OR 1=1 --", "%2e%2e", "../x", "$id", "a\\%_", "\u202e", " "])
def test_text_is_text_everywhere(text: str) -> None:
    product = Product.objects.create(name=text, description=text, data={"text": text})
    Product.objects.create(name="other", data={"text": "other"})
    for query in (
        Product.objects.filter(name=text),
        Product.objects.filter(name__in=[text, "x"]),
        Product.objects.filter(name__startswith=text),
        Product.objects.filter(description__contains=text),
        Product.objects.filter(name=text).distinct(),
        Product.objects.filter(data__text=text),
        Product.objects.alias(low=Lower("name")).filter(low=text.lower()),
    ):
        assert [row.pk for row in query] == [product.pk]
    product.refresh_from_db()
    assert (product.name, product.description, product.data) == (text, text, {"text": text})
    assert Product.objects.filter(name=text).update(description="b") == 1
    tag = Tag.objects.create(slug=text)
    assert Tag.objects.get(pk=text) == tag
    assert Tag.objects.filter(pk__in=[text]).delete()[0] == 1


def test_keys_of_other_case_are_other_keys() -> None:
    Tag.objects.create(slug="New")
    Note.objects.create(id="One", text="a")
    assert not Tag.objects.filter(pk="new").exists()
    assert not Note.objects.filter(pk="one").exists()
    assert Tag.objects.filter(pk="new").delete()[0] == 0
    with pytest.raises(Tag.DoesNotExist):
        Tag.objects.get(pk="NEW")
    with pytest.raises(IntegrityError, match="slug='New'"):  # the values of a unique index are compared without case
        Tag.objects.create(slug="new")
    product = Product.objects.create(name="a", data={"Key": 1, "key": 2})
    assert Product.objects.get(pk=product.pk).data == {"Key": 1, "key": 2}
    assert Product.objects.filter(data__Key=1).exists()
    assert not Product.objects.filter(data__KEY=1).exists()


def test_sums_beyond_what_appwrite_adds_exactly_are_data_errors() -> None:
    first, second = Product.objects.bulk_create([Product(name="a", stock=2**53), Product(name="b", stock=1)])
    for update in (
        lambda: Product.objects.filter(pk=first.pk).update(stock=F("stock") + 1),
        lambda: Product.objects.update(stock=F("stock") + 1),
        lambda: Product.objects.filter(pk=first.pk).update(stock=F("stock") * 2**40),
    ):
        with pytest.raises(DataError, match="stock"):
            update()
        with pytest.raises(DataError, match="stock"), transaction.atomic():
            update()
    assert dict(Product.objects.values_list("name", "stock")) == {"a": 2**53, "b": 1}
    assert second.pk


def test_a_change_of_many_rows_that_a_unique_index_refuses_is_an_integrity_error() -> None:
    maker = Maker.objects.create(name="Ada")
    Product.objects.bulk_create([Product(name="a", maker=maker), Product(name="b", maker=maker)])
    with pytest.raises(IntegrityError, match="maker_name"):
        Product.objects.filter(maker=maker).update(name="c")
    assert sorted(Product.objects.values_list("name", flat=True)) == ["a", "b"]


# SQL


@pytest.mark.parametrize(
    "sql",
    [
        lambda: connection.cursor().execute("SELECT 1"),
        lambda: connection.cursor().executemany("INSERT INTO shop_note VALUES (?)", [["a"]]),
        lambda: connection.cursor().callproc("procedure"),
        lambda: list(Note.objects.raw("SELECT * FROM shop_note")),
        lambda: Note.objects.raw("SELECT * FROM shop_note")[0],
        lambda: migrations.RunSQL("SELECT 1").database_forwards("shop", connection.schema_editor(), None, None),
    ],
)
def test_sql_is_refused_with_what_to_write_instead(sql: Callable[[], object]) -> None:
    with pytest.raises(NotSupportedError, match=r"use the ORM|RunPython"):
        sql()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["dbshell"], "no SQL shell. Use its console, or manage.py shell"),
        (["createcachetable", "cache_table"], "use Redis, memcached or files for the cache"),
    ],
)
def test_commands_for_sql_are_refused_with_what_to_use_instead(command: list[str], message: str) -> None:
    with pytest.raises((NotSupportedError, CommandError), match=message):
        call_command(*command)


def test_commands_that_empty_tables_or_print_sql(capsys: pytest.CaptureFixture[str]) -> None:
    Note.objects.create(id="one", text="a")
    call_command("sqlflush")
    assert "delete shop_note" in capsys.readouterr().out
    call_command("sqlsequencereset", "shop")
    assert capsys.readouterr().out.strip() == ""
    assert Note.objects.count() == 1


def test_fragments_of_sql_are_run_by_sqlite_in_memory() -> None:
    Product.objects.bulk_create([Product(name="a", stock=1), Product(name="b", stock=5)])
    assert [p.name for p in Product.objects.extra(where=["stock > %s"], params=[2])] == ["b"]
    doubled = Product.objects.annotate(double=RawSQL("stock * %s", [2])).order_by("double")
    assert [p.double for p in doubled] == [2, 10]


def test_locks_are_accepted_and_lock_nothing() -> None:
    Product.objects.create(name="a")
    for options in ({}, {"nowait": True}, {"skip_locked": True}, {"no_key": True}):
        with transaction.atomic():
            assert Product.objects.select_for_update(**options).get().name == "a"
