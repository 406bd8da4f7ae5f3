"""A save writes the changed columns only, including values that were changed in place."""

from __future__ import annotations

import copy
import datetime

import pytest
from django.core.exceptions import ValidationError

from django_appwrite_orm import Table, columns
from tests.support.library.tables import Book, Everything
from tests.support.raw_rows import RAW, stored


def test_only_columns_with_another_value_are_changes() -> None:
    row = stored()
    row.price, row.genre, row.title = 9.0, "novel", "Dune II"
    row.added = datetime.datetime(2024, 1, 2, 4, 4, 5, 678_999, datetime.timezone(datetime.timedelta(hours=1)))
    assert row._changes() == {"title": "Dune II"}
    row.title = "Dune"
    assert row._changes() == {}
    row.price = None
    with pytest.raises(ValidationError, match="This column is required"):
        row._changes()


def test_an_array_changed_in_place_is_a_change_of_this_row_alone() -> None:
    raw = copy.deepcopy(RAW)
    one, two = Book.from_appwrite(raw, "default"), Book.from_appwrite(raw, "default")
    one.tags.append("new")
    assert one._changes() == {"tags": ["sf", "new"]}
    assert (two.tags, two._changes(), raw["tags"]) == (["sf"], {}, ["sf"])
    one.tags.remove("new")
    assert one._changes() == {}


def test_an_array_changed_in_place_to_an_invalid_value_is_refused() -> None:
    class Poll(Table):
        votes = columns.Integer(array=True)

    row = Poll.from_appwrite({"$id": "p", "votes": [1]}, "default")
    row.votes[0] = True
    with pytest.raises(ValidationError) as caught:
        row.full_clean()
    assert caught.value.message_dict == {"votes": ["Item 0: Expected a whole number of 64 bits, not True."]}


def test_values_that_were_only_read_are_not_validated() -> None:
    """A row can hold what these rules refuse: older than a rule, or written by an operator."""
    row = stored(price=-1, genre="gone", tags=["x" * 21, None])
    assert (row.price, row.genre, row.tags) == (-1, "gone", ["x" * 21, None])
    row.title = "Dune II"
    row.full_clean()
    assert row._changes() == {"title": "Dune II"}


def test_an_array_changed_in_place_is_saved(library: None) -> None:
    row = Book.objects.create(title="Dune", price=1, tags=["a"])
    same = Book.objects.get(pk=row.id)
    cached = Book.objects.get(pk=row.id)
    same.tags.append("b")
    assert cached.tags == ["a"]
    same.save()
    assert same.tags == ["a", "b"]
    assert Book.objects.get(pk=row.id).tags == ["a", "b"]
    assert cached.tags == ["a"]


def test_a_row_without_any_value_can_be_created(library: None) -> None:
    row = Everything.objects.create()
    assert Everything.objects.get(pk=row.id).to_appwrite()["string"] is None


def test_a_column_that_is_not_declared_keeps_its_value(library: None) -> None:
    class Short(Table):
        title = columns.String(size=100, required=True)

        class Meta:
            name = "books"

    book = Book.objects.create(title="Dune", price=1)
    row = Short.objects.get(pk=book.id)
    assert row.to_appwrite()["price"] == 1
    row.title = "Dune II"
    row.save()
    assert row.to_appwrite()["price"] == 1
    assert Book.objects.uncached().get(pk=book.id).price == 1
