"""Keyset pagination over models and tables: every row once, each page one request, no cursor that was not made here."""

from __future__ import annotations

import datetime
from itertools import chain
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.signing import Signer
from rest_framework.test import APIClient

from django_appwrite_orm import orm
from django_appwrite_orm.contrib.rest import KeysetPagination
from django_appwrite_orm.exceptions import ConfigurationError
from tests.backend.shop.models import Batch, Letter, Maker, Note, Product
from tests.contrib.rest.site import NotesPaged, ProductsPaged
from tests.support.costs import counted
from tests.support.library.tables import Book

DAY = datetime.date(2024, 1, 1)
MOMENT = datetime.datetime(2024, 1, 1, 12, 30, 15, 250_000, tzinfo=datetime.UTC)


@pytest.fixture
def products() -> list[Product]:
    """Many of them are equal in each field, and null in some."""
    ada, bob = Maker.objects.bulk_create([Maker(name="Ada"), Maker(name="Bob")])
    return Product.objects.bulk_create(
        Product(
            name=f"{'Sea' if number % 3 else 'war'} {number % 4}",
            stock=number // 9,
            price=None if number % 4 == 0 else number // 4,
            is_sold=number % 2 == 0,
            made_on=None if number % 5 == 0 else DAY + datetime.timedelta(number % 3),
            sold_at=None if number % 7 == 0 else MOMENT + datetime.timedelta(milliseconds=number % 4),
            maker=ada if 6 <= number < 10 else bob if 10 <= number < 14 else None,
        )
        for number in range(23)
    )


def pages(client: APIClient, url: str, follow: str = "next") -> list[list[Any]]:
    """The ids of each page, from this one in a direction."""
    rows = []
    link: str | None = url
    while link is not None:
        response = client.get(link)
        assert response.status_code == 200, response.content
        rows.append([row["id"] for row in response.json()["results"]])
        link = response.json()[follow]
        assert len(rows) < 30, "the pages never end"
    return rows


ORDERS = [
    *("", "id", "-id", "pk", "name", "-name", "stock", "-stock", "price", "-price", "is_sold", "-is_sold"),
    *("made_on", "-made_on", "sold_at", "-sold_at", "maker", "-maker", "price,-stock", "-price,made_on,is_sold"),
]


@pytest.mark.parametrize("order", ORDERS)
def test_every_row_comes_once_forwards_and_backwards(order: str, client: APIClient, products: list[Product]) -> None:
    url = f"/paged/products/?ordering={order}"
    forwards = pages(client, url)
    assert [len(page) for page in forwards] == [5, 5, 5, 5, 3]
    terms = [term for term in order.split(",") if term]
    if not any(term.lstrip("-") in ("id", "pk") for term in terms):
        terms.append("pk")
    assert list(chain(*forwards)) == list(Product.objects.order_by(*terms).values_list("pk", flat=True))

    last = url
    while (following := client.get(last).json()["next"]) is not None:
        last = following
    backwards = pages(client, last, "previous")
    assert list(reversed(backwards)) == forwards


@pytest.mark.parametrize("order", ["", "price", "-made_on", "is_sold,-name"])
def test_each_page_is_one_request_at_any_depth_and_none_when_it_is_cached(
    order: str, client: APIClient, products: list[Product]
) -> None:
    url: str | None = f"/paged/products/?ordering={order}&size=4"
    while url is not None:
        with counted() as costs:
            response = client.get(url)
        assert [request.split()[0] for request in costs.requests] == ["GET"], costs.requests
        with counted() as costs:
            assert client.get(url).json() == response.json()
        assert costs.requests == []
        url = response.json()["next"]


def test_links_keep_search_order_and_page_size(client: APIClient, products: list[Product]) -> None:
    url = "/paged/products/?search=sea&ordering=-price&size=4"
    rows = list(chain(*pages(client, url)))
    matching = Product.objects.filter(name__icontains="sea").order_by("-price", "pk")
    assert rows == list(matching.values_list("pk", flat=True))
    query = parse_qs(urlsplit(client.get(url).json()["next"]).query)
    assert {name: query[name] for name in ("search", "ordering", "size")} == {
        "search": ["sea"], "ordering": ["-price"], "size": ["4"]
    }  # fmt: skip


def test_rows_that_come_and_go_meanwhile_shift_nothing(client: APIClient, products: list[Product]) -> None:
    first = client.get("/paged/products/?ordering=stock").json()
    Product.objects.filter(pk__in=[row["id"] for row in first["results"]]).delete()
    Product.objects.create(name="early", stock=-1)
    second = client.get(first["next"]).json()
    assert [row["id"] for row in second["results"]] == [product.pk for product in products[5:10]]
    assert [row["name"] for row in client.get(second["previous"]).json()["results"]] == ["early"]


def test_pages_whose_rows_have_all_gone_lead_to_those_that_are_left(client: APIClient, products: list[Product]) -> None:
    first = client.get("/paged/products/").json()
    second = client.get(first["next"]).json()
    Product.objects.filter(pk__in=[product.pk for product in products[:5]]).delete()
    empty = client.get(second["previous"]).json()
    assert (empty["results"], empty["previous"]) == ([], None)
    assert [row["id"] for row in client.get(empty["next"]).json()["results"]] == [row.pk for row in products[5:10]]
    Product.objects.filter(pk__in=[product.pk for product in products[10:]]).delete()
    empty = client.get(second["next"]).json()
    assert (empty["results"], empty["next"]) == ([], None)
    assert [row["id"] for row in client.get(empty["previous"]).json()["results"]] == [row.pk for row in products[5:10]]


