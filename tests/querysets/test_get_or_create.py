"""The row that is there, or a new one, under races."""

from __future__ import annotations

import asyncio

import pytest
from django.core.exceptions import ValidationError
from django.db.models import F

from django_appwrite_orm.exceptions import UniqueViolation
from django_appwrite_orm.transport.retry import Attempt
from tests.support.interleaving import in_threads
from tests.support.library.tables import Book

pytestmark = pytest.mark.usefixtures("library")


class TestObtaining:
    def test_get_or_create(self) -> None:
        book, created = Book.objects.get_or_create(title="Dune", defaults={"price": 9, "pages": lambda: 412})
        assert (created, book.price, book.pages) == (True, 9, 412)
        again, created = Book.objects.get_or_create(title__exact="Dune", defaults={"price": 1})
        assert (created, again, again.price) == (False, book, 9)
        with pytest.raises(ValidationError, match="price"):
            Book.objects.get_or_create(title="Emma")
        # The price is looked up too; the title is what is taken.
        with pytest.raises(UniqueViolation):
            Book.objects.get_or_create(title="Dune", price=1)

    def test_of_many_at_once_one_creates(self) -> None:
        found = in_threads(8, lambda n: Book.objects.get_or_create(title="Dune", defaults={"price": n}))
        assert sum(created for _, created in found) == 1
        assert len({book.pk for book, _ in found}) == 1
        assert Book.objects.count() == 1

    def test_update_or_create(self) -> None:
        book, created = Book.objects.update_or_create(title="Dune", defaults={"price": 9})
        assert (created, book.price) == (True, 9)
        again, created = Book.objects.update_or_create(title="Dune", defaults={"price": 3})
        assert (created, again.pk, Book.objects.get(pk=book.pk).price) == (False, book.pk, 3)
        other, created = Book.objects.update_or_create(
            title="Emma", defaults={"price": 1}, create_defaults={"price": 2, "pages": 1}
        )
        assert (created, other.price, other.pages) == (True, 2, 1)
        found = in_threads(8, lambda n: Book.objects.update_or_create(title="Howl", defaults={"price": n}))
        assert sum(created for _, created in found) == 1
        assert Book.objects.filter(title="Howl").count() == 1

    def test_update_or_create_of_a_row_that_goes_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        Book.objects.create(title="Dune", price=9)
        perform = Attempt.perform

        def delete_first(step):
            if step.request.method == "PATCH":
                monkeypatch.setattr(Attempt, "perform", perform)
                Book.objects.all().delete()
            return perform(step)

        monkeypatch.setattr(Attempt, "perform", delete_first)
        book, created = Book.objects.update_or_create(title="Dune", defaults={"price": 3})
        assert (created, book.price, Book.objects.count()) == (True, 3, 1)


def test_of_many_tasks_at_once_one_creates() -> None:
    async def all_of_them(call) -> list:
        return await asyncio.gather(*(call(n) for n in range(12)))

    found = asyncio.run(all_of_them(lambda n: Book.objects.aget_or_create(title="Dune", defaults={"price": n})))
    assert sum(created for _, created in found) == 1
    found = asyncio.run(all_of_them(lambda n: Book.objects.aupdate_or_create(title="Emma", defaults={"price": n})))
    assert sum(created for _, created in found) == 1
    assert len({book.pk for book, _ in found}) == 1
    # None of them is lost: each counts, whether it created the row or changed it.
    counting = {"defaults": {"pages": F("pages") + 1}, "create_defaults": {"price": 1, "pages": 1}}
    asyncio.run(all_of_them(lambda n: Book.objects.aupdate_or_create(title="Howl", **counting)))
    assert [(book.title, book.pages) for book in Book.objects.all()][2:] == [("Howl", 12)]
    assert Book.objects.count() == 3


def test_asynchronous_twins() -> None:
    async def life() -> None:
        book, created = await Book.objects.aget_or_create(title="Dune", defaults={"price": 9})
        assert created
        assert (await Book.objects.aupdate_or_create(title="Dune", defaults={"price": 3}))[0].price == 3
        book.pages = 5
        assert await Book.objects.abulk_update([book], ["pages"]) == 1
        await book.arefresh_from_db()
        book.pages = F("pages") + 1
        await book.asave(if_unchanged=True)
        assert book.pages == 6

    asyncio.run(life())
