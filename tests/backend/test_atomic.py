"""`transaction.atomic()` of models."""

# ruff: noqa: PT012 -- what is tested is a block

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, transaction
from django.db import NotSupportedError as Unsupported
from django.db import connections as databases
from django.db.models import F

from django_appwrite_orm import atomic
from django_appwrite_orm.backend.atomic import transaction as staging
from django_appwrite_orm.backend.base import BackendOptions
from django_appwrite_orm.backend.model_table import table_of
from django_appwrite_orm.connection import connections
from django_appwrite_orm.exceptions import NotSupportedError, Unavailable
from django_appwrite_orm.plans import DeleteRow, TableRef, UpdateRow
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.transport.retry import Attempt, TransportError
from tests.support.costs import counted
from tests.support.interruptions import FAILURES, failing
from tests.support.library.tables import Book
from tests.support.tables import prepare

from .shop.models import Batch, Maker, Note, Product, Special, Tag, Ticket

pytestmark = pytest.mark.usefixtures("shop")


class Stop(Exception):
    pass


def sent(costs: Any) -> list[str]:
    """The requests that change something, by their method and the last part of their path."""
    return [f"{one.split()[0]} {one.rpartition('/')[2]}" for one in costs.requests if not one.startswith("GET")]


def test_nothing_is_sent_before_the_end_and_nothing_is_written_when_it_fails() -> None:
    product = Product.objects.create(name="a")
    with counted() as costs, pytest.raises(Stop), transaction.atomic():
        Product.objects.create(name="b")
        Product.objects.filter(pk=product.pk).update(name="c")
        Maker.objects.create(name="Ada")
        product.delete()
        raise Stop
    assert sent(costs) == []
    assert list(Product.objects.values_list("name", flat=True)) == ["a"]
    assert not Maker.objects.exists()


def test_no_change_takes_no_request_one_takes_one_and_more_take_three() -> None:
    with counted() as costs, transaction.atomic():
        assert not Product.objects.filter(stock=3).exists()
    assert sent(costs) == []
    with counted() as costs, transaction.atomic():
        product = Product.objects.create(name="a")
    assert sent(costs) == ["POST rows"]
    with counted() as costs, transaction.atomic():
        Product.objects.filter(pk=product.pk).update(stock=1)
        Note.objects.create(text="n")
        Ticket.objects.create()
    assert [one for one in sent(costs) if "counters" not in one][-3:-1] == ["POST transactions", "POST operations"]
    assert sent(costs)[-1].startswith("PATCH ")
    assert (Product.objects.get().stock, Note.objects.count(), Ticket.objects.count()) == (1, 1, 1)


def test_rows_of_bulk_changes_are_one_operation() -> None:
    with counted() as costs, transaction.atomic():
        Product.objects.bulk_create([Product(name=str(n)) for n in range(250)])
        Note.objects.create(text="n")
    assert len(sent(costs)) == 3
    assert Product.objects.count() == 250
    with counted() as costs, transaction.atomic():
        assert Product.objects.filter(stock=0).update(stock=5) == 250
        assert Note.objects.all().delete()[0] == 1
    assert len(sent(costs)) == 3
    assert Product.objects.filter(stock=5).count() == 250
    with transaction.atomic():
        Product.objects.filter(stock=5).delete()
    assert not Product.objects.exists()


def test_changes_of_one_row_come_to_one() -> None:
    with counted() as costs, transaction.atomic():
        product = Product.objects.create(name="a")
        product.stock = 4
        product.save()
        gone = Product.objects.create(name="gone")
        gone.delete()
    assert sent(costs) == ["POST rows"]
    assert [(p.name, p.stock) for p in Product.objects.all()] == [("a", 4)]


def test_a_block_reads_its_own_changes_by_the_key() -> None:
    product = Product.objects.create(name="a", stock=1)
    with transaction.atomic():
        Product.objects.filter(pk=product.pk).update(stock=F("stock") + 5)
        assert Product.objects.get(pk=product.pk).stock == 6
        new = Product.objects.create(name="new")
        assert Product.objects.get(pk=new.pk).name == "new"
        assert Product.objects.filter(pk=new.pk).exists()
        new.delete()
        assert not Product.objects.filter(pk=new.pk).exists()
        with pytest.raises(Product.DoesNotExist):
            Product.objects.get(pk=new.pk)
    assert Product.objects.get(pk=product.pk).stock == 6


def test_savepoints_drop_what_came_after_them() -> None:
    with transaction.atomic():
        Product.objects.create(name="a")
        with pytest.raises(Stop), transaction.atomic():
            Product.objects.create(name="b")
            raise Stop
        with transaction.atomic():
            Product.objects.create(name="c")
            transaction.set_rollback(True)
        with transaction.atomic():
            Product.objects.create(name="d")
    assert sorted(Product.objects.values_list("name", flat=True)) == ["a", "d"]


