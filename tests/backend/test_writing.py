"""New, changed and deleted rows of models."""

from __future__ import annotations

import decimal
from typing import Any

import django
import pytest
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    connection,
    transaction,
)
from django.db.models import Case, F, JSONField, Value, When
from django.db.models.functions import Coalesce, Upper

from django_appwrite_orm.backend.compile import auto_increment
from django_appwrite_orm.backend.model_table import table_of
from django_appwrite_orm.connection import connections
from django_appwrite_orm.plans import DeleteRow, TableRef, UpdateRow
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.transactions import Transaction
from tests.support.costs import counted

from .shop.models import Batch, Counter, Maker, Note, Product, Special, Tag, Ticket

pytestmark = pytest.mark.usefixtures("shop")


def test_costs_of_writes() -> None:
    with counted() as costs:
        product = Product.objects.create(name="x")
    assert [request.split()[0] for request in costs.requests] == ["POST"]
    product.stock = 7
    with counted() as costs:
        product.save()
    assert [request.split()[0] for request in costs.requests] == ["PATCH"]
    with counted() as costs:
        Product.objects.bulk_create([Product(name=str(n)) for n in range(250)])
    # Django before 6.1 opens a block: then they are one bulk operation each of a transaction.
    assert len(costs.requests) == 3
    with counted() as costs:
        assert Product.objects.filter(stock=0).update(stock=1) == 250
    assert [request.split()[0] for request in costs.requests] == ["PATCH"]
    with counted() as costs:
        assert Counter.objects.filter(number__gt=5).delete()[0] == 0
    assert [request.split()[0] for request in costs.requests] == ["GET"]
    Counter.objects.create(number=6)
    with counted() as costs:
        assert Counter.objects.filter(number__gt=5).delete()[0] == 1
    assert [request.split()[0] for request in costs.requests] == ["GET", "DELETE"]


def test_numbers_are_given_to_new_rows_and_can_be_chosen() -> None:
    first = Product.objects.create(name="a")
    assert first.pk < Product.objects.create(name="b").pk < 2**53
    assert Product.objects.create(pk=5, name="c").pk == 5
    assert Product.objects.get(pk=5).name == "c"
    made = Product.objects.bulk_create([Product(name=str(n)) for n in range(3)])
    assert len({product.pk for product in made}) == 3
    with pytest.raises(DataError, match="from 0 to 9223372036854775807"):
        Product.objects.create(pk=-1, name="negative")


def test_an_automatic_number_counts_in_blocks_and_passes_over_taken_ones() -> None:
    with counted() as costs:
        assert [Ticket.objects.create().pk for _ in range(3)] == [1, 2, 3]
    requests = [request for request in costs.requests if auto_increment.COUNTERS in request]
    assert len(requests) == 2  # looked for, and made
    Ticket.objects.create(pk=4)
    assert Ticket.objects.create().pk == 5
    auto_increment.counters.clear()  # as in another process
    assert Ticket.objects.create().pk > 5


def test_a_taken_id_and_a_taken_value_are_integrity_errors() -> None:
    product = Product.objects.create(name="a")
    with pytest.raises(IntegrityError, match="A Product with the id"):
        Product.objects.create(pk=product.pk, name="b")
    Maker.objects.create(name="Ada")
    with pytest.raises(IntegrityError, match="name='Ada'"):
        Maker.objects.create(name="Ada")
    with pytest.raises(IntegrityError, match="Ada"):
        Maker.objects.create(name="ada")  # the server compares without case
    other = Maker.objects.create(name="Bob")
    other.name = "Ada"
    with pytest.raises(IntegrityError, match="Ada"):
        other.save()
    with pytest.raises(IntegrityError, match="Ada"):
        Maker.objects.filter(pk=other.pk).update(name="Ada")


