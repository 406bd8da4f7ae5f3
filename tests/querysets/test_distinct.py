"""`distinct()`: each combination of values once, in the order in which they are met."""

from __future__ import annotations

import asyncio
import pickle

import pytest
from django.core.paginator import Paginator
from django.db.models import Count, Min

from django_appwrite_orm.exceptions import NotSupportedError
from tests.support.books import titles
from tests.support.costs import Costs, counted
from tests.support.library.tables import Book
from tests.support.newer_server import newer_server
from tests.support.toys import Maker, Toy, names


@pytest.fixture
def genres(six_books: None):
    return Book.objects.values_list("genre", flat=True)


def of_rows(costs: Costs) -> list[str]:
    """The requests, but the one for the server's version, which is asked once in a process."""
    return [request for request in costs.requests if request.endswith("/rows")]


def test_each_combination_of_values_comes_once(genres) -> None:
    with counted() as costs:
        assert list(genres.distinct()) == ["novel", "science", "poetry", None]
    assert len(of_rows(costs)) == 1
    assert list(Book.objects.distinct().values("genre").exclude(genre=None)[1:]) == [
        {"genre": "science"},
        {"genre": "poetry"},
    ]
    assert list(genres.order_by("-price").distinct()) == ["science", "novel", None, "poetry"]
    assert list(Book.objects.values_list("tags", flat=True).distinct())[-1] == []
    pairs = Book.objects.filter(pages__gt=100).values_list("genre", "lent").distinct()
    assert list(pairs) == [("novel", False), ("science", False), (None, False)]


def test_slices_and_counts_of_distinct_values(genres) -> None:
    once = genres.distinct()
    assert (once.count(), once.exists(), once[4:].exists(), once[3:].exists()) == (4, True, False, True)
    assert (once[1:3].count(), once.count(cap=2), once[1], once.first()) == (2, 2, "science", "novel")
    assert list(once.iterator(chunk_size=2)) == list(once)
    pages = Paginator(once.all(), 3)
    assert (pages.num_pages, list(pages.page(2))) == (2, [None])
    with pytest.raises(Book.MultipleObjectsReturned):
        once.filter(genre__in=["novel", "poetry"]).get()
    assert once.get(genre="novel") == "novel"

    async def read() -> list[str]:
        return [genre async for genre in once.all()]

    assert asyncio.run(read()) == list(once)


def test_distinct_reads_no_more_pages_than_the_slice_needs(genres, settings) -> None:
    settings.APPWRITE_ORM = {"default": {**settings.APPWRITE_ORM["default"], "PAGE_SIZE": 2}}
    with counted() as costs:
        assert list(genres.distinct()[:2]) == ["novel", "science"]
    assert len(of_rows(costs)) == 2
    assert list(genres.distinct()) == ["novel", "science", "poetry", None]


def test_a_server_with_aggregates_sends_the_groups(genres) -> None:
    with newer_server() as asked:
        assert list(genres.distinct()[1:3]) == ["science", "poetry"]
    assert [query["method"] for query in asked[0]] == ["min", "groupBy", "limit"]


def test_rows_are_distinct(genres) -> None:
    with counted() as costs:
        assert Book.objects.distinct().count() == Book.objects.values("id", "genre").distinct().count() == 6
    assert len(costs.requests) == 1
    assert len(Book.objects.distinct()) == 6
    groups = genres.distinct().annotate(n=Count("*"))
    assert {group["genre"]: group["n"] for group in groups} == {"novel": 2, "science": 1, "poetry": 2, None: 1}
    assert genres.distinct().filter(genre="poetry").update(price=1) == 2


@pytest.mark.usefixtures("shop")
def test_distinct_values_as_the_value_of_in() -> None:
    assert names(Maker.objects.filter(pk__in=Toy.objects.values("maker").distinct()[:1])) == ["Ada"]


def test_unsupported_uses_of_distinct_are_refused(genres) -> None:
    with pytest.raises(NotSupportedError, match=r"takes no columns.*annotate\(first=Min\('sequence'\)\)"):
        Book.objects.distinct("genre")
    groups = Book.objects.values("genre").annotate(first=Min("sequence"))
    assert titles(Book.objects.filter(sequence__in=[group["first"] for group in groups])) == [
        "Dune",
        "Cosmos",
        "Howl",
        "Brief",
    ]
    with pytest.raises(TypeError, match=r"Cannot call distinct\(\) on a query once a slice has been taken"):
        genres[:2].distinct()
    with pytest.raises(NotSupportedError, match="Shuffle the values in Python"):
        list(genres.order_by("?").distinct()[:2])
    with pytest.raises(NotSupportedError, match="distinct=True"):
        genres.distinct().aggregate(Count("genre"))


def test_values_can_be_pickled(genres) -> None:
    named = Book.objects.values_list("title", "genre", named=True)
    for values in (genres.distinct(), Book.objects.values("title"), named, Book.objects.values_list("title")):
        unread = pickle.loads(pickle.dumps(values))
        assert list(unread) == list(values)
        with counted() as costs:
            assert list(pickle.loads(pickle.dumps(values))) == list(values)
        assert costs.requests == costs.cache == []
    assert pickle.loads(pickle.dumps(named[0])).genre == "novel"
