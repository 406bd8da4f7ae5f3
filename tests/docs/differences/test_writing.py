"""Differences between writing rows of a `Table` and instances of a model."""

# ruff: noqa: PT012 -- what is tested is a block

from __future__ import annotations

import contextvars
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django import db
from django.core.exceptions import ValidationError
from django.db.models import Case, F, Value, When, signals

from django_appwrite_orm import Apply, Operator, atomic
from django_appwrite_orm.exceptions import Conflict, NotSupportedError, TransactionError, UniqueViolation
from django_appwrite_orm.signals import post_create
from tests.support.books import titles
from tests.support.costs import counted
from tests.support.library.tables import Book
from tests.support.toys import Maker, Toy

from .shelves import Lender, Loan

books = pytest.mark.usefixtures("books")
toys = pytest.mark.usefixtures("toys")
shelves = pytest.mark.usefixtures("shelves")


@books
def test_validation() -> None:
    with counted() as costs, pytest.raises(ValidationError, match="At least 0"):
        Book.objects.create(title="New", price=-1)
    assert costs.requests == []
    assert Book.objects.create(title="New", price=1).is_saved


@books
def test_saved_columns() -> None:
    book, other = Book.objects.get(pk="dune"), Book.objects.uncached().get(pk="dune")
    other.pages = 1
    other.save()
    book.price = 2
    book.save()
    assert (Book.objects.get(pk="dune").pages, Book.objects.get(pk="dune").price) == (1, 2)
    with counted() as costs:
        book.save()
    assert costs.requests == []
    Book.objects.filter(pk="dune").update(pages=412)
    assert Book.objects.get(pk="dune").pages == 412


@books
def test_force_insert() -> None:
    with pytest.raises(TypeError):
        Book(title="New", price=1).save(force_insert=True)
    with pytest.raises(db.IntegrityError):
        Book.objects.create(id="dune", title="New", price=1)


@books
def test_ids() -> None:
    book = Book.objects.create(id="new-book", title="New", price=1)
    with pytest.raises(ValidationError, match="cannot be changed"):
        book.id = "other"
        book.save()
    copy = Book.objects.create(id="other", title="Copy", price=book.price)
    assert copy.price == 1


@books
def test_expressions_of_other_columns() -> None:
    with pytest.raises(ValidationError, match="cannot compute"):
        Book.objects.update(pages=F("price") * 2)
    rows = list(Book.objects.filter(genre="novel"))
    for book in rows:
        book.pages = int(book.price * 2)
    Book.objects.bulk_update(rows, ["pages"])
    assert Book.objects.get(pk="dune").pages == 19


@books
def test_conditional_values() -> None:
    with pytest.raises(ValidationError, match="cannot compute"):
        Book.objects.update(pages=Case(When(genre="novel", then=Value(1)), default=Value(2)))
    Book.objects.update(pages=2)
    Book.objects.filter(genre="novel").update(pages=1)
    assert sorted(Book.objects.values_list("pages", flat=True)) == [1, 1, 2, 2, 2, 2]


@books
def test_state_of_rows() -> None:
    book = Book(title="New", price=1)
    with pytest.raises(AttributeError):
        book._state  # type: ignore[attr-defined]  # noqa: B018 - reading it is the test
    assert not book.is_saved
    book.save()
    assert book.is_saved


@books
def test_nulls_in_expressions() -> None:
    Book.objects.filter(pk="howl").update(pages=F("pages") + 1)
    assert Book.objects.get(pk="howl").pages == 1
    Book.objects.filter(pk="howl").update(pages=None)
    Book.objects.filter(pk="howl", pages__isnull=False).update(pages=F("pages") + 1)
    assert Book.objects.get(pk="howl").pages is None


@books
def test_operators_in_text() -> None:
    text = '{"method": "increment", "values": [1]}'
    book = Book.objects.create(title=text, price=1, pages=1)
    assert book.title == text
    with pytest.raises(ValidationError, match="operator"):
        Book.objects.filter(pk=book.pk).update(title=text)
    Book.objects.filter(pk=book.pk).update(pages=Apply(Operator.increment(1)))
    assert Book.objects.get(pk=book.pk).pages == 2


@toys
def test_deleting_what_references_lead_to() -> None:
    Maker.objects.get(pk="ada").delete()
    assert Toy.objects.filter(maker_id="ada").count() == 2
    with pytest.raises(Maker.DoesNotExist):
        Toy.objects.get(pk="ball").maker  # noqa: B018 - following it is the test
    Toy.objects.filter(maker_id="ada").delete()
    assert Toy.objects.count() == 2


