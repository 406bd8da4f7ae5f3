"""ETags of what a view has read: a 304 costs no request, and nobody gets one for what has changed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextvars import Context
from threading import Thread
from typing import Any
from unittest import mock

import pytest
from django.core.cache import caches
from django.utils.functional import SimpleLazyObject
from rest_framework.test import APIClient

from django_appwrite_orm import cache_policy, orm
from django_appwrite_orm.connection import connections
from django_appwrite_orm.web import read_etags
from tests.backend.shop.models import Maker, Note, Product, Tag
from tests.contrib.rest import site
from tests.support.cache_headers import PRIVATE, max_age
from tests.support.costs import counted
from tests.support.library.tables import Book, Reader


@pytest.fixture
def product() -> Product:
    product = Product.objects.create(name="Ball", maker=Maker.objects.create(name="Ada"))
    product.tags.add(Tag.objects.create(slug="round"))
    return product


def get(client: APIClient, url: str = "/products/", etag: str | None = None, **headers: str) -> Any:
    if etag is not None:
        headers["If-None-Match"] = etag
    return client.get(url, headers=headers)


def test_the_first_response_has_a_tag_and_an_unchanged_one_costs_one_round_trip_to_the_cache(
    client: APIClient, product: Product
) -> None:
    orm.clear_caches()
    with counted() as costs:
        cold = get(client)
    assert len(costs.requests) == 4, costs.requests  # products, their makers, the links to tags, the tags
    with counted() as costs:
        warm = get(client)
    assert costs.requests == []
    assert warm["ETag"] == cold["ETag"]
    with counted() as costs:
        response = get(client, etag=cold["ETag"])
    assert (response.status_code, response.content) == (304, b"")
    assert (costs.requests, costs.cache) == ([], ["get_many"])
    assert (response["ETag"], response["X-Cache-Status"]) == (cold["ETag"], "HIT")
    assert {name.strip() for name in response["X-Cache-Table"].split(",")} == {
        name.strip() for name in cold["X-Cache-Table"].split(",")
    }


def test_another_process_recognizes_a_tag(client: APIClient, product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    etag = get(client)["ETag"]
    monkeypatch.setattr(read_etags, "_sources", {})
    assert get(client, etag=etag).status_code == 304


def test_ten_tags_of_a_request_count(client: APIClient, product: Product) -> None:
    etag = get(client)["ETag"]
    others = [f'"{n:032x}{etag[33:]}' for n in range(10)]
    with counted() as costs:
        assert get(client, etag=", ".join([*others[:9], etag])).status_code == 304
    assert costs.cache == ["get_many"] * 10
    with counted() as costs:
        get(client, etag=", ".join([*others, etag]))
    assert len(costs.cache) > len([*others, etag])  # those of the view: it was run


CHANGES: dict[str, Callable[[], Any]] = {
    "the row": lambda: Product.objects.update(stock=1),
    "a row beside it": lambda: Product.objects.create(name="Kite"),
    "a joined row": lambda: Maker.objects.update(country="fr"),
    "a prefetched row": lambda: Tag.objects.create(slug="new"),
    "a link": lambda: Product.tags.through.objects.all().delete(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_of_any_table_that_was_read_is_seen(
    change: Callable[[], Any], client: APIClient, product: Product
) -> None:
    etag = get(client)["ETag"]
    Note.objects.create(text="not among them")
    Book.objects.create(title="nor this", price=1)
    assert get(client, etag=etag).status_code == 304
    change()
    response = get(client, etag=etag)
    assert response.status_code == 200
    assert response["ETag"] != etag
    assert get(client, etag=response["ETag"]).status_code == 304


def test_tables_that_no_serializer_names_count(client: APIClient) -> None:
    etag = get(client, "/tables/")["ETag"]
    assert get(client, "/tables/", etag).status_code == 304
    Book.objects.create(title="Dune", price=1)
    response = get(client, "/tables/", etag)
    assert (response.status_code, response.json()["books"]) == (200, 1)
    Maker.objects.create(name="Ada")
    assert get(client, "/tables/", response["ETag"]).status_code == 200


def test_what_is_read_while_the_response_is_rendered_counts(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    class Late(site.JSONRenderer):
        def render(self, data: Any, *args: Any, **options: Any) -> bytes:
            return super().render([data, Reader.objects.count()], *args, **options)

    monkeypatch.setattr(site.Makers, "renderer_classes", (Late,))
    etag = get(client, "/makers/")["ETag"]
    assert get(client, "/makers/", etag).status_code == 304
    Reader.objects.create(name="x")
    assert get(client, "/makers/", etag).json() == [[], 1]


def test_a_row_that_is_read_has_a_tag_and_one_that_is_not_there_has_none(client: APIClient, product: Product) -> None:
    url = f"/products/{product.pk}/"
    etag = get(client, url)["ETag"]
    assert get(client, url, etag).status_code == 304
    product.delete()
    assert get(client, url, etag).status_code == 404


@pytest.mark.parametrize("header", ["Cookie", "Authorization", "Accept-Language", "X-User"])
def test_nobody_is_shown_what_was_made_for_somebody_else(header: str, client: APIClient, product: Product) -> None:
    mine, yours = (get(client, **{header: name})["ETag"] for name in ("mine", "yours"))
    assert mine != yours
    assert get(client, etag=mine, **{header: "yours"}).status_code == 200
    assert get(client, etag=mine).status_code == 200
    response = get(client, etag=mine, **{header: "mine"})
    assert (response.status_code, response["Cache-Control"]) == (304, PRIVATE)


def test_the_address_is_part_of_a_tag(client: APIClient, product: Product) -> None:
    etag = get(client, "/products/?page=1")["ETag"]
    assert get(client, "/products/", etag).status_code == 200
    assert get(client, "/products/?page=1", etag).status_code == 304


@pytest.mark.parametrize("is_lazy", [False, True])
def test_the_fields_of_a_user_are_part_of_a_tag(
    is_lazy: bool, client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker = Maker.objects.create(name="Ada")
    user = SimpleLazyObject(lambda: maker) if is_lazy else maker
    monkeypatch.setattr(site.UserHeader, "authenticate", lambda self, request: (user, None))
    etag = get(client, "/products/")["ETag"]
    assert get(client, "/products/", etag).status_code == 304
    maker.country = "fr"
    assert get(client, "/products/", etag).status_code == 200


def test_a_view_adds_what_else_it_depends_on(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.Makers, "get_etag_key", lambda self, request: flag, raising=True)
    flag = "on"
    etag = get(client, "/makers/")["ETag"]
    assert get(client, "/makers/", etag).status_code == 304
    flag = "off"
    assert get(client, "/makers/", etag).status_code == 200


def test_permissions_come_before_a_304(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    etag = get(client, "/makers/")["ETag"]
    refused = type("Nobody", (), {"has_permission": lambda self, request, view: False})
    monkeypatch.setattr(site.Makers, "permission_classes", (refused,))
    assert get(client, "/makers/", etag).status_code == 403


def test_a_tag_ends_with_the_results_that_it_was_made_of(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with cache_policy(ttl=60):
        etag = get(client, "/makers/")["ETag"]
    assert get(client, "/makers/", etag).status_code == 304
    later = read_etags.time.time() + 61
    with mock.patch.object(read_etags.time, "time", return_value=later):
        assert get(client, "/makers/", etag).status_code == 200


def test_what_is_read_past_the_cache_or_during_a_write_has_no_tag_of_tables(client: APIClient) -> None:
    client.get("/tables/")
    assert "." not in get(client, "/uncached/")["ETag"]
    etag = get(client, "/tables/")["ETag"]
    caches["default"].add(connections["default"].table_keys(Book.objects.ref).leases[0], "a writer")
    assert get(client, "/tables/", etag).status_code == 304  # the token is there, so nothing has been sent
    caches["default"].delete(connections["default"].table_keys(Book.objects.ref).token)
    for _ in range(2):  # the first one adds a token
        response = get(client, "/tables/", etag)
        assert response.status_code == 200
        assert "." not in response["ETag"]


def scripted(client: APIClient, run: Callable[[], Any], url: str = "/scripted/", **headers: str) -> Any:
    site.Scripted.run = staticmethod(run)
    return get(client, url, **headers)


def test_a_table_that_changes_between_two_reads_has_no_tag_of_tables(client: APIClient) -> None:
    def twice() -> list[int]:
        first = Book.objects.count()
        Book.objects.create(title="Dune", price=1)
        return [first, Book.objects.count()]

    assert "." not in scripted(client, twice)["ETag"]
    assert "." in scripted(client, Book.objects.count)["ETag"]


def test_what_a_thread_without_the_context_reads_prevents_a_tag_of_tables(client: APIClient) -> None:
    def elsewhere() -> int:
        thread = Thread(target=Book.objects.count, context=Context()) if sys.version_info >= (3, 14) else Thread(
            target=Book.objects.count
        )  # fmt: skip
        thread.start()
        thread.join()
        return Reader.objects.count()

    assert "." not in scripted(client, elsewhere)["ETag"]


@pytest.mark.parametrize("books", [Book.objects.as_guest(), Book.objects.as_guest().cached(60)])
def test_what_is_read_for_somebody_has_no_tag_of_tables(books: Any, client: APIClient) -> None:
    response = scripted(client, lambda: [len(books.all()), Reader.objects.count()])
    assert "." not in response["ETag"]
    assert response["Cache-Control"] == PRIVATE


def test_a_public_response_has_a_tag_and_a_personal_one_stays_private(client: APIClient) -> None:
    response = scripted(client, Book.objects.count, "/public/")
    assert max_age(response) == 100
    assert get(client, "/public/", response["ETag"]).status_code == 304
    mine = get(client, "/public/", Authorization="Bearer mine")
    assert mine["Cache-Control"] == PRIVATE
    again = get(client, "/public/", mine["ETag"], Authorization="Bearer mine")
    assert (again.status_code, again["Cache-Control"]) == (304, PRIVATE)


def test_a_response_that_may_not_be_stored_has_no_tag(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.Makers, "default_response_headers", {"Cache-Control": "no-store"})
    response = get(client, "/makers/")
    assert (response["Cache-Control"], response.has_header("ETag")) == ("no-store", False)


def test_a_view_that_reads_nothing_is_left_alone(client: APIClient) -> None:
    response = get(client, "/nothing/")
    assert not response.has_header("ETag")
    assert not response.has_header("Cache-Control")


def test_tags_of_other_forms_are_ignored(client: APIClient, product: Product) -> None:
    etag = get(client)["ETag"]
    digest, expires, tables = etag.strip('"').split(".")
    changed = [
        f"{digest}.{int(expires) + 9999}.{tables}", f"{digest}.{expires}.{tables[:8]}", f"{digest}.{expires}.{'x' * 8}",
        f"{'0' * 32}.{expires}.{tables}", f"{digest}.{expires}.{tables * 100}", f"{digest}.{expires}.", "", "a", "..",
    ]  # fmt: skip
    for text in changed:
        assert get(client, etag=f'"{text}"').status_code == 200
    assert get(client, etag="W/" + etag).status_code == 304  # as GZipMiddleware makes it
    assert get(client, etag=f'"a", {etag}').status_code == 304


def test_without_the_middleware_a_response_is_private_all_the_same(
    client: APIClient, product: Product, settings: Any
) -> None:
    settings.MIDDLEWARE = []
    client = APIClient()
    response = get(client)
    assert response["Cache-Control"] == PRIVATE
    response = get(client, etag=response["ETag"])
    assert (response.status_code, response["Cache-Control"]) == (304, PRIVATE)


# If-Match


def test_a_change_of_what_the_client_has_read_is_made_and_of_something_else_refused(
    client: APIClient, product: Product
) -> None:
    url = f"/makers/{product.maker_id}/"
    etag = get(client, url)["ETag"]
    assert client.patch(url, {"country": "fr"}, headers={"If-Match": etag}).status_code == 200
    response = client.patch(url, {"country": "de"}, headers={"If-Match": etag})
    assert response.status_code == 412
    assert "Read it again" in response.json()["detail"]
    assert client.put(url, {"name": "Eve"}, headers={"If-Match": etag}).status_code == 412
    assert client.delete(url, headers={"If-Match": etag}).status_code == 412
    assert (Maker.objects.get().name, Maker.objects.get().country) == ("Ada", "fr")
    etag = get(client, url)["ETag"]
    assert client.delete(url, headers={"If-Match": etag}).status_code == 204


def test_if_match_does_not_end_with_the_results(client: APIClient, product: Product) -> None:
    url = f"/makers/{product.maker_id}/"
    with cache_policy(ttl=60):
        etag = get(client, url)["ETag"]
    later = read_etags.time.time() + 61
    with mock.patch.object(read_etags.time, "time", return_value=later):
        assert client.patch(url, {"country": "fr"}, headers={"If-Match": etag}).status_code == 200


def test_an_if_match_of_any_row_or_of_none(client: APIClient, product: Product) -> None:
    url = f"/makers/{product.maker_id}/"
    assert client.patch(url, {"country": "fr"}, headers={"If-Match": "*"}).status_code == 200
    assert client.patch(url, {"country": "fr"}, headers={"If-Match": '"a"'}).status_code == 412
    assert client.patch(url, {"country": "fr"}).status_code == 200