def test_a_value_that_is_missing_is_an_integrity_error_before_any_request() -> None:
    with counted() as costs, pytest.raises(IntegrityError, match=r"NOT NULL constraint failed: shop_product\.name"):
        Product.objects.create(name=None)
    assert costs.requests == []
    product = Product.objects.create(name="a")
    with pytest.raises(IntegrityError, match=r"shop_product\.stock"):
        Product.objects.filter(pk=product.pk).update(stock=None)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "x" * 101}, "name"),
        ({"name": "nul\0"}, "name"),
        ({"name": "x", "price": decimal.Decimal("1e9")}, "price"),
        ({"name": "x", "stock": 2**63}, "stock"),
        ({"name": "x", "weight": float("inf")}, "weight"),
    ],
)
def test_a_value_that_cannot_be_held_is_a_data_error_that_names_the_field(values: dict[str, Any], field: str) -> None:
    with pytest.raises(DataError, match=rf"shop\.Product\.{field}"):
        Product.objects.create(**values)


def test_text_in_the_form_of_an_operator_is_stored_by_a_create_and_refused_by_an_update() -> None:
    text = '{"method": "toggle"}'
    product = Product.objects.create(name=text)
    assert Product.objects.get(pk=product.pk).name == text
    with pytest.raises(DataError, match=r"shop\.Product\.name"):
        product.save()
    with pytest.raises(DataError, match=r"shop\.Product\.description"):
        Product.objects.update(description=text)


def test_updates_say_how_many_rows_they_changed() -> None:
    product = Product.objects.create(name="a")
    Product.objects.bulk_create([Product(name=str(n)) for n in range(3)])
    assert Product.objects.filter(pk=product.pk).update(stock=1) == 1
    assert Product.objects.filter(pk=1).update(stock=1) == 0
    assert Product.objects.update(stock=5) == 4
    assert Product.objects.filter(stock=6).update(stock=1) == 0
    assert Product.objects.none().update(stock=1) == 0
    assert Product.objects.update(stock=F("stock") + 0) == 4
    assert Product.objects.filter(pk=1).update(stock=F("stock") + 0) == 0
    assert Product.objects.filter(pk=1).update(id=1) == 0
    assert Product.objects.filter(pk=product.pk).update(id=product.pk) == 1
    with pytest.raises(DatabaseError, match="did not affect any rows"):
        Product(pk=1, name="x").save(force_update=True)


def test_a_row_that_is_gone_keeps_no_number_from_being_added_to_the_others() -> None:
    products = Product.objects.bulk_create([Product(name=str(n)) for n in range(60)])
    assert len(Product.objects.order_by().values_list("pk")) == len(products)  # what the update reads, from the cache
    appwrite = connections["default"]
    gone = DeleteRow(TableRef(appwrite.settings.database_id, "shop_product"), f"{products[7].pk:019d}")
    run_sync(appwrite.send(gone.request))
    assert Product.objects.update(stock=F("stock") + 1, description="new") == 59
    assert Product.objects.filter(stock=1, description="new").count() == 59


def test_a_number_is_increased_by_the_server() -> None:
    product = Product.objects.create(name="a", stock=2)
    with counted() as costs:
        Product.objects.filter(pk=product.pk).update(stock=F("stock") - 5)
    assert [request.rpartition("/")[2] for request in costs.requests] == ["decrement"]
    product.refresh_from_db()
    assert product.stock == -3
    product.stock = F("stock") + 10
    product.save()
    assert Product.objects.get(pk=product.pk).stock == 7


def test_the_primary_key_of_a_row_cannot_be_changed() -> None:
    product = Product.objects.create(name="a")
    with pytest.raises(NotSupportedError, match=r"shop\.Product\.id: a primary key is the id of the row"):
        Product.objects.filter(name="a").update(id=product.pk + 1)


def test_deletion_takes_what_leads_to_the_row_along() -> None:
    maker = Maker.objects.create(name="Ada")
    product = Product.objects.create(name="a", maker=maker)
    Special.objects.create(name="s", maker=maker)
    Batch.objects.create(product=product)
    total, by_model = maker.delete()
    assert by_model == {"shop.Maker": 1, "shop.Product": 2, "shop.Special": 1, "shop.Batch": 1}
    assert total == 5
    assert not Product.objects.exists()
    assert Product.objects.filter(pk=product.pk).delete() == (0, {})


def test_many_to_many_rows_are_added_and_removed() -> None:
    product = Product.objects.create(name="a")
    red, blue = Tag.objects.create(slug="Red"), Tag.objects.create(slug="blue")
    product.tags.through.objects.bulk_create([
        product.tags.through(product=product, tag=red), product.tags.through(product=product, tag=blue),
    ])  # fmt: skip
    assert set(product.tags.through.objects.values_list("tag_id", flat=True)) == {"Red", "blue"}
    with pytest.raises(IntegrityError):
        product.tags.through.objects.create(product=product, tag=red)


