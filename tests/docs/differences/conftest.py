"""Rows for the tests of the page "Differences from Django"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from django_appwrite_orm.registry import registry
from tests.backend.conftest import shop_with
from tests.support.books import SIX
from tests.support.library.tables import Book
from tests.support.linked_tables import made
from tests.support.tables import prepare
from tests.support.toys import Country, Maker, Toy

from .shelves import Lender, Loan, Shelf


@pytest.fixture
def books(library: None) -> None:
    """Six books; Howl has no pages, and Brief no genre."""
    Book.objects.bulk_create(
        [Book(title=t, price=p, pages=n, genre=g, tags=tags, id=t.lower()) for t, p, n, g, tags in SIX]
    )
    Book.objects.filter(pk="brief").update(genre=None)


@pytest.fixture
def toys() -> Iterator[None]:
    """Ada and Bob of Fiji with two toys each."""
    tables = [Country, Maker, Toy]
    for table in tables:
        registry.add(table)
    prepare(*tables)
    Country.objects.create(name="Fiji", id="fj")
    for name in ("Ada", "Bob"):
        Maker.objects.create(name=name, id=name.lower(), country_id="fj")
    for name, maker in [("ball", "ada"), ("kite", "bob"), ("top", "ada"), ("yoyo", "bob")]:
        Toy.objects.create(name=name, maker_id=maker, id=name)
    yield
    for table in tables:
        registry.discard(table)


@pytest.fixture
def shelves() -> Iterator[None]:
    """A shelf with a loan, and tables with columns that cannot be compared."""
    with made(Shelf, Lender, Loan):
        Shelf.objects.create(id="a", name="A", data={"colour": "red"}, secret="1234", place=(13.4, 52.5))
        Lender.objects.create(id="ada", name="Ada")
        Loan.objects.create(id="one", lender_id="ada")
        yield


@pytest.fixture
def models(django_db_blocker: Any) -> Iterator[None]:
    """The tables of the models in tests/backend/shop, empty."""
    with shop_with(django_db_blocker):
        yield
