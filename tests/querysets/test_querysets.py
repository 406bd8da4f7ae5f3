"""Django's door: lazy, and with Django's meaning in every word."""

from __future__ import annotations

import asyncio
import datetime

import pytest
from django.core.exceptions import FieldError, ObjectDoesNotExist, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404

from django_appwrite_orm import Table, columns
from django_appwrite_orm.exceptions import AppwriteError, IntegrityError, NotFound, NotSupportedError
from tests.support.books import titles
from tests.support.costs import counted
from tests.support.library.tables import Book, Reader


@pytest.mark.usefixtures("six_books")
class TestResults:
    def test_order_and_slices(self) -> None:
        rows = Book.objects.order_by("-price")
        assert titles(rows) == ["Cosmos", "Dune", "Brief", "Ariel", "Emma", "Howl"]
        assert titles(rows[1:3]) == ["Dune", "Brief"]
        assert titles(rows[1:5][1:2]) == ["Brief"]
        assert titles(rows[4:100]) == ["Emma", "Howl"]
        assert titles(rows[10:12]) == titles(rows[3:2]) == []
        assert rows[2].title == "Brief"
        assert titles(rows.reverse()) == titles(rows)[::-1]
        assert titles(Book.objects.order_by("genre", "-price")) == ["Brief", "Dune", "Emma", "Ariel", "Howl", "Cosmos"]
        assert titles(rows.order_by()) == titles(Book.objects.all())
        assert sorted(titles(Book.objects.order_by("?")[:6])) == sorted(titles(rows))
        with pytest.raises(NotSupportedError, match="slice"):
            list(Book.objects.order_by("?"))
        for bad in (-1, slice(-2, None), slice(None, -1), slice(None, None, 2)):
            with pytest.raises(ValueError, match="not supported"):
                rows[bad]
        for change in ("filter", "exclude", "order_by", "reverse", "update", "delete"):
            with pytest.raises(TypeError, match="slice"):
                getattr(Book.objects.all()[:2], change)()
        with pytest.raises(IndexError):
            rows[99]

    def test_get_first_and_last(self) -> None:
        assert Book.objects.get(pk="dune").title == Book.objects.get(title="Dune", pages=412).title == "Dune"
        assert Book.objects.first().title == "Dune"
        assert Book.objects.last().title == "Brief"
        assert Book.objects.order_by("price").first().title == "Howl"
        assert Book.objects.filter(price__gt=99).first() is None
        with pytest.raises(Book.DoesNotExist):
            Book.objects.get(pk="nobody")
        with pytest.raises(ObjectDoesNotExist):
            Book.objects.get(title="Nobody")
        with pytest.raises(Book.MultipleObjectsReturned):
            Book.objects.get(genre="novel")
        with pytest.raises(Http404):
            get_object_or_404(Book, pk="nobody")
        assert get_object_or_404(Book.objects.filter(genre="novel"), pk="dune").title == "Dune"
        assert not issubclass(Book.DoesNotExist, Reader.DoesNotExist)

    @pytest.mark.parametrize("row_id", ["../../x", "a b", "", "x" * 37, "_x", "é", None, "a/b?c#d", "a\nb"])
    def test_an_invalid_id_is_not_sent(self, row_id: object) -> None:
        with counted() as costs, pytest.raises(Book.DoesNotExist):
            Book.objects.get(pk=row_id)
        assert costs.requests == []

    def test_count_and_exists(self) -> None:
        assert Book.objects.count() == 6
        assert Book.objects.filter(genre="novel").count() == 2
        assert Book.objects.all()[1:4].count() == 3
        assert Book.objects.all()[4:40].count() == 2
        assert Book.objects.none().count() == 0
        assert Book.objects.filter(price=3).exists()
        assert not Book.objects.filter(price=2).exists()
        assert not Book.objects.none().exists()
        rows = Book.objects.all()
        assert len(rows) == 6
        with counted() as costs:
            assert (rows.count(), rows.exists(), bool(rows), rows[0].title, len(rows[:2])) == (6, True, True, "Dune", 2)
        assert (costs.requests, costs.cache) == ([], [])

    def test_querysets_are_lazy(self) -> None:
        with counted() as costs:
            Book.objects.filter(price__gt=1).exclude(pages=3).order_by("-price")[:3]
            assert list(Book.objects.none()) == []
        assert (costs.requests, costs.cache) == ([], [])