def test_sql_and_a_missing_table_say_what_to_do() -> None:
    with pytest.raises(NotSupportedError, match="Appwrite has no SQL: use the ORM"), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    with pytest.raises(NotSupportedError, match="Appwrite has no SQL"):
        list(Product.objects.raw("SELECT * FROM shop_product"))
    with connection.schema_editor() as editor:
        editor.delete_model(Note)
    with pytest.raises(ProgrammingError, match=r"\. Run manage\.py migrate, or"):
        list(Note.objects.all())
    with pytest.raises(ProgrammingError, match=r"\. Run manage\.py migrate, or"):
        Note.objects.create(text="x")


def test_a_server_that_does_not_answer_is_an_operational_error(settings: Any) -> None:
    settings.APPWRITE_ORM = {
        "default": {
            "ENDPOINT": "http://127.0.0.1:9/v1", "PROJECT_ID": "p", "API_KEY": "k", "DATABASE_ID": "d", "RETRIES": 0,
        }
    }  # fmt: skip
    with pytest.raises(OperationalError):
        list(Product.objects.all())


def test_a_child_is_changed_with_its_parent() -> None:
    special = Special.objects.create(name="s", discount=1)
    special.name, special.discount = "t", 2
    special.save()
    assert Special.objects.values_list("name", "discount").get(pk=special.pk) == ("t", 2)
    assert Counter.objects.create(number=3).pk == 3


def test_conflicts_are_ignored() -> None:
    Maker.objects.create(name="Ada", country="gb")
    with counted() as costs:
        Maker.objects.bulk_create(
            [Maker(name="ADA"), Maker(name="Bob"), Maker(name="bob"), Maker(name="Carl")], ignore_conflicts=True
        )
    assert [request.split()[0] for request in costs.requests if not request.startswith("GET")] == ["POST"]
    assert sorted(Maker.objects.values_list("name", flat=True)) == ["Ada", "Bob", "Carl"]
    Note.objects.create(id="one", text="x")
    Note.objects.bulk_create([Note(id="one", text="y"), Note(id="two", text="z")], ignore_conflicts=True)
    assert dict(Note.objects.values_list("pk", "text")) == {"one": "x", "two": "z"}


def test_conflicts_change_the_row_that_is_there() -> None:
    ada = Maker.objects.create(name="Ada", country="gb")
    made = Maker.objects.bulk_create(
        [Maker(name="ada", country="fr"), Maker(name="Bob", country="de"), Maker(name="Bob", country="at")],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["country"],
    )
    assert made[0].pk == ada.pk
    assert dict(Maker.objects.values_list("name", "country")) == {"Ada": "fr", "Bob": "at"}
    with transaction.atomic():
        Maker.objects.bulk_create(
            [Maker(name="Ada", country="it"), Maker(name="Carl", country="pl")],
            update_conflicts=True,
            unique_fields=["name"],
            update_fields=["country"],
        )
    assert dict(Maker.objects.values_list("name", "country")) == {"Ada": "it", "Bob": "at", "Carl": "pl"}
    with pytest.raises(ProgrammingError, match="unique_fields must be those of a unique index"):
        Maker.objects.bulk_create(
            [Maker(name="x")], update_conflicts=True, unique_fields=["country"], update_fields=["name"]
        )


def test_expressions_are_written_row_by_row_and_again_when_a_row_was_changed_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = Product.objects.bulk_create([Product(name="a", stock=2), Product(name="b", stock=3)])
    assert Product.objects.update(stock=F("stock") * 10) == 2
    assert sorted(Product.objects.values_list("stock", flat=True)) == [20, 30]
    ref = connection.ref(table_of(Product)._meta)
    stage_all = Transaction.stage_all
    others = iter([5, 7])

    def staged_while_another_writes(self: Transaction, changed: Any, plans: Any) -> Any:
        yield from stage_all(self, changed, plans)
        if (stock := next(others, None)) is not None:
            yield from connection.appwrite.write([ref], UpdateRow(ref, f"{first.pk:019d}", {"stock": stock}).request)

    monkeypatch.setattr(Transaction, "stage_all", staged_while_another_writes)
    assert Product.objects.filter(pk__in=[first.pk, second.pk]).update(stock=F("stock") * 2) == 2
    assert dict(Product.objects.values_list("name", "stock")) == {"a": 14, "b": 60}


