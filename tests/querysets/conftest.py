"""Shelves of books."""

import pytest

from tests.support.books import FOUR, SIX
from tests.support.library.tables import Book


@pytest.fixture
def shelf(library: None) -> None:
    """Four books."""
    Book.objects.bulk_create([Book(title=t, price=p, pages=n, genre=g, id=t.lower()) for t, p, n, g in FOUR])


@pytest.fixture
def six_books(library: None) -> None:
    """Six, some of them without pages or genre."""
    Book.objects.bulk_create(
        [Book(title=t, price=p, pages=n, genre=g, tags=tags, id=t.lower()) for t, p, n, g, tags in SIX]
    )
    Book.objects.filter(pk="brief").update(genre=None)
