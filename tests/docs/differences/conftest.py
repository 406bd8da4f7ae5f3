"""Rows for the tests of the page "Differences from Django"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.backend.conftest import shop_with
from tests.support.books import create_six
from tests.support.linked_tables import made
from tests.support.toys import Country, Maker, Toy

from .shelves import Lender, Loan, Shelf


@pytest.fixture
def books(library: None) -> None:
    """Six books; Howl has no pages, and Brief no genre."""
    create_six()


@pytest.fixture
def toys() -> Iterator[None]:
    """Ada and Bob of Fiji with two toys each."""
    with made(Country, Maker, Toy):
        Country.objects.create(name="Fiji", id="fj")
        for name in ("Ada", "Bob"):
            Maker.objects.create(name=name, id=name.lower(), country_id="fj")
        for name, maker in [("ball", "ada"), ("kite", "bob"), ("top", "ada"), ("yoyo", "bob")]:
            Toy.objects.create(name=name, maker_id=maker, id=name)
        yield


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
