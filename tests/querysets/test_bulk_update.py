"""Many rows changed at once, each its own values."""

from __future__ import annotations

import pytest
from django.core.exceptions import FieldError, ValidationError

from django_appwrite_orm import atomic
from django_appwrite_orm.exceptions import AppwriteError, NotSupportedError
from tests.support.costs import counted
from tests.support.library.tables import Book

pytestmark = pytest.mark.usefixtures("library")


class TestBulkUpdate:
    def test_bulk_update_writes_each_rows_own_values(self) -> None:
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

    def test_errors_by_position(self) -> None:
        rows = Book.objects.bulk_create([Book(title=f"b{n}", price=n) for n in range(8)])
        for row in rows:
            row.pages = 7
        rows[2].pages = -1
        Book.objects.filter(pk=rows[5].pk).delete()
        errors: dict[int, Exception] = {}
        assert Book.objects.bulk_update(rows, ["pages"], errors=errors) == 6
        assert {n: type(error) for n, error in errors.items()} == {2: ValidationError, 5: Book.RowGone}
        assert Book.objects.filter(pages=7).count() == 6
        with atomic(), pytest.raises(NotSupportedError, match="cannot take errors="):
            Book.objects.bulk_update(rows[:1], ["pages"], errors=errors)

    def test_invalid_arguments_are_refused_before_any_request(self) -> None:
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
            with pytest.raises(ValueError, match="expected a saved"):
                Book.objects.bulk_update([Book(title="x", price=1)], ["price"])
        assert costs.requests == []

    def test_readers_see_it_at_once(self) -> None:
        rows = Book.objects.bulk_create([Book(title=f"b{n}", price=n) for n in range(3)])
        assert len(Book.objects.all()) == 3
        rows[0].price = 99
        Book.objects.bulk_update(rows, ["price"])
        assert Book.objects.filter(pk=rows[0].pk).first().price == 99
        assert Book.objects.all()[0].price == 99
