"""New rows that are there already: left out, or changed."""

from __future__ import annotations

import pytest
from django.core.exceptions import FieldError, ValidationError

from django_appwrite_orm import Table, UniqueIndex, atomic, columns
from django_appwrite_orm.exceptions import DuplicateId, NotSupportedError, UniqueViolation
from django_appwrite_orm.transport.retry import Attempt
from tests.support.costs import counted
from tests.support.interleaving import lose_answer
from tests.support.library.tables import Book, Everything, Reader
from tests.support.tables import prepare

OPERATOR = '{"method": "stringConcat", "values": ["x"]}'


class Seat(Table):
    hall = columns.String(required=True)
    number = columns.Integer(required=True)
    guest = columns.String()

    class Meta:
        name = "seats"
        indexes = [UniqueIndex("hall", "number")]


@pytest.fixture(autouse=True)
def tables(library: None) -> None:
    prepare(Seat)


def guests() -> list[tuple[str, int, str | None]]:
    return [(seat.hall, seat.number, seat.guest) for seat in Seat.objects.order_by("hall", "number")]


class TestIgnored:
    def test_ignore_conflicts_leaves_out_existing_rows(self) -> None:
        Book.objects.create(title="b7", price=1, id="seven")
        rows = [Book(title=f"b{n}", price=2) for n in range(120)]
        rows[50].id = "seven"
        rows[60].title = "b110"
        assert Book.objects.bulk_create(rows, ignore_conflicts=True) == rows
        assert [n for n, row in enumerate(rows) if not row.is_saved] == [7, 50, 110]
        assert Book.objects.count() == 118
        assert Book.objects.get(pk="seven").price == 1

    def test_one_request_where_nothing_is_taken(self) -> None:
        with counted() as costs:
            Book.objects.bulk_create([Book(title=f"b{n}", price=1) for n in range(100)], ignore_conflicts=True)
        assert len(costs.requests) == 1

    def test_our_own_rows_are_not_taken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        lose_answer(monkeypatch, "POST", "/rows")
        rows = Reader.objects.bulk_create([Reader(name="Ada"), Reader(name="Bob")], ignore_conflicts=True)
        assert all(row.is_saved for row in rows)

    def test_other_refusals_stand(self) -> None:
        with pytest.raises(ValidationError):
            Book.objects.bulk_create([Book(title="b", price=-1)], ignore_conflicts=True)


class TestUpdated:
    def test_update_conflicts_by_a_unique_column(self) -> None:
        old = Book.objects.create(title="Dune", price=9, pages=400, genre="science")
        rows = [Book(title="Emma", price=1, pages=1), Book(title="Dune", price=2, pages=2)]
        assert self.put(rows) == rows
        assert [(book.title, book.price, book.pages, book.genre) for book in Book.objects.all()] == [
            ("Dune", 2, 400, "science"),
            ("Emma", 1, 1, "novel"),
        ]
        # The row is the one that is there.
        assert (rows[1].pk, rows[1].pages, rows[1].sequence) == (old.pk, 400, old.sequence)

    def put(self, rows: list[Book], **options) -> list[Book]:
        options = {"update_fields": ["price"], "unique_fields": ["title"], **options}
        return Book.objects.bulk_create(rows, update_conflicts=True, **options)

    def test_requests_of_update_conflicts(self) -> None:
        Book.objects.bulk_create([Book(title=f"b{n}", price=1) for n in range(50)])
        with counted() as costs:
            self.put([Book(title=f"b{n}", price=2) for n in range(100)])
        assert len(costs.requests) == 5  # look, three for the transaction, create
        assert Book.objects.filter(price=2).count() == 100

    def test_values_that_only_the_database_regards_as_equal(self) -> None:
        old = Book.objects.create(title="Dune", price=9)
        rows = self.put([Book(title="DUNE", price=2), Book(title="Emma", price=1)])
        assert (rows[0].pk, rows[0].title) == (old.pk, "Dune")
        assert [(book.title, book.price) for book in Book.objects.all()] == [("Dune", 2), ("Emma", 1)]

    def test_two_rows_with_the_same_unique_value(self) -> None:
        """As a new row, as one that is there, and over two requests: the last one counts, and all of them show it."""
        for prices, batch_size in (((1, 2), None), ((3, 4), None), ((5, 6), 1)):
            rows = self.put([Book(title="Dune", price=price) for price in prices], batch_size=batch_size)
            (stored,) = Book.objects.uncached()
            assert stored.price == prices[-1]
            assert [(row.pk, row.price) for row in rows] == [(stored.pk, stored.price)] * 2

    def test_update_conflicts_by_two_columns(self) -> None:
        Seat.objects.bulk_create([Seat(hall="A", number=n, guest="old") for n in range(3)])
        rows = [Seat(hall="A", number=1, guest="new"), Seat(hall="B", number=1), Seat(hall="A", number=2)]
        Seat.objects.bulk_create(rows, update_conflicts=True, update_fields=["guest"], unique_fields=["number", "hall"])
        assert guests() == [("A", 0, "old"), ("A", 1, "new"), ("A", 2, None), ("B", 1, None)]

    def test_another_unique_value_that_is_taken_is_refused(self) -> None:
        Book.objects.create(title="Dune", price=9, id="d")
        Book.objects.create(title="Emma", price=4, id="e")
        with pytest.raises(UniqueViolation):
            self.put([Book(id="new", title="Dune", price=1)], unique_fields=["id"])
        with pytest.raises(DuplicateId):
            self.put([Book(id="d", title="new", price=1)])
        errors: dict[int, Exception] = {}
        rows = [Book(id="new", title="Dune", price=1), Book(id="e", title="Emma", price=5)]
        assert self.put(rows, unique_fields=["id"], errors=errors) == [rows[1]]
        assert {n: type(error) for n, error in errors.items()} == {0: UniqueViolation}
        assert [(book.title, book.price) for book in Book.objects.all()] == [("Dune", 9), ("Emma", 5)]

    def test_a_row_that_goes_away_meanwhile_is_created(self, monkeypatch: pytest.MonkeyPatch) -> None:
        Book.objects.create(title="Dune", price=9)
        perform = Attempt.perform

        def delete_first(step):
            if step.request.body == {"commit": True}:
                monkeypatch.setattr(Attempt, "perform", perform)
                Book.objects.all().delete()
            return perform(step)

        monkeypatch.setattr(Attempt, "perform", delete_first)
        self.put([Book(title="Dune", price=1)])
        assert [(book.title, book.price) for book in Book.objects.all()] == [("Dune", 1)]

    def test_text_of_the_form_of_an_operator_is_refused(self) -> None:
        row = Reader.objects.create(name="Ada", notes="old")
        for name in ("notes", "name"):
            with counted() as costs, pytest.raises(ValidationError, match="operator"):
                Reader.objects.bulk_create(
                    [Reader(**{"id": row.pk, "name": "Ada", name: OPERATOR})],
                    update_conflicts=True,
                    update_fields=[name],
                    unique_fields=["pk"],
                )
            assert costs.requests == []