def test_all_is_every_row_in_pages(library: None, settings) -> None:
    settings.APPWRITE_ORM = {"default": {**settings.APPWRITE_ORM["default"], "PAGE_SIZE": 30}}
    Book.objects.bulk_create([Book(title=f"b{n:03}", price=n % 7) for n in range(100)])
    with counted() as costs:
        assert titles(Book.objects.all()) == [f"b{n:03}" for n in range(100)]
        assert titles(Book.objects.order_by("-title")) == [f"b{n:03}" for n in reversed(range(100))]
    assert len(costs.requests) == 8
    assert titles(Book.objects.all()[10:75]) == [f"b{n:03}" for n in range(10, 75)]
    assert len(list(Book.objects.order_by("price")[5:65])) == 60
    # A row that goes away between two pages takes no other one with it.
    walked = []
    for book in Book.objects.iterator():
        walked.append(book.title)
        if book.title == "b010":
            Book.objects.filter(title__in=["b000", "b029"]).delete()
    assert walked[:30] == [f"b{n:03}" for n in range(30)]
    assert walked[30:] == [f"b{n:03}" for n in range(30, 100)]


@pytest.mark.slow
def test_counts_are_exact_above_appwrites_limit(library: None) -> None:
    Reader.objects.bulk_create([Reader(name=f"r{n}", score=n % 2) for n in range(10_000)])
    with counted() as costs:
        assert Reader.objects.count() == 10_000
        assert Reader.objects.filter(score=1).count() == 5_000
    assert len(costs.requests) == 5
    Reader.objects.filter(name="r77").delete()
    assert Reader.objects.count() == 9_999
    assert Reader.objects.filter(score=1).count() == 4_999