@toys
def test_references_to_nothing() -> None:
    assert Toy.objects.create(name="new", maker_id="nobody").is_saved
    assert Maker.objects.filter(pk="nobody").exists() is False


@books
def test_signals() -> None:
    heard: list[str] = []

    def of_django(sender: Any, **arguments: Any) -> None:
        heard.append("django")

    def ours(sender: Any, row: Any, **arguments: Any) -> None:
        heard.append(row.title)

    signals.post_save.connect(of_django)
    post_create.connect(ours, sender=Book)
    try:
        Book.objects.create(title="New", price=1)
    finally:
        signals.post_save.disconnect(of_django)
        post_create.disconnect(ours, sender=Book)
    assert heard == ["New"]


@books
def test_bulk_create() -> None:
    rows = [Book(title=f"n{number}", price=1) for number in range(100)]
    with pytest.raises(UniqueViolation):
        Book.objects.bulk_create([*rows, Book(title="Dune", price=1)])
    assert Book.objects.count() == 106
    with pytest.raises(db.IntegrityError), atomic():
        Book.objects.bulk_create([Book(title="a", price=1)])
        Book.objects.bulk_create([Book(title="Dune", price=1)])
    assert not Book.objects.filter(title="a").exists()


@shelves
def test_bulk_changes_of_linked_tables() -> None:
    ada = Lender.objects.get(pk="ada")
    with counted() as costs:
        Loan.objects.bulk_create([Loan(lender=ada), Loan(lender=ada)])
    assert len(costs.requests) == 2
    with atomic():
        Loan.objects.create(lender=ada)
        Loan.objects.create(lender=ada)
    assert ada.loans.count() == 5


@books
def test_block_size() -> None:
    with pytest.raises(NotSupportedError, match="101 operations"), atomic():
        for number in range(101):
            Book.objects.create(title=f"n{number}", price=1)
    assert Book.objects.count() == 6
    with atomic():
        Book.objects.bulk_create([Book(title=f"n{number}", price=1) for number in range(100)])
        Book.objects.filter(pk="dune").update(price=1)
    assert Book.objects.count() == 106


@books
def test_lists_in_blocks() -> None:
    with atomic():
        Book.objects.filter(pk="dune").update(price=1)
        with pytest.raises(NotSupportedError):
            list(Book.objects.all())
        assert Book.objects.get(pk="dune").price == 1
    with atomic():
        found = titles(Book.objects.filter(genre="novel").order_by("title"))
        Book.objects.filter(genre="novel").update(price=2)
    assert found == ["Dune", "Emma"]


@books
def test_savepoints() -> None:
    with pytest.raises(TransactionError, match="a nested block failed"), atomic():
        Book.objects.create(title="outer", price=1)
        try:
            with atomic():
                Book.objects.create(title="inner", price=1)
                raise ValueError
        except ValueError:
            pass
    assert not Book.objects.filter(title="outer").exists()
    with atomic():
        Book.objects.create(title="outer", price=1)
    with pytest.raises(ValueError, match="second"), atomic():
        Book.objects.create(title="inner", price=1)
        raise ValueError("second")
    assert titles(Book.objects.filter(title__in=["inner", "outer"])) == ["outer"]


@books
def test_unique_values_in_blocks() -> None:
    block = atomic()
    with pytest.raises(Conflict), block:
        created = Book.objects.create(title="Dune", price=1)
        assert created.pk
    assert not Book.objects.filter(title="Dune", price=1).exists()
    with pytest.raises(UniqueViolation):
        Book.objects.create(title="Dune", price=1)


@books
def test_threads() -> None:
    def create(title: str) -> None:
        Book.objects.create(title=title, price=1)

    with pytest.raises(ValueError, match="back"), ThreadPoolExecutor(1) as pool, atomic():
        pool.submit(create, "outside").result()
        pool.submit(contextvars.copy_context().run, create, "inside").result()
        raise ValueError("back")
    assert titles(Book.objects.filter(title__in=["inside", "outside"])) == ["outside"]


@books
def test_after_the_commit() -> None:
    heard: list[bool] = []

    def created(sender: Any, row: Any, **arguments: Any) -> None:
        heard.append(Book.objects.filter(title="New").exists())

    post_create.connect(created, sender=Book)
    try:
        with atomic():
            Book.objects.create(title="New", price=1)
            assert heard == []
    finally:
        post_create.disconnect(created, sender=Book)
    assert heard == [True]


@books
def test_deleted_counts() -> None:
    from django_appwrite_orm.exceptions import NotFound

    book = Book.objects.get(pk="dune")
    Book.objects.filter(pk="dune").delete()
    with pytest.raises(NotFound):
        book.delete()
    assert Book.objects.filter(pk="dune").delete()[0] == 0