class TestById:
    def test_rows_are_looked_up_changed_and_created(self) -> None:
        Reader.objects.create(name="Ada", notes="kept", id="a")
        rows = [Reader(id="a", name="Eve"), Reader(id="b", name="Bob")]
        with counted() as costs:
            Reader.objects.bulk_create(rows, update_conflicts=True, update_fields=["name"], unique_fields=["id"])
        assert [request.split(" ")[0] for request in costs.requests] == ["GET", "PATCH", "POST"]
        assert [(row.pk, row.name, row.notes) for row in Reader.objects.all()] == [
            ("a", "Eve", "kept"),
            ("b", "Bob", None),
        ]
        assert [(row.pk, row.notes, bool(row.sequence)) for row in rows] == [("a", "kept", True), ("b", None, True)]

    def test_columns_that_were_not_named_are_left_alone(self) -> None:
        Reader.objects.create(name="Ada", notes="kept", id="a")
        rows = [Reader(id="a", name="Eve", notes="new"), Reader(id="b", name="Bob")]
        Reader.objects.bulk_create(rows, update_conflicts=True, update_fields=["name"], unique_fields=["id"])
        assert [(row.name, row.notes) for row in Reader.objects.all()] == [("Eve", "kept"), ("Bob", None)]

    def test_the_unique_value_of_another_row_is_a_violation(self) -> None:
        """Appwrite's bulk upsert would write this book over the other one."""
        Book.objects.create(title="Dune", price=9, id="d")
        with pytest.raises(UniqueViolation):
            Book.objects.bulk_create(
                [Book(id="new", title="Dune", price=1, genre="novel", added=None)],
                update_conflicts=True,
                update_fields=["title", "price", "genre", "added"],
                unique_fields=["id"],
            )
        assert Book.objects.get(pk="d").price == 9

    def test_an_id_in_another_case_is_the_same_row(self) -> None:
        """Appwrite's bulk upsert would empty it."""
        Reader.objects.create(name="Ada", id="a", notes="kept")
        rows = [Reader(id="A", name="Eve")]
        Reader.objects.bulk_create(rows, update_conflicts=True, update_fields=["name"], unique_fields=["id"])
        assert [(row.name, row.notes) for row in Reader.objects.all()] == [("Eve", "kept")]
        assert rows[0].notes == "kept"

    def test_a_new_row_of_empty_values_is_created(self) -> None:
        """Appwrite's upsert would answer 200 and create nothing."""
        rows = [Everything(id="empty", integer=0, float=0.0, boolean=False, string="", strings=[])]
        Everything.objects.bulk_create(rows, update_conflicts=True, update_fields=["integer"], unique_fields=["id"])
        assert Everything.objects.get(pk="empty").integer == 0

    def test_nothing_is_sent_by_put(self) -> None:
        Reader.objects.create(name="Ada", id="a")
        rows = [Reader(id=id, name="Eve") for id in "abc"]
        with counted() as costs:
            Reader.objects.bulk_create(rows, update_conflicts=True, update_fields=["name"], unique_fields=["id"])
        assert not [request for request in costs.requests if request.startswith("PUT")]


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"ignore_conflicts": True, "update_conflicts": True}, ValueError, "mutually exclusive"),
        ({"update_fields": ["price"]}, ValueError, "need update_conflicts"),
        ({"update_conflicts": True}, ValueError, "needs update_fields"),
        ({"update_conflicts": True, "update_fields": ["price"]}, ValueError, "unique_fields"),
        ({"update_conflicts": True, "update_fields": ["prize"], "unique_fields": ["id"]}, FieldError, "price"),
        ({"update_conflicts": True, "update_fields": ["price"], "unique_fields": ["pages"]}, FieldError, "UniqueIndex"),
        ({"update_conflicts": True, "update_fields": ["title"], "unique_fields": ["title"]}, ValueError, "cannot be"),
    ],
)
def test_arguments_that_exclude_each_other_are_refused(options: dict, error: type[Exception], match: str) -> None:
    with counted() as costs, pytest.raises(error, match=match):
        Book.objects.bulk_create([Book(title="x", price=1)], **options)
    assert costs.requests == []


def test_conflicts_are_refused_inside_atomic() -> None:
    with atomic(), pytest.raises(NotSupportedError, match="only at the commit"):
        Book.objects.bulk_create([Book(title="x", price=1)], ignore_conflicts=True)
