"""What is said of a refused write: which unique index, which value, which row, in exceptions that are Django's too."""

from __future__ import annotations

import pickle
import threading
from decimal import Decimal
from typing import Any

import pytest
from django import db
from django.core import exceptions as core
from django.db.transaction import TransactionManagementError

from django_appwrite_orm import Table, UniqueIndex, atomic, columns, exceptions
from django_appwrite_orm.exceptions import Conflict, DuplicateId, NotFound, UniqueViolation
from tests.support.costs import counted
from tests.support.library.tables import Book
from tests.support.tables import prepare

pytestmark = pytest.mark.usefixtures("library")


class Part(Table):
    number = columns.Integer(required=True)
    maker = columns.String(size=20)
    price = columns.Decimal(max_digits=6, decimal_places=2)
    label = columns.String(size=200)

    class Meta:
        name = "parts"
        indexes = [UniqueIndex("number", "maker"), UniqueIndex("price", key="one_price"), UniqueIndex("label")]


@pytest.fixture
def parts() -> None:
    prepare(Part)
    Part.objects.create(id="p1", number=1, maker="Acme", price=Decimal("9.50"), label="first")


@pytest.mark.parametrize(
    ("ours", "djangos"),
    [
        (exceptions.ConfigurationError, core.ImproperlyConfigured),
        (exceptions.NotSupportedError, db.NotSupportedError),
        (exceptions.IntegrityError, db.IntegrityError),
        (exceptions.UniqueViolation, db.IntegrityError),
        (exceptions.Unavailable, db.OperationalError),
        (exceptions.Timeout, db.OperationalError),
        (exceptions.TransactionError, TransactionManagementError),
        (exceptions.DeleteRestricted, db.IntegrityError),
        (exceptions.DeleteRestricted, exceptions.PermissionDenied),
        (exceptions.UserPermissionDenied, core.PermissionDenied),
        (exceptions.UserPermissionDenied, exceptions.PermissionDenied),
        (Book.DoesNotExist, core.ObjectDoesNotExist),
        (Book.MultipleObjectsReturned, core.MultipleObjectsReturned),
        (Book.RowGone, Book.DoesNotExist),
        (Book.RowGone, exceptions.NotFound),
    ],
)
def test_an_exception_of_ours_is_djangos_where_there_is_one(ours: type[Exception], djangos: type[Exception]) -> None:
    assert issubclass(ours, djangos)
    assert issubclass(ours, exceptions.AppwriteORMError)


def test_a_missing_scope_of_the_key_is_not_permission_denied() -> None:
    assert not issubclass(exceptions.PermissionDenied, core.PermissionDenied)


def test_errors_can_be_pickled() -> None:
    for error in (Book.RowGone("gone", status=404), Book.MultipleObjectsReturned("two"), UniqueViolation("taken")):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again)) == (type(error), str(error))