def test_a_taken_value_or_id_is_found_at_the_statement() -> None:
    Maker.objects.create(name="Ada")
    Note.objects.create(id="one", text="x")
    with transaction.atomic():
        with pytest.raises(IntegrityError, match="name='ada'"), transaction.atomic():
            Maker.objects.create(name="ada")
        with pytest.raises(IntegrityError, match="with the id 'one'"), transaction.atomic():
            Note.objects.create(id="one", text="y")
        bob = Maker.objects.create(name="Bob")
        with pytest.raises(IntegrityError, match="Bób"), transaction.atomic():
            Maker.objects.create(name="Bób")
        bob.name = "Carl"
        bob.save()
        Maker.objects.create(name="Bob")
        with pytest.raises(IntegrityError), transaction.atomic():
            Maker.objects.bulk_create([Maker(name="Dora"), Maker(name="dora")])
    assert sorted(Maker.objects.values_list("name", flat=True)) == ["Ada", "Bob", "Carl"]


def test_a_value_can_be_freed_and_taken_in_one_block() -> None:
    ada = Maker.objects.create(name="Ada")
    with transaction.atomic():
        ada.name = "Bob"
        ada.save()
        Maker.objects.create(name="Ada")
    with transaction.atomic():
        ada.delete()
        Maker.objects.create(name="Bob")
    assert sorted(Maker.objects.values_list("name", flat=True)) == ["Ada", "Bob"]


def test_a_row_that_others_change_or_delete_meanwhile_is_an_operational_error_and_nothing_is_written() -> None:
    product, other = Product.objects.create(name="a"), Product.objects.create(name="b")
    appwrite = connections["default"]
    table = TableRef(appwrite.settings.database_id, "shop_product")
    row_id = f"{product.pk:019d}"
    with pytest.raises(OperationalError, match="try it again"), transaction.atomic():
        Product.objects.filter(pk=product.pk).update(stock=1)
        Product.objects.filter(pk=other.pk).update(stock=2)
        run_sync(appwrite.send(DeleteRow(table, row_id).request))
    assert Product.objects.get(pk=other.pk).stock == 0
    with pytest.raises(OperationalError, match="try it again"), transaction.atomic():
        Maker.objects.create(name="Ada")
        Product.objects.filter(pk=other.pk).update(stock=2)
        create = {"rowId": "x", "data": {"name": "ADA", "country": ""}}
        run_sync(appwrite.send(_post(TableRef(table.database, "shop_maker"), create)))
    assert Product.objects.get(pk=other.pk).stock == 0


