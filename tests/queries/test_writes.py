"""Writes beyond the plain ones: under races, in bulk, from stored values, and only of what nobody else changed."""

from __future__ import annotations

import asyncio
import datetime
import json
import threading

import pytest
from appwrite.operator import Operator
from django.core.exceptions import FieldError, ValidationError
from django.db.models import F, Value
from django.db.models.functions import Now, Upper

from django_appwrite_orm.exceptions import (
    AppwriteError,
    Conflict,
    DuplicateId,
    IntegrityError,
    InvalidRequest,
    Unavailable,
    UniqueViolation,
)
from django_appwrite_orm.queries import Apply
from django_appwrite_orm.transport.attempts import Attempt, NoAnswer
from tests.counting import counted
from tests.library.tables import Book, Everything, Reader

pytestmark = pytest.mark.usefixtures("library")


def in_threads(count: int, work) -> list:
    results: list = [None] * count
    gate = threading.Barrier(count)

    def one(n: int) -> None:
        gate.wait()
        results[n] = work(n)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


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


class TestTakenIdsAndValues:
    def test_they_are_told_apart(self) -> None:
        Book.objects.create(title="Dune", price=9, id="d1")
        with pytest.raises(DuplicateId, match="id 'd1' already"):
            Book.objects.create(title="Emma", price=9, id="d1")
        with pytest.raises(UniqueViolation, match="Unique are: title"):
            Book.objects.create(title="Dune", price=1)
        assert Book.objects.count() == 1

    def test_a_repeated_create_that_had_succeeded_is_a_success(self, monkeypatch: pytest.MonkeyPatch) -> None:
        perform = Attempt.perform

        def lose_the_answer(step):
            answer = perform(step)
            if step.request.method == "POST":
                monkeypatch.setattr(Attempt, "perform", perform)
                raise NoAnswer("connection lost", sent=True)
            return answer

        for given in ({}, {"id": "mine"}):
            monkeypatch.setattr(Attempt, "perform", lose_the_answer)
            reader = Reader.objects.create(name="Ada", **given)
            assert reader.sequence
            assert Reader.objects.get(pk=reader.pk).name == "Ada"
        assert Reader.objects.count() == 2
        # The same loss, but the row under this id is somebody else's.
        monkeypatch.setattr(Attempt, "perform", lose_the_answer)

        def lost_before(step):
            monkeypatch.setattr(Attempt, "perform", perform)
            raise NoAnswer("connection lost", sent=True)

        monkeypatch.setattr(Attempt, "perform", lost_before)
        with pytest.raises(DuplicateId):
            Reader.objects.create(name="Eve", id="mine")


class TestBulkCreate:
    def test_progress(self) -> None:
        seen: list[tuple[int, int]] = []
        Reader.objects.bulk_create([Reader(name=f"r{n}") for n in range(250)], progress=lambda *done: seen.append(done))
        assert seen == [(100, 250), (200, 250), (250, 250)]

    def test_errors_by_position(self) -> None:
        Book.objects.create(title="b7", price=1)
        rows = [Book(title=f"b{n}", price=1) for n in range(120)]
        rows[3].price = -1
        rows[50].title = "b110"
        errors: dict[int, Exception] = {}
        written = Book.objects.bulk_create(rows, errors=errors)
        assert {position: type(error) for position, error in errors.items()} == {
            3: ValidationError,
            7: IntegrityError,
            110: IntegrityError,
        }
        assert [row.title for row in written] == [row.title for n, row in enumerate(rows) if n not in errors]
        assert Book.objects.count() == 118
        with pytest.raises(ValidationError):
            Book.objects.bulk_create([Book(title="new", price=1), Book(title="bad", price=-1)])
        assert Book.objects.count() == 118

    def test_an_error_that_is_not_the_rows_stops_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(step):
            raise NoAnswer("no connection", sent=False)

        monkeypatch.setattr(Attempt, "perform", refuse)
        with pytest.raises(Unavailable):
            Book.objects.bulk_create([Book(title="b", price=1)], errors={})