GUARDED: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "a column that is changed": ({"stock": 3}, {"stock": 4}, {"stock": 4}),
    "another column": ({"is_sold": False}, {"description": "x"}, {"is_sold": True}),
    "a column of a related row": ({"maker__country": "at"}, {"stock": 4}, {"maker": None}),
    "a condition that Appwrite does not know": ({"name__regex": "^a"}, {"stock": 4}, {"name": "b"}),
    "no value": ({"price__isnull": True}, {"stock": 4}, {"price": 5}),
    "F() and a column of a related row": ({"maker__country": "at"}, {"stock": F("stock") + 1}, {"maker": None}),
}


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize(("guard", "change", "other"), GUARDED.values(), ids=GUARDED)
def test_one_of_two_writers_changes_a_row_that_both_have_conditions_on(
    guard: dict[str, Any],
    change: dict[str, Any],
    other: dict[str, Any],
    is_first: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Appwrite checks the conditions of a change and writes after that: it would report a row to both."""
    maker = Maker.objects.create(name="Ada", country="at")
    product = Product.objects.create(name="a", stock=3, maker=maker)
    send, counts = Transaction.stage_all, list[int]()

    def staged_while_another_writes(self: Transaction, changed: Any, plans: Any) -> Any:
        monkeypatch.undo()
        if is_first:  # the other writer is done before
            counts.append(Product.objects.filter(pk=product.pk).update(**other))
        yield from send(self, changed, plans)
        if not is_first:
            counts.append(Product.objects.filter(pk=product.pk).update(**other))

    monkeypatch.setattr(Transaction, "stage_all", staged_while_another_writes)
    counts.append(Product.objects.filter(pk=product.pk, **guard).update(**change))
    assert counts == [1, 0]
    product.refresh_from_db()
    assert all(getattr(product, name) == value for name, value in other.items())
    assert Product.objects.filter(pk__in=[product.pk], **guard).update(**change) == 0
    Product.objects.filter(pk=product.pk).update(name="a", stock=3, maker=maker, is_sold=False, price=None)
    assert Product.objects.filter(pk=product.pk, **guard).update(**change) == 1


def test_a_change_under_conditions_to_a_taken_value_is_an_integrity_error() -> None:
    ada, bob = Maker.objects.bulk_create([Maker(name="Ada", country="at"), Maker(name="Bob", country="at")])
    for row in (Maker.objects.filter(pk=bob.pk, country="at"), Maker.objects.filter(name="Bob")):
        with pytest.raises(IntegrityError, match=r"name='(Ada|ADA)'"):
            row.update(name="ADA")
    assert Maker.objects.filter(pk=ada.pk, country="at").update(name="ADA") == 1
    with pytest.raises(DataError, match=r"shop\.Maker\.country"):
        Maker.objects.filter(pk=bob.pk, name="Bob").update(country="too long")
    with pytest.raises(IntegrityError, match="country"):
        Maker.objects.filter(pk=bob.pk, name="Bob").update(country=None)


def test_one_of_two_writers_gives_a_row_that_both_name_by_a_unique_value_another_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Maker.objects.create(name="Ada")
    send, counts = Transaction.stage_all, list[int]()

    def staged_after_another(self: Transaction, changed: Any, plans: Any) -> Any:
        monkeypatch.undo()
        counts.append(Maker.objects.filter(name="Ada").update(name="Bob"))
        yield from send(self, changed, plans)

    monkeypatch.setattr(Transaction, "stage_all", staged_after_another)
    counts.append(Maker.objects.filter(name="Ada").update(name="Carl"))
    assert (counts, Maker.objects.get().name) == ([1, 0], "Bob")


def test_a_save_with_a_version_in_its_condition_finds_that_the_row_has_another_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Apps for optimistic locking override `_do_update()` so."""
    do_update = Product._do_update

    def of_the_version(self: Any, base_qs: Any, using: Any, pk_val: Any, values: Any, *others: Any) -> Any:
        values = [(field, model, self.stock + 1 if field.name == "stock" else value) for field, model, value in values]
        return do_update(self, base_qs.filter(stock=self.stock), using, pk_val, values, *others)

    monkeypatch.setattr(Product, "_do_update", of_the_version)
    pk = Product.objects.create(name="a", stock=1).pk
    first, second = Product.objects.get(pk=pk), Product.objects.get(pk=pk)
    first.name, second.name = "first", "second"
    first.save(force_update=True)
    with pytest.raises(DatabaseError, match="did not affect any rows"):
        second.save(force_update=True)
    product = Product.objects.get(pk=pk)
    assert (product.name, product.stock) == ("first", 2)


def test_an_expression_without_columns_can_be_the_value_of_a_new_row() -> None:
    product = Product.objects.create(name=Upper(Value("abc")), stock=Value(2) + Value(3))
    product.refresh_from_db()
    assert (product.name, product.stock) == ("ABC", 5)


def test_bulk_update_writes_each_row_its_own_values_in_one_transaction() -> None:
    products = Product.objects.bulk_create([Product(name=str(n)) for n in range(5)])
    for number, product in enumerate(products):
        product.stock, product.description = number, f"number {number}"
    with counted() as costs:
        assert Product.objects.bulk_update(products, ["stock", "description"]) == 5
    assert [request.split()[0] for request in costs.requests] == ["GET", "POST", "POST", "PATCH"]
    assert sorted(Product.objects.values_list("name", "stock", "description"))[3] == ("3", 3, "number 3")
    products[0].delete()
    assert Product.objects.bulk_update([Product(pk=products[1].pk, stock=50), Product(pk=5, stock=1)], ["stock"]) == 1
    assert Product.objects.get(pk=products[1].pk).stock == 50


NULL = Value(None, JSONField())


@pytest.mark.skipif(django.VERSION < (6, 1), reason="JSONNull is new in Django 6.1")
def test_null_in_json_is_stored_by_a_bulk_update_as_by_others() -> None:
    json_null = django.db.models.JSONNull()  # type: ignore[attr-defined]
    rows = Product.objects.bulk_create([Product(name=str(n), data={"n": n}) for n in range(4)])
    rows[0].data, rows[1].data, rows[2].data = json_null, None, [json_null][:0]
    assert Product.objects.bulk_update(rows, ["data"]) == 4
    Product.objects.filter(pk=rows[3].pk).update(data=json_null)
    assert [row.name for row in Product.objects.filter(data=NULL).order_by("name")] == ["0", "3"]
    assert [row.name for row in Product.objects.filter(data__isnull=True)] == ["1"]


def test_null_in_json_that_is_worked_out_is_not_null_in_sql() -> None:
    rows = Product.objects.bulk_create(
        [
            Product(name="a", data={"is": None}),
            Product(name="b", data={"other": 1}),
            Product(name="c", data={"is": "x"}),
            Product(name="d", data=NULL),
        ]
    )
    a, b, c, d = (Product.objects.filter(pk=row.pk) for row in rows)
    assert a.update(data=Case(When(name="a", then=F("data__is")), default=NULL)) == 1
    assert b.update(data=F("data__is")) == 1
    assert c.update(data=F("data__is"), stock=F("stock") * 2 + 1) == 1
    assert d.update(data=Coalesce("data", Value({}, JSONField()))) == 1
    assert [row.name for row in Product.objects.filter(data=NULL).order_by("name")] == ["a", "d"]
    assert [row.name for row in Product.objects.filter(data__isnull=True)] == ["b"]
    assert c.values_list("data", "stock").get() == ("x", 1)


def test_a_sum_that_would_lose_digits_is_a_data_error() -> None:
    product = Product.objects.create(name="a", stock=2**53 - 1)
    Product.objects.filter(pk=product.pk).update(stock=F("stock") + 1)
    with pytest.raises(DataError, match="stock"):
        Product.objects.filter(pk=product.pk).update(stock=F("stock") + 1)
    assert Product.objects.get(pk=product.pk).stock == 2**53
    with pytest.raises(DataError, match="stock"), transaction.atomic():
        Product.objects.filter(pk=product.pk).update(stock=F("stock") + 1)