@pytest.mark.usefixtures("parts")
class TestUniqueViolation:
    def test_the_violated_index_of_several_is_named(self) -> None:
        with pytest.raises(db.IntegrityError) as caught:
            Part.objects.create(number=2, maker="Acme", price=Decimal("9.50"), label="other")
        error = caught.value
        assert isinstance(error, UniqueViolation)
        assert str(error) == "Another Part has price=Decimal('9.50') already (unique index 'one_price')."
        assert (error.index, error.values) == ("one_price", {"price": Decimal("9.50")})
        assert (error.status, error.type) == (409, "row_already_exists")
        assert isinstance(error.__cause__, exceptions.IntegrityError)
        assert error.request_id == error.__cause__.request_id is not None

    def test_an_index_of_two_columns(self) -> None:
        with pytest.raises(UniqueViolation, match=r"Another Part has number=1 with maker='Acme' already"):
            Part.objects.create(number=1, maker="Acme")

    def test_a_saved_row_needs_what_it_did_not_change(self) -> None:
        part = Part.objects.create(number=1, maker="Other")
        part.maker = "Acme"
        with pytest.raises(UniqueViolation, match=r"has number=1 with maker='Acme' already"):
            part.save()

    def test_a_taken_value_in_bulk_create(self) -> None:
        rows = [Part(number=n, label=f"{n}" * 90) for n in range(10, 60)]  # more text than one condition holds
        with pytest.raises(UniqueViolation, match=r"Another Part has label='first' already"):
            Part.objects.bulk_create([*rows, Part(number=3, label="first")])
        with pytest.raises(UniqueViolation, match=r"Two of these Part have label='same' already"):
            Part.objects.bulk_create([Part(number=3, label="same"), Part(number=4, label="same")])
        assert Part.objects.count() == 1

    def test_a_taken_value_in_an_update_of_a_queryset(self, safe_appwrite: None) -> None:
        Part.objects.create(number=2, label="second")
        with pytest.raises(UniqueViolation, match=r"Another Part has label='first' already"):
            Part.objects.filter(number=2).update(label="first")

    def test_a_taken_value_in_bulk_update(self) -> None:
        rows = Part.objects.bulk_create([Part(number=2), Part(number=3)])
        rows[0].label, rows[1].label = "second", "first"
        with pytest.raises(UniqueViolation, match=r"has label='first' already .* Nothing of this transaction was"):
            Part.objects.bulk_update(rows, ["label"])

    def test_a_taken_value_at_a_commit(self) -> None:
        def change() -> None:
            with atomic():
                part = Part.objects.create(number=1)
                part.maker = "Acme"
                part.save()

        with pytest.raises(UniqueViolation, match=r"has number=1 with maker='Acme' already"):
            change()
        with pytest.raises(DuplicateId, match=r"A Part with the id 'p1' already exists\. Nothing of this"), atomic():
            Part.objects.create(id="p1", number=5)
        assert Part.objects.count() == 1

    def test_a_commit_that_another_change_stands_against_is_a_conflict(self) -> None:
        part = Part.objects.get(pk="p1")
        part.label = "mine"

        def change() -> None:
            with atomic():
                part.save()
                outside = threading.Thread(target=Part.objects.filter(pk="p1").update, kwargs={"label": "theirs"})
                outside.start()
                outside.join()

        with pytest.raises(Conflict, match="Run the block again") as caught:
            change()
        assert not isinstance(caught.value, UniqueViolation)

    def test_all_unique_indexes_are_named_if_the_other_row_is_not_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The other row is gone, or cannot be read: all indexes are named."""
        monkeypatch.setattr("django_appwrite_orm.integrity._LOOKUPS", 0)
        with pytest.raises(UniqueViolation) as caught:
            Part.objects.create(number=1, maker="Acme")
        assert str(caught.value) == (
            "Another Part already has a value that must be unique. Unique indexes: 'number_maker_unique' (number with"
            " maker), 'one_price' (price), 'label_unique' (label)."
        )
        assert (caught.value.index, caught.value.values) == (None, None)

    def test_one_request_for_each_index_until_the_violated_one(self) -> None:
        with counted() as costs, pytest.raises(UniqueViolation):
            Part.objects.create(number=2, price=Decimal("9.50"))
        assert len(costs.requests) == 3  # the row, its id, the price; the other indexes have a null


class TestARowThatIsGone:
    @pytest.mark.parametrize("change", ["save", "delete"])
    def test_the_error_names_the_row_that_is_gone(self, change: str) -> None:
        book = Book.objects.create(id="dune", title="Dune", price=9)
        Book.objects.filter(pk="dune").delete()
        book.price = 10
        with pytest.raises(Book.DoesNotExist) as caught:
            getattr(book, change)()
        done = {"save": "changed", "delete": "deleted"}[change]
        assert str(caught.value) == f"The Book with the id 'dune' no longer exists, so it cannot be {done}."
        assert isinstance(caught.value, NotFound)
        assert (caught.value.status, caught.value.type) == (404, "row_not_found")

    def test_a_missing_table_is_not_reported_as_a_missing_row(self) -> None:
        class Missing(Table):
            class Meta:
                name = "missing"

        row: Any = Missing.from_appwrite({"$id": "x"}, "default")
        with pytest.raises(NotFound, match=r"or migrate_appwrite for a Table\.") as caught:
            row.delete()
        assert not isinstance(caught.value, Missing.DoesNotExist)