@pytest.mark.usefixtures("library")
class TestWrites:
    def test_create_save_and_delete(self) -> None:
        book = Book(title="Dune", price=9)
        assert (book.pk, book.is_saved, book.sequence, book.created_at) == (None, False, None, None)
        book.save()
        assert book.is_saved
        assert len(book.pk) == 20
        assert book.sequence == 1
        assert book.created_at <= datetime.datetime.now(datetime.UTC)
        assert (book.genre, book.lent, book.tags) == ("novel", False, [])
        other = Book.objects.get(pk=book.pk)
        assert other == book
        assert book.delete() == (1, {"library.Book": 1})
        with pytest.raises(ValueError, match="has not been saved"):
            book.delete()
        with pytest.raises(NotFound):
            other.delete()
        with pytest.raises(ValueError, match="has not been saved"):
            Book(title="x", price=1).delete()

    def test_a_save_sends_what_changed_and_only_that(self) -> None:
        book = Book.objects.create(title="Dune", price=9, tags=["sf"])
        other = Book.objects.get(pk=book.pk)
        other.pages = 412
        other.save()
        book.price = 10
        book.save()
        fresh = Book.objects.get(pk=book.pk)
        assert (fresh.price, fresh.pages) == (10, 412)
        with counted() as costs:
            fresh.save()
            fresh.price = 10.0
            fresh.tags = ["sf"]
            fresh.save()
        assert costs.requests == []
        fresh.tags.append("desert")
        fresh.save()
        assert Book.objects.get(pk=book.pk).tags == ["sf", "desert"]
        fresh.pages = None
        fresh.save()
        assert Book.objects.get(pk=book.pk).pages is None
        fresh.permissions = ['read("any")']
        fresh.save()
        assert Book.objects.get(pk=book.pk).permissions == ['read("any")']

    def test_refresh_from_db(self) -> None:
        book = Book.objects.create(title="Dune", price=9)
        Book.objects.filter(pk=book.pk).update(price=3)
        book.title = "lost"
        book.refresh_from_db()
        assert (book.title, book.price) == ("Dune", 3)
        Book.objects.all().delete()
        with pytest.raises(Book.DoesNotExist):
            book.refresh_from_db()

    def test_nothing_invalid_leaves_the_process(self) -> None:
        book = Book.objects.create(title="Dune", price=9)
        with counted() as costs:
            with pytest.raises(ValidationError) as refused:
                Book.objects.create(price=-1, pages=1.5, genre="x", tags="sf")
            assert set(refused.value.message_dict) == {"title", "price", "pages", "genre", "tags"}
            with pytest.raises(ValidationError) as refused:
                Book.objects.bulk_create([Book(title="ok", price=1), Book(title="x" * 101, price=1), Book(price=2)])
            assert set(refused.value.message_dict) == {"1.title", "2.title"}
            with pytest.raises(ValidationError, match="price"):
                Book.objects.update(price=-1)
            with pytest.raises(FieldError, match="no column 'prize'"):
                Book.objects.update(prize=1)
            with pytest.raises(TypeError, match="no column 'prize'"):
                Book(prize=1)
            with pytest.raises(ValidationError, match="not a valid row id"):
                Book.objects.create(title="x", price=1, id="a/b")
            book.title = '{"method": "stringConcat", "values": ["!"]}'
            with pytest.raises(ValidationError, match="operator"):
                book.save()
            with pytest.raises(ValidationError, match="operator"):
                Book.objects.update(title=book.title)
        assert costs.requests == []
        assert Book.objects.count() == 1

    def test_taken_ids_and_unique_values(self) -> None:
        Book.objects.create(title="Dune", price=9, id="d1")
        for values in ({"title": "Other", "id": "d1"}, {"title": "Dune"}):
            with pytest.raises(IntegrityError):
                Book.objects.create(price=1, **values)
        with pytest.raises(IntegrityError):
            Book.objects.bulk_create([Book(title=t, price=1) for t in ("a", "b", "Dune")])
        assert Book.objects.count() == 1

    def test_bulk_create_in_hundreds(self) -> None:
        rows = [Book(title=f"b{n}", price=1) for n in range(250)]
        with counted() as costs:
            made = Book.objects.bulk_create(rows)
        assert len(costs.requests) == 3
        assert made == rows
        assert len({row.pk for row in made}) == 250
        assert all(row.sequence for row in made)
        assert Book.objects.bulk_create([]) == []
        with pytest.raises(ValueError, match="is already saved"):
            Book.objects.bulk_create([made[0]])
        with pytest.raises(TypeError, match="expected Book, not Reader"):
            Book.objects.bulk_create([Reader(name="x")])

    def test_update_and_delete_of_what_matches(self) -> None:
        Book.objects.bulk_create([Book(title=f"b{n}", price=n) for n in range(120)])
        with counted() as costs:
            assert Book.objects.filter(price__lt=110).update(genre="poetry", pages=7) == 110
            assert Book.objects.filter(price__gte=115).delete() == (5, {"library.Book": 5})
            assert Book.objects.none().update(pages=1) == 0
            assert Book.objects.filter(pk__in=[]).delete() == (0, {})
        assert len(costs.requests) == 2
        assert Book.objects.filter(genre="poetry", pages=7).count() == 110
        assert Book.objects.all().delete()[0] == 115
        assert Book.objects.count() == 0

    def test_an_empty_row_can_be_created(self) -> None:
        class Note(Table):
            text = columns.String()

            class Meta:
                name = "notes"

        from django_appwrite_orm.sansio import run_sync
        from django_appwrite_orm.schema import migrate

        run_sync(migrate([Note]))
        note = Note.objects.create()
        assert Note.objects.get(pk=note.pk).text is None

    def test_asynchronous_twins(self) -> None:
        async def life() -> None:
            book = await Book.objects.acreate(title="Dune", price=9)
            book.price = 3
            await book.asave()
            assert (await Book.objects.aget(pk=book.pk)).price == 3
            await Book.objects.abulk_create([Book(title=f"b{n}", price=n) for n in range(3)])
            assert await Book.objects.acount() == 4
            assert [b.title async for b in Book.objects.order_by("-title")] == ["Dune", "b2", "b1", "b0"][:4]
            assert (await Book.objects.afirst()).title == "Dune"
            assert (await Book.objects.alast()).title == "b2"
            assert await Book.objects.filter(price__lt=2).aupdate(pages=1) == 2
            assert await Book.objects.filter(pages=1).aexists()
            await book.arefresh_from_db()
            assert await book.adelete() == (1, {"library.Book": 1})
            assert not await Book.objects.ais_updated()
            assert len(await Book.objects.arefresh()) == 3
            assert await Book.objects.ais_updated()
            await Book.objects.aset_updated(False)
            assert not await Book.objects.ais_updated()
            assert (await Book.objects.filter(price=2).adelete())[0] == 1
            with pytest.raises(Book.DoesNotExist):
                await Book.objects.aget(pk="nobody")

        asyncio.run(life())


def test_rows_of_a_missing_table_are_an_error(settings) -> None:
    with pytest.raises(AppwriteError, match="404"):
        list(Book.objects.all())


def test_objects_belong_to_the_class() -> None:
    with pytest.raises(AttributeError, match="rows"):
        Book(title="x", price=1).objects  # noqa: B018
