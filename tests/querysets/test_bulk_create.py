"""New rows: taken ids and values, lost answers, and many at once."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from django_appwrite_orm.exceptions import DuplicateId, Unavailable, UniqueViolation
from django_appwrite_orm.transport.retry import Attempt, TransportError
from tests.support.costs import counted
from tests.support.interleaving import lose_answer
from tests.support.library.tables import Book, Reader

pytestmark = pytest.mark.usefixtures("library")


class TestTakenIdsAndValues:
    def test_create_distinguishes_taken_ids_and_values(self) -> None:
        Book.objects.create(title="Dune", price=9, id="d1")
        with pytest.raises(DuplicateId, match="id 'd1' already"):
            Book.objects.create(title="Emma", price=9, id="d1")
        with pytest.raises(
            UniqueViolation, match="Another Book has title='Dune' already \\(unique index 'title_unique'\\)"
        ):
            Book.objects.create(title="Dune", price=1)
        assert Book.objects.count() == 1

    def test_a_repeated_create_that_had_succeeded_is_a_success(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for given in ({}, {"id": "mine"}):
            lose_answer(monkeypatch, "POST", "/rows")
            reader = Reader.objects.create(name="Ada", **given)
            assert reader.sequence
            assert Reader.objects.get(pk=reader.pk).name == "Ada"
        assert Reader.objects.count() == 2
        # The same loss, but the row under this id is somebody else's.
        lose_answer(monkeypatch, "POST", "/rows", applied=False)
        with pytest.raises(DuplicateId):
            Reader.objects.create(name="Eve", id="mine")

    def test_creating_an_existing_row_again_fails(self) -> None:
        """Nothing was repeated: somebody has made this row before."""
        Reader.objects.create(name="Ada", id="a")
        Reader.objects.create(name="Bob", id="b")
        with pytest.raises(DuplicateId):
            Reader.objects.create(name="Ada", id="a")
        with pytest.raises(DuplicateId):
            Reader.objects.bulk_create([Reader(name="Ada", id="a"), Reader(name="Bob", id="b")])

    def test_a_repeated_bulk_create_that_had_succeeded_is_a_success(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for given in ([{}, {}, {}], [{"id": "a"}, {}, {"id": "C"}]):
            lose_answer(monkeypatch, "POST", "/rows")
            rows = Reader.objects.bulk_create([Reader(name=f"r{n}", **ids) for n, ids in enumerate(given)])
            assert [Reader.objects.get(pk=row.pk).name for row in rows] == ["r0", "r1", "r2"]
            assert all(row.sequence for row in rows)
        assert Reader.objects.count() == 6

    def test_bulk_create_of_rows_of_somebody_else_fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        Reader.objects.create(name="Ada", id="a")
        lose_answer(monkeypatch, "POST", "/rows", applied=False)
        with pytest.raises(DuplicateId, match="'a'"):
            Reader.objects.bulk_create([Reader(name="Eve", id="a"), Reader(name="Bob")])
        # One of them is as it was sent, and the other is not there.
        lose_answer(monkeypatch, "POST", "/rows", applied=False)
        with pytest.raises(DuplicateId, match="'a'"):
            Reader.objects.bulk_create([Reader(name="Ada", id="a"), Reader(name="Bob", id="new")])
        # All ids are taken, but one row holds something else.
        Reader.objects.create(name="Bob", id="b")
        lose_answer(monkeypatch, "POST", "/rows", applied=False)
        with pytest.raises(DuplicateId):
            Reader.objects.bulk_create([Reader(name="Ada", id="a"), Reader(name="Eve", id="b")])
        assert Reader.objects.count() == 2

    def test_bulk_create_distinguishes_taken_ids_and_values(self) -> None:
        Book.objects.create(title="Dune", price=9, id="d1")
        with pytest.raises(DuplicateId, match="id 'd1' already"):
            Book.objects.bulk_create([Book(title="Emma", price=9, id="d1"), Book(title="Howl", price=1)])
        with pytest.raises(
            UniqueViolation, match="Another Book has title='Dune' already \\(unique index 'title_unique'\\)"
        ):
            Book.objects.bulk_create([Book(title="Emma", price=9), Book(title="Dune", price=1)])
        assert Book.objects.count() == 1


class TestBulkCreate:
    def test_progress(self) -> None:
        seen: list[tuple[int, int]] = []
        Reader.objects.bulk_create([Reader(name=f"r{n}") for n in range(250)], progress=lambda *done: seen.append(done))
        assert seen == [(100, 250), (200, 250), (250, 250)]

    @pytest.mark.parametrize(("size", "requests"), [(None, 1), (1, 5), (2, 3), (5, 1), (1000, 1)])
    def test_batches_of_another_size(self, size: int | None, requests: int) -> None:
        with counted() as costs:
            rows = Reader.objects.bulk_create([Reader(name=f"r{n}") for n in range(5)], batch_size=size)
        assert len(costs.requests) == requests
        for n, row in enumerate(rows):
            row.score = n
        with counted() as costs:
            assert Reader.objects.bulk_update(rows, ["score"], batch_size=size) == 5
        assert len(costs.requests) == {None: 3, 1: 5, 2: 3 + 3 + 1, 5: 3, 1000: 3}[size]

    @pytest.mark.parametrize("size", [0, -1, True, 1.5, "5"])
    def test_an_invalid_batch_size_is_refused(self, size: object) -> None:
        with pytest.raises(ValueError, match="batch_size must be"):
            Reader.objects.bulk_create([Reader(name="Ada")], batch_size=size)
        with pytest.raises(ValueError, match="batch_size must be"):
            Reader.objects.bulk_update([], ["name"], batch_size=size)

    def test_an_invalid_batch_size_is_refused_where_rows_are_created_one_by_one(self) -> None:
        rows = Reader.objects.as_user(session="secret")
        with pytest.raises(ValueError, match="batch_size must be"):
            rows.bulk_create([Reader(name="Ada")], batch_size=0)

    def test_errors_by_position(self) -> None:
        Book.objects.create(title="b7", price=1)
        rows = [Book(title=f"b{n}", price=1) for n in range(120)]
        rows[3].price = -1
        rows[50].title = "b110"
        errors: dict[int, Exception] = {}
        written = Book.objects.bulk_create(rows, errors=errors)
        assert {position: type(error) for position, error in errors.items()} == {
            3: ValidationError,
            7: UniqueViolation,
            110: UniqueViolation,
        }
        assert [row.title for row in written] == [row.title for n, row in enumerate(rows) if n not in errors]
        assert Book.objects.count() == 118
        with pytest.raises(ValidationError):
            Book.objects.bulk_create([Book(title="new", price=1), Book(title="bad", price=-1)])
        assert Book.objects.count() == 118

    def test_an_error_that_is_not_about_a_row_stops_bulk_create(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(step):
            raise TransportError("no connection", sent=False)

        monkeypatch.setattr(Attempt, "perform", refuse)
        with pytest.raises(Unavailable):
            Book.objects.bulk_create([Book(title="b", price=1)], errors={})
