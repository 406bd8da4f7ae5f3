"""What the tests of querysets start from: books, toys with makers, novels with relationships."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.books import FOUR, create_six
from tests.support.library.tables import Book
from tests.support.linked_tables import made
from tests.support.novels import Cover, Mark, Novel, Publisher, Topic, Writer
from tests.support.toys import Country, Maker, Toy


@pytest.fixture
def shelf(library: None) -> None:
    """Four books."""
    Book.objects.bulk_create([Book(title=t, price=p, pages=n, genre=g, id=t.lower()) for t, p, n, g in FOUR])


@pytest.fixture
def six_books(library: None) -> None:
    """Six, some of them without pages or genre."""
    create_six()


@pytest.fixture
def shop() -> Iterator[None]:
    """Two makers of two toys each in one country, one maker without, and a toy whose maker is gone."""
    with made(Country, Maker, Toy):
        Country.objects.create(name="Fiji", id="fj")
        Maker.objects.bulk_create(
            [Maker(name="Ada", id="ada", country_id="fj"), Maker(name="Bob", id="bob", country_id="fj")]
        )
        Maker.objects.create(name="Cyd", id="cyd")
        toys = [("ball", "ada"), ("kite", "bob"), ("top", "ada"), ("yoyo", "bob"), ("drum", "gone")]
        Toy.objects.bulk_create([Toy(name=name, maker_id=maker) for name, maker in toys])
        yield


@pytest.fixture
def novels() -> Iterator[None]:
    """Ada of Ink wrote two, Bob of none one, and one novel has nobody."""
    with made(Publisher, Writer, Topic, Mark, Novel, Cover):
        ink = Publisher.objects.create(id="ink", name="Ink")
        Writer.objects.create(id="ada", name="Ada", born="here", publisher=ink)
        Writer.objects.create(id="bob", name="Bob", born="there")
        for id in ("sea", "war", "zoo"):
            Topic.objects.create(id=id, name=id)
        Mark.objects.create(id="m1", name="red")
        Mark.objects.create(id="m2", name="blue")
        Novel.objects.create(id="a", title="a", writer_id="ada", topics=["sea", "war"], marks=["m1", "m2"])
        Novel.objects.create(id="b", title="b", writer_id="bob", topics=["sea"])
        Novel.objects.create(id="c", title="c", writer_id="ada")
        Novel.objects.create(id="d", title="d")
        Cover.objects.create(id="green", name="green", novel_id="a")
        yield