class TestBulkUpdate:
    def test_each_row_its_own_values(self) -> None:
        rows = Book.objects.bulk_create([Book(title=f"b{n}", price=n) for n in range(150)])
        for n, row in enumerate(rows):
            row.price, row.pages, row.title = n * 2, n, "not to be written"
        with counted() as costs:
            assert Book.objects.bulk_update(rows, ["price", "pages"]) == 150
        assert len(costs.requests) == 6
        fresh = Book.objects.in_bulk([row.pk for row in rows])
        assert [(fresh[row.pk].price, fresh[row.pk].pages, fresh[row.pk].title) for row in rows] == [
            (n * 2, n, f"b{n}") for n in range(150)
        ]
        with counted() as costs:
            assert Book.objects.bulk_update(rows, ["price"]) == 0
        assert costs.requests == []
        assert rows[0].title == "not to be written"

    def test_all_of_a_hundred_or_none(self) -> None:
        rows = Book.objects.bulk_create([Book(title=f"b{n}", price=n) for n in range(5)])
        for row in rows:
            row.pages = 7
        Book.objects.filter(pk=rows[4].pk).delete()
        with pytest.raises(AppwriteError):
            Book.objects.bulk_update(rows, ["pages"])
        assert Book.objects.filter(pages=7).count() == 0
        assert Book.objects.count() == 4

    def test_what_is_wrong_is_said_before_any_request(self) -> None:
        rows = Book.objects.bulk_create([Book(title=f"b{n}", price=n) for n in range(2)])
        rows[1].price = -1
        with counted() as costs:
            with pytest.raises(ValidationError) as refused:
                Book.objects.bulk_update(rows, ["price"])
            assert set(refused.value.message_dict) == {"1.price"}
            with pytest.raises(FieldError, match="no column 'prize'"):
                Book.objects.bulk_update(rows, ["prize"])
            with pytest.raises(ValueError, match="names of the columns"):
                Book.objects.bulk_update(rows, [])
            with pytest.raises(ValueError, match="saved rows"):
                Book.objects.bulk_update([Book(title="x", price=1)], ["price"])
        assert costs.requests == []

    def test_readers_see_it_at_once(self) -> None:
        rows = Book.objects.bulk_create([Book(title=f"b{n}", price=n) for n in range(3)])
        assert len(Book.objects.all()) == 3
        rows[0].price = 99
        Book.objects.bulk_update(rows, ["price"])
        assert Book.objects.filter(pk=rows[0].pk).first().price == 99
        assert Book.objects.all()[0].price == 99