def _post(table: TableRef, body: Any) -> Any:
    from django_appwrite_orm.plans import Request

    return Request("POST", table.rows, body=body)


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_a_server_that_fails_at_any_request_of_the_commit_writes_nothing_or_all(
    failing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django_appwrite_orm.connection.connection import Connection

    product = Product.objects.create(name="a")
    send = Connection.send
    count = iter(range(100))

    def broken(self: Connection, request: Any) -> Any:
        if not request.is_read and "transactions" in request.path and next(count) == failing:
            raise Unavailable("cut off")
        return send(self, request)

    monkeypatch.setattr(Connection, "send", broken)
    with pytest.raises(OperationalError), transaction.atomic():
        Product.objects.filter(pk=product.pk).update(stock=1)
        Note.objects.create(text="n")
    monkeypatch.undo()
    assert Product.objects.get(pk=product.pk).stock == 0
    assert not Note.objects.exists()
    Product.objects.filter(pk=product.pk).update(stock=3)
    assert Product.objects.get(pk=product.pk).stock == 3


def test_what_runs_on_commit_sees_what_was_written() -> None:
    seen = []
    with transaction.atomic():
        Product.objects.create(name="a")
        transaction.on_commit(lambda: seen.append(Product.objects.count()))
        assert seen == []
    assert seen == [1]


def test_deletion_in_a_block_takes_what_leads_to_the_row_along() -> None:
    maker = Maker.objects.create(name="Ada")
    product = Product.objects.create(name="a", maker=maker)
    Special.objects.create(name="s", maker=maker)
    Batch.objects.create(product=product)
    with counted() as costs:
        assert maker.delete()[0] == 5
    assert len(sent(costs)) == 3
    assert not Product.objects.exists()
    assert not Batch.objects.exists()


def test_tables_and_models_share_a_block() -> None:
    prepare(Book)
    with pytest.raises(Stop), transaction.atomic():
        Product.objects.create(name="a")
        book = Book.objects.create(title="Dune", pages=1, price=1.0)
        assert Book.objects.get(pk=book.pk).title == "Dune"
        with pytest.raises(NotSupportedError, match="changed in this atomic"):
            Book.objects.count()
        raise Stop
    assert (Book.objects.count(), Product.objects.count()) == (0, 0)
    with counted() as costs, transaction.atomic():
        Product.objects.create(name="a")
        Book.objects.create(title="Dune", pages=1, price=1.0)
    assert len(sent(costs)) == 3
    assert (Book.objects.count(), Product.objects.count()) == (1, 1)


def test_changes_of_models_belong_to_a_block_of_this_package_or_are_refused() -> None:
    product = Product.objects.create(name="a", stock=1)
    others = Product.objects.bulk_create(Product(name=str(number), stock=number) for number in range(5))
    row = Product.objects.filter(pk=product.pk)
    with pytest.raises(Stop), atomic():
        assert row.update(stock=F("stock") + 1, description="new") == 1
        Product.objects.bulk_update([Product(pk=other.pk, stock=9) for other in others], ["stock"])
        raise Stop
    for change in ({"stock": F("stock") * 2}, {"stock": 2}):
        with pytest.raises(Unsupported, match=r"shop\.Product: update.* Use django\.db\.transaction\.atomic"), atomic():
            row.filter(stock=1).update(**change)
    assert sorted(Product.objects.values_list("stock", flat=True)) == [0, 1, 1, 2, 3, 4]
    with transaction.atomic(), atomic():
        assert row.filter(stock=1).update(stock=7) == 1
    assert row.get().stock == 7


def test_a_broken_block_refuses_further_statements() -> None:
    Maker.objects.create(name="Ada")
    with transaction.atomic():
        with pytest.raises(IntegrityError):
            Maker.objects.create(name="Ada")
        with pytest.raises(transaction.TransactionManagementError):
            Maker.objects.count()
    assert Maker.objects.count() == 1


def test_off_makes_each_change_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    wrapper = databases["default"]
    monkeypatch.setitem(vars(wrapper), "options", BackendOptions(atomic="off"))
    with pytest.raises(Stop):
        create_and_stop()
    assert Product.objects.count() == 1


@transaction.atomic
def create_and_stop() -> None:
    Product.objects.create(name="a")
    raise Stop


def test_rows_are_updated_by_expressions_without_lost_updates(monkeypatch: pytest.MonkeyPatch) -> None:
    products = Product.objects.bulk_create([Product(name=str(n), stock=n) for n in range(3)])
    with counted() as costs:
        assert Product.objects.filter(stock__gt=0).update(stock=F("stock") + 10) == 2
    assert len(sent(costs)) == 3
    assert sorted(Product.objects.values_list("stock", flat=True)) == [0, 11, 12]
    tag = Tag.objects.create(slug="x")
    assert tag.pk == "x"
    assert isinstance(UpdateRow, type)
    assert len(products) == 3


@pytest.mark.parametrize("others", [0, 1])
def test_values_computed_from_a_row_that_others_change_meanwhile_are_not_written(others: int) -> None:
    product = Product.objects.create(name="a", stock=1)
    appwrite = connections["default"]
    table = TableRef(appwrite.settings.database_id, "shop_product")
    with pytest.raises(OperationalError, match=r"changed in the meantime.*try it again"), transaction.atomic():
        Note.objects.bulk_create([Note(text="n") for _ in range(others)])
        Product.objects.filter(pk=product.pk).update(stock=F("stock") * 2)
        run_sync(appwrite.write([table], UpdateRow(table, f"{product.pk:019d}", {"stock": 5}).request))
    assert (Product.objects.get(pk=product.pk).stock, Note.objects.count()) == (5, 0)
    with transaction.atomic():
        with pytest.raises(Stop), transaction.atomic():
            Product.objects.filter(pk=product.pk).update(stock=F("stock") * 7)
            raise Stop
        Product.objects.create(name="b", stock=3)
        run_sync(appwrite.write([table], UpdateRow(table, f"{product.pk:019d}", {"stock": 6}).request))
    with transaction.atomic():
        Product.objects.update(stock=F("stock") * 2)
        Product.objects.filter(stock__gt=0).update(stock=F("stock") * 3)
    assert sorted(Product.objects.values_list("stock", flat=True)) == [18, 36]


def test_a_block_that_changes_a_row_under_conditions_is_refused_when_others_change_it_meanwhile() -> None:
    product = Product.objects.create(name="a", stock=3)
    ref = databases["default"].ref(table_of(Product)._meta)  # type: ignore[attr-defined]
    others = UpdateRow(ref, f"{product.pk:019d}", {"stock": 8})
    same = Product.objects.filter(pk=product.pk, stock=3)
    with pytest.raises(OperationalError, match="changed in the meantime"), transaction.atomic():
        assert same.update(stock=4) == 1
        assert same.update(stock=5) == 0  # the block sees its own change
        run_sync(connections["default"].write([ref], others.request))
    assert Product.objects.get().stock == 8
    with transaction.atomic():
        assert Product.objects.filter(pk=product.pk, stock=8).update(stock=9) == 1
    assert Product.objects.get().stock == 9


def test_a_create_whose_first_copy_was_applied_is_a_success_of_its_block(monkeypatch: pytest.MonkeyPatch) -> None:
    perform, lost = Attempt.perform, []

    def performed(self: Attempt) -> Any:
        reply = perform(self)
        if self.request.method == "POST" and not lost:
            lost.append(self.request)
            raise TransportError("reset", sent=True)
        return reply

    monkeypatch.setattr(Attempt, "perform", performed)
    with transaction.atomic():
        Note.objects.create(id="one", text="x")
    assert len(lost) == 1
    assert Note.objects.get().text == "x"


@pytest.mark.parametrize("applied", [False, True])
def test_an_error_says_whether_the_outcome_is_known(applied: bool) -> None:
    product = Product.objects.create(name="a")
    unknown = "It is unknown whether the change was written"
    for at, said in ((1, "Nothing of this atomic"), (2, "Nothing of this atomic"), (3, unknown)):
        Product.objects.update(stock=0, name="a")
        with failing(at, FAILURES["connection lost"], applied=applied), pytest.raises(OperationalError, match=said):
            add_to_stock_and_note(product)
        is_written = applied and at == 3
        assert Product.objects.get().stock == is_written
        assert Note.objects.count() == is_written
    with failing(1, FAILURES["connection lost"], applied=applied), pytest.raises(OperationalError, match=unknown):
        Product.objects.filter(pk=product.pk).update(name="b")


@transaction.atomic
def add_to_stock_and_note(product: Product) -> None:
    Product.objects.filter(pk=product.pk).update(stock=F("stock") + 1)
    Note.objects.create(text="n")


def delete_all() -> object:
    return Note.objects.all().delete()


def update_all() -> object:
    return Note.objects.update(text="new")


def save_each() -> None:
    for note in Note.objects.all():
        note.text += "!"
        note.save()


MANY = {
    "delete": (delete_all, 401, 3),
    "delete in a block": (transaction.atomic(delete_all), 401, 3),
    "update in a block": (transaction.atomic(update_all), 401, 3),
    "save in a block": (transaction.atomic(save_each), 5, 5),
}


@pytest.mark.parametrize(("change", "rows", "operations"), MANY.values(), ids=MANY)
def test_more_operations_than_a_transaction_holds_are_refused_and_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[], object], rows: int, operations: int
) -> None:
    Note.objects.bulk_create(Note(text=f"{number}") for number in range(rows))
    before = list(Note.objects.order_by("pk").values())
    monkeypatch.setattr(staging, "OPERATIONS_LIMIT", 2)
    message = rf"{rows} rows of shop_note by {operations} operations.* all or none\. Nothing .* in parts.* \"off\""
    with counted() as costs, pytest.raises(NotSupportedError, match=message):
        change()
    assert [request for request in costs.requests if not request.startswith("GET")] == []
    assert list(Note.objects.order_by("pk").values()) == before


