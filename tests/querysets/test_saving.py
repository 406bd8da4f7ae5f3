"""A save writes what it should, and only over what nobody else has changed."""

from __future__ import annotations

import pytest
from django.core.exceptions import FieldError

from django_appwrite_orm.exceptions import AppwriteError, Conflict, UniqueViolation
from tests.support.costs import counted
from tests.support.interleaving import at_the_commit, in_threads
from tests.support.library.tables import Book

pytestmark = pytest.mark.usefixtures("library")


class TestSave:
    def test_update_fields_writes_these_columns_only(self) -> None:
        book = Book.objects.create(title="Dune", price=9, pages=1)
        book.price, book.pages = 3, 2
        book.save(update_fields=["price"])
        fresh = Book.objects.get(pk=book.pk)
        assert (fresh.price, fresh.pages, book.pages) == (3, 1, 2)
        book.save()
        assert Book.objects.get(pk=book.pk).pages == 2
        with pytest.raises(FieldError, match="no column 'prize'"):
            book.save(update_fields=["prize"])
        for options in ({"update_fields": ["price"]}, {"if_unchanged": True}):
            with pytest.raises(ValueError, match="so it cannot be updated"):
                Book(title="x", price=1).save(**options)

    def test_a_save_with_a_taken_value_is_a_unique_violation(self) -> None:
        Book.objects.create(title="Dune", price=9)
        emma = Book.objects.create(title="Emma", price=4)
        emma.title = "Dune"
        with pytest.raises(
            UniqueViolation, match="Another Book has title='Dune' already \\(unique index 'title_unique'\\)"
        ):
            emma.save()

    def test_save_if_unchanged_refuses_a_changed_row(self) -> None:
        book = Book.objects.create(title="Dune", price=9)
        mine, theirs = Book.objects.get(pk=book.pk), Book.objects.get(pk=book.pk)
        mine.price = 1
        with counted() as costs:
            mine.save(if_unchanged=True)
        assert len(costs.requests) == 5
        theirs.price = 2
        with pytest.raises(Conflict, match="was changed since it was read"):
            theirs.save(if_unchanged=True)
        assert Book.objects.get(pk=book.pk).price == 1
        mine.price = 4
        mine.save(if_unchanged=True)
        assert Book.objects.get(pk=book.pk).price == 4
        book.delete()
        mine.price = 5
        with pytest.raises(AppwriteError):
            mine.save(if_unchanged=True)

    def test_a_change_between_the_read_and_the_commit_is_a_conflict(self, monkeypatch: pytest.MonkeyPatch) -> None:
        book = Book.objects.create(title="Dune", price=9)
        at_the_commit(monkeypatch, before=lambda: Book.objects.update(price=7))
        book.price = 1
        with pytest.raises(Conflict, match="changed in the meantime"):
            book.save(if_unchanged=True)
        assert Book.objects.get(pk=book.pk).price == 7

    def test_of_concurrent_saves_if_unchanged_one_succeeds(self) -> None:
        book = Book.objects.create(title="Dune", price=9)
        copies = [Book.objects.uncached().get(pk=book.pk) for _ in range(6)]

        def save(n: int) -> bool:
            copies[n].price = n
            try:
                copies[n].save(if_unchanged=True)
            except Conflict:
                return False
            return True

        assert sum(in_threads(6, save)) == 1