class TestExpressions:
    def test_they_start_from_the_stored_value(self) -> None:
        book = Book.objects.create(title="Dune", price=9, pages=400, tags=["sf"], lent=False)
        Book.objects.update(
            price=F("price") * 2,
            pages=F("pages") - 88,
            title=F("title") + " II",
            lent=~F("lent"),
            added=Now(),
            tags=Apply(Operator.array_append(["new"])),
        )
        fresh = Book.objects.get(pk=book.pk)
        assert (fresh.price, fresh.pages, fresh.title, fresh.lent, fresh.tags) == (
            18,
            312,
            "Dune II",
            True,
            ["sf", "new"],
        )
        assert abs(fresh.added - datetime.datetime.now(datetime.UTC)) < datetime.timedelta(minutes=1)
        for expression, pages in (
            (F("pages") + 8, 320),
            (10 + F("pages"), 330),
            (F("pages") / 3, 110),
            (F("pages") % 100, 10),
            (F("pages") ** 2, 100),
            (F("pages") - (-5), 105),
            (Apply(Operator.increment(1000, 200)), 200),
        ):
            Book.objects.update(pages=expression)
            assert Book.objects.get(pk=book.pk).pages == pages

    def test_in_a_save(self) -> None:
        book = Book.objects.create(title="Dune", price=9, pages=1)
        Book.objects.update(pages=5)
        book.pages = F("pages") + 1
        book.price = 3
        book.save()
        assert (book.pages, book.price) == (6, 3)
        assert Book.objects.get(pk=book.pk).pages == 6

    def test_increments_at_once_are_all_counted(self) -> None:
        book = Book.objects.create(title="Dune", price=9, pages=0)
        in_threads(8, lambda n: Book.objects.filter(pk=book.pk).update(pages=F("pages") + 1))
        assert Book.objects.get(pk=book.pk).pages == 8

    @pytest.mark.parametrize(
        ("values", "column"),
        [
            ({"pages": F("price") + 1}, "pages"),
            ({"pages": F("pages")}, "pages"),
            ({"pages": F("pages") + F("pages")}, "pages"),
            ({"pages": F("pages") + 1.5}, "pages"),
            ({"pages": F("pages") + True}, "pages"),
            ({"pages": F("pages") / 0}, "pages"),
            ({"price": F("price") * float("nan")}, "price"),
            ({"title": F("title") + 1}, "title"),
            ({"title": F("title") - Value("x")}, "title"),
            ({"title": Upper("title")}, "title"),
            ({"title": Now()}, "title"),
            ({"tags": F("tags") + 1}, "tags"),
            ({"price": ~F("price")}, "price"),
        ],
    )
    def test_what_appwrite_cannot_work_out_is_refused(self, values: dict, column: str) -> None:
        with counted() as costs, pytest.raises(ValidationError) as refused:
            Book.objects.update(**values)
        assert set(refused.value.message_dict) == {column}
        assert costs.requests == []

    def test_bigints_are_not_counted_with(self) -> None:
        with pytest.raises(ValidationError, match="do not count with bigint"):
            Reader.objects.update(score=F("score") + 1)

    @pytest.mark.parametrize(
        "text", ["", "x", "{}", '{"method": "equal"}', '{"method": "increment", "values": 1}', None]
    )
    def test_apply_takes_operators_alone(self, text: object) -> None:
        with pytest.raises(ValueError, match="Operator makes"):
            Apply(text)

    def test_text_of_a_user_is_no_operator(self) -> None:
        book = Book.objects.create(title="Dune", price=9)
        text = Operator.string_concat("!")
        for change in (
            lambda: Book.objects.update(title=text),
            lambda: Book.objects.bulk_update([_set(book, text)], ["title"]),
            lambda: Book.objects.update_or_create(pk=book.pk, defaults={"title": text}),
        ):
            with pytest.raises(ValidationError, match="operator"):
                change()
        assert Book.objects.get(pk=book.pk).title == "Dune"
        # A create runs nothing: there the text is stored as it stands.
        assert Book.objects.create(title=text, price=1).title == text
        assert json.loads(text)["method"] == "stringConcat"


def _set(book: Book, title: str) -> Book:
    book.title = title
    return book


class TestSave:
    def test_only_these_columns(self) -> None:
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
            with pytest.raises(ValueError, match="nothing of it to update"):
                Book(title="x", price=1).save(**options)

    def test_only_what_nobody_else_has_changed(self) -> None:
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

    def test_a_change_between_the_look_and_the_commit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        book = Book.objects.create(title="Dune", price=9)
        perform = Attempt.perform

        def change_first(step):
            if step.request.body == {"commit": True}:
                monkeypatch.setattr(Attempt, "perform", perform)
                Book.objects.update(price=7)
            return perform(step)

        monkeypatch.setattr(Attempt, "perform", change_first)
        book.price = 1
        with pytest.raises(Conflict, match="changed meanwhile"):
            book.save(if_unchanged=True)
        assert Book.objects.get(pk=book.pk).price == 7

    def test_of_many_at_once_one_saves(self) -> None:
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


def test_a_refused_operator_leaves_the_row(settings) -> None:
    row = Everything.objects.create(integer=5, string="x" * 9)
    with pytest.raises(InvalidRequest):
        Everything.objects.update(string=F("string") + "yy")
    assert Everything.objects.get(pk=row.pk).string == "x" * 9