def test_an_empty_table_is_one_page(client: APIClient) -> None:
    assert client.get("/paged/products/").json() == {"next": None, "previous": None, "results": []}


@pytest.mark.parametrize("url", ["/paged/notes/?ordering=_order", "/paged/notes/?ordering=-text", "/paged/notes/"])
def test_ids_of_appwrite_break_ties(url: str, client: APIClient) -> None:
    notes = Note.objects.bulk_create(Note(text=f"{number % 3}", _order=number % 2) for number in range(12))
    rows = pages(client, url)
    assert [len(page) for page in rows] == [5, 5, 2]
    assert sorted(chain(*rows)) == sorted(note.pk for note in notes)


def test_keys_that_are_uuids_and_system_fields_have_an_order(client: APIClient) -> None:
    product = Product.objects.create(name="a")
    batches = Batch.objects.bulk_create(Batch(product=product) for _ in range(12))
    assert list(chain(*pages(client, "/paged/batches/"))) == sorted(str(batch.pk) for batch in batches)
    letters = [Letter.objects.create(text=str(number)) for number in range(7)]
    assert sorted(chain(*pages(client, "/paged/letters/"))) == [letter.pk for letter in letters]


@pytest.mark.parametrize("order", ["", "title", "-pages", "pages,-title", "genre", "-lent", "added", "-created_at"])
def test_tables_have_pages_too(order: str, client: APIClient) -> None:
    Book.objects.bulk_create(
        Book(
            title=f"Book {number:02}", price=1, pages=None if number % 3 else number, lent=bool(number % 2), genre=None
        )
        for number in range(12)
    )  # fmt: skip
    url: str | None = f"/paged/books/?ordering={order}"
    rows = pages(client, str(url))
    assert [len(page) for page in rows] == [5, 5, 2]
    terms = [term for term in order.split(",") if term] or ["sequence"]
    assert list(chain(*rows)) == [book.id for book in Book.objects.order_by(*terms)]
    orm.clear_caches()
    while url is not None:
        with counted() as costs:
            url = client.get(url).json()["next"]
        assert len(costs.requests) == 1, costs.requests


# What is refused


def cursor_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["cursor"][0]


@pytest.mark.parametrize("cursor", ["", "x", "abc:def", "W10:x", "é", "a" * 5000, "%00"])
def test_a_cursor_that_was_not_made_here_is_not_found(cursor: str, client: APIClient) -> None:
    with counted() as costs:
        response = client.get("/paged/products/", {"cursor": cursor})
    assert response.status_code == 404
    assert "follow the links" in response.json()["detail"]
    assert costs.requests == []


def test_a_cursor_of_another_order_list_or_site_is_not_found(client: APIClient, products: list[Product]) -> None:
    cursor = cursor_of(client.get("/paged/products/?ordering=stock").json()["next"])
    assert client.get("/paged/products/", {"ordering": "stock", "cursor": cursor}).status_code == 200
    for url, order in [("products", "-stock"), ("products", "name"), ("products", ""), ("notes", "id")]:
        assert client.get(f"/paged/{url}/", {"ordering": order, "cursor": cursor}).status_code == 404
    changed = cursor[:-1] + ("a" if cursor[-1] != "a" else "b")
    assert client.get("/paged/products/", {"ordering": "stock", "cursor": changed}).status_code == 404
    forged = Signer(key="another", salt="x").sign_object([False, ["1", "1"]])
    assert client.get("/paged/products/", {"ordering": "stock", "cursor": forged}).status_code == 404


def test_a_cursor_from_before_a_field_was_changed_is_not_found(client: APIClient, products: list[Product]) -> None:
    signer = Signer(salt="django_appwrite_orm.contrib.rest.pagination:shop.Product:stock:id")
    for values in (["many", "1"], ["1"], ["1", "2", "3"]):
        text = signer.sign_object([False, values])
        assert client.get("/paged/products/", {"ordering": "stock", "cursor": text}).status_code == 404


@pytest.mark.parametrize("order", ["weight", "-weight", "name,weight"])
def test_an_order_without_a_keyset_that_the_client_chose_is_a_bad_request(order: str, client: APIClient) -> None:
    response = client.get(f"/paged/products/?ordering={order}")
    assert response.status_code == 400
    assert "cannot be ordered by" in response.json()["detail"]


@pytest.mark.parametrize("order", ["weight", "data", "maker__name", "nothing", "tags"])
def test_an_order_without_a_keyset_that_the_view_has_is_a_mistake_of_the_site(
    order: str, client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ProductsPaged, "filter_backends", ())
    monkeypatch.setattr(ProductsPaged.pagination_class, "ordering", order)
    with pytest.raises(ConfigurationError, match="cannot be ordered by"):
        client.get("/paged/products/")


def test_without_a_page_size_there_are_no_pages(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NotesPaged, "pagination_class", type("All", (KeysetPagination,), {"page_size": None}))
    Note.objects.create(text="a")
    assert [note["text"] for note in client.get("/paged/notes/").json()] == ["a"]
