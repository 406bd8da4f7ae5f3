"""{% rows %}: lookups, order, window, and errors that name the mistake."""

from __future__ import annotations

import pytest
from django.template import Context, Template, TemplateSyntaxError

from tests.support.costs import counted
from tests.support.library.tables import Book


@pytest.fixture(autouse=True)
def books(library) -> None:
    titles = {"Dune": "novel", "Emma": "novel", "Cosmos": "science", "Odes": "poetry"}
    Book.objects.bulk_create([Book(title=t, genre=g, price=n) for n, (t, g) in enumerate(titles.items())])


def shown(arguments: str, **context) -> str:
    page = (
        f"{{% load appwrite %}}{{% rows {arguments} as items %}}{{% for b in items %}}{{{{ b.title }}}} {{% endfor %}}"
    )
    return Template(page).render(Context(context)).strip()


@pytest.mark.parametrize(
    ("arguments", "titles"),
    [
        ('"books"', "Dune Emma Cosmos Odes"),
        ('"library.Book" genre="novel"', "Dune Emma"),
        ('"books" price__gte=1 price__lt=3', "Emma Cosmos"),
        ('"books" order_by="-price"', "Odes Cosmos Emma Dune"),
        ('"books" order_by="genre, -title"', "Emma Dune Odes Cosmos"),
        ('"books" limit=2', "Dune Emma"),
        ('"books" limit="1" offset="2"', "Cosmos"),
        ('"books" offset=3', "Odes"),
        ('"books" limit=0', ""),
        ('"books" title="Nothing"', ""),
        ('table genre=wanted order_by=order limit=most', "Emma"),
    ],
)  # fmt: skip
def test_rows(arguments: str, titles: str) -> None:
    assert shown(arguments, table="books", wanted="novel", order="-title", most=1) == titles


def test_one_read_however_often_they_are_used() -> None:
    page = '{% load appwrite %}{% rows "books" limit=2 as items %}'
    page += "{% if items %}{% for b in items %}.{% endfor %}{% endif %}{{ items|length }}"
    with counted() as costs:
        assert Template(page).render(Context()) == "..2"
    assert len(costs.requests) == 1


def test_rows_that_are_not_used_are_not_read() -> None:
    with counted() as costs:
        Template('{% load appwrite %}{% rows "books" as items %}').render(Context())
    assert (costs.requests, costs.cache) == ([], [])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ('"boks"', "There is no table 'boks'. Did you mean: books? Registered: books, library_everything"),
        ("missing", "There is no table ''"),
        ('"books" gerne="novel"', "Book has no column 'gerne'. Did you mean: genre"),
        ('"books" order_by="-prise"', "Book has no column 'prise'. Did you mean: price"),
        ('"books" price__contains=1', "Book.price has no lookup 'contains'"),
        ('"books" price="cheap"', "price: Expected a finite number, not 'cheap'"),
        ('"books" limit="all"', "limit must be a whole number, 0 or more, not 'all'"),
        ('"books" limit=-1', "limit must be a whole number, 0 or more, not -1"),
        ('"books" limit=missing', "limit must be a whole number, 0 or more, not ''"),
        ('"books" offset=1.5', "offset must be a whole number, 0 or more, not 1.5"),
        ('"books" title__in="Dune"', "title: The value of in must be a list"),
    ],
)
def test_mistakes_are_named(arguments: str, said: str) -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        shown(arguments)
    assert str(caught.value).startswith("rows")
    assert said in str(caught.value)


def test_a_random_order_with_a_limit() -> None:
    assert sorted(shown('"books" order_by="?" limit=4').split()) == ["Cosmos", "Dune", "Emma", "Odes"]