def test_parts_of_many_rows_and_updates_without_a_block_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    Note.objects.bulk_create(Note(text=f"{number}") for number in range(401))
    monkeypatch.setattr(staging, "OPERATIONS_LIMIT", 2)
    assert update_all() == 401
    while pks := list(Note.objects.values_list("pk", flat=True)[:300]):
        Note.objects.filter(pk__in=pks).delete()
    assert Note.objects.count() == 0


def test_rows_that_get_values_of_their_own_take_an_operation_each_in_a_block_alone() -> None:
    Product.objects.bulk_create(Product(name=str(number), stock=number) for number in range(101))
    message = (
        r"101 rows of shop_product by 101 operations.* a value of its own.* Outside of a block update\(\) takes any"
    )
    with pytest.raises(NotSupportedError, match=message), transaction.atomic():
        Product.objects.update(stock=F("stock") * 2)
    assert Product.objects.update(stock=F("stock") * 2) == 101
    products = list(Product.objects.all())
    assert {product.stock for product in products} == set(range(0, 202, 2))
    with pytest.raises(NotSupportedError, match=message):
        Product.objects.bulk_update(products, ["stock"])


@pytest.mark.slow
def test_a_hundred_operations_delete_eighteen_thousand_rows_and_no_more() -> None:
    for count in (9_001, 9_000):  # before 6.0 Django opens a block for each
        Ticket.objects.bulk_create(Ticket() for _ in range(count))
    with pytest.raises(NotSupportedError, match=r"18,001 rows of shop_ticket by 101 operations"):
        Ticket.objects.all().delete()
    assert Ticket.objects.count() == 18_001
    Ticket.objects.all()[0].delete()
    assert Ticket.objects.all().delete() == (18_000, {"shop.Ticket": 18_000})
