"""`table_etag`: a 304 that runs no view and asks no Appwrite, and only while nothing has changed."""

from __future__ import annotations

import asyncio
from unittest import mock

import pytest
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.views.decorators.http import condition

from django_appwrite_orm import cache_policy
from django_appwrite_orm.connection import connections
from django_appwrite_orm.exceptions import ConfigurationError, Unavailable
from django_appwrite_orm.transport import Client
from django_appwrite_orm.web import AppwriteCacheMiddleware, table_etag
from tests.support.costs import counted
from tests.support.library.tables import Book, Reader

pytestmark = pytest.mark.usefixtures("library")
client = RequestFactory()
runs: list[str] = []


@condition(etag_func=table_etag("books", "library_reader"))
def view(request: HttpRequest) -> HttpResponse:
    runs.append(request.path)
    return HttpResponse(f"{Book.objects.count()} books, {Reader.objects.count()} readers")


def get(etag: str | None = None, **headers: str) -> HttpResponse:
    if etag is not None:
        headers["If-None-Match"] = etag
    return AppwriteCacheMiddleware(view)(client.get("/books", headers=headers))


def test_unchanged_costs_one_round_trip() -> None:
    assert not get().has_header("ETag") or runs  # the first request finds no versions, and makes them
    etag = get()["ETag"]
    runs.clear()
    with counted() as costs:
        answer = get(etag)
    assert (answer.status_code, runs, costs.requests, costs.cache) == (304, [], [], ["get_many"])
    assert answer["X-Cache-Status"] == "HIT"
    assert answer["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    "change",
    [
        lambda: Book.objects.create(title="Dune", price=1),
        lambda: Reader.objects.create(name="x"),
        lambda: Book.objects.set_updated(False),
    ],
)
def test_a_change_of_any_of_the_tables_runs_the_view(change) -> None:
    get()
    etag = get()["ETag"]
    change()
    runs.clear()
    assert get(etag).status_code == 200
    assert runs == ["/books"]
    assert get()["ETag"] != etag


@pytest.mark.parametrize("sent", [None, '"another"'])
def test_while_a_table_is_being_written_no_response_gets_a_tag_of_versions(sent: str | None) -> None:
    get()
    etag = get()["ETag"]
    caches["default"].add(connections["default"].table_keys(Book.objects.ref).leases[0], "a writer")
    assert get(sent)["ETag"] != etag
    assert get(etag).status_code == 304  # its token is there, so nothing has been sent


@pytest.mark.parametrize("form", ["{}", "W/{}", '"another", {}', 'W/"another", W/{}'])
def test_a_304_looks_up_one_key_for_each_table(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    get()
    etag = get()["ETag"]
    keys = [connections["default"].table_keys(table.objects.ref) for table in (Book, Reader)]
    with mock.patch.object(caches["default"], "get_many", wraps=caches["default"].get_many) as get_many:
        assert get(form.format(etag)).status_code == 304
    assert [list(call.args[0]) for call in get_many.call_args_list] == [[table.token for table in keys]]


@pytest.mark.parametrize("header", ["Cookie", "Authorization", "Accept", "Accept-Language"])
def test_nobody_is_shown_what_was_made_for_somebody_else(header: str) -> None:
    get()
    mine, yours = get(**{header: "mine"})["ETag"], get(**{header: "yours"})["ETag"]
    assert mine != yours
    assert get(mine, **{header: "yours"}).status_code == 200
    assert get(mine, **{header: "mine"}).status_code == 304


def test_the_tag_ends_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    get()
    now = [3_000_000.0]
    monkeypatch.setattr("django_appwrite_orm.web.http_cache.time.time", lambda: now[0])
    tag = table_etag("books", ttl=60)
    request = client.get("/books")
    first = tag(request)
    now[0] += 59
    assert tag(request) == first
    now[0] += 1
    assert tag(request) != first
    assert table_etag("books", ttl=0)(request) is None


def test_what_is_stale_is_not_vouched_for() -> None:
    with cache_policy(stale_if_error=3600):
        get()
        Book.objects.create(title="Dune", price=1)
        Book.objects.first()  # somebody else has read the table since: it has a version again
        Reader.objects.first()
        with mock.patch.object(Client, "send", side_effect=Unavailable("down")):
            stale = get()
        assert (stale["X-Cache-Status"], stale.content[:7]) == ("STALE", b"0 books")
        fresh = get(stale["ETag"])
    assert (fresh.status_code, fresh.content[:7]) == (200, b"1 books")


def test_by_adds_to_the_tag() -> None:
    get()
    request = client.get("/books")
    assert table_etag("books", by=lambda request: "a")(request) != table_etag("books", by=lambda request: "b")(request)
    assert table_etag("books")(request) != table_etag("books")(client.get("/books?page=2"))


def test_what_cannot_be_a_tag_says_so() -> None:
    with pytest.raises(ValueError, match="at least one table"):
        table_etag()
    with pytest.raises(ConfigurationError, match="bookz"):
        table_etag("bookz")(client.get("/"))


def test_for_an_asynchronous_view() -> None:
    """Django calls an etag_func on the event loop there."""
    Book.objects.first()  # it has a version now
    tag, request = table_etag("books", ttl=10**9), client.get("/books")

    async def ask() -> str | None:
        return tag(request)

    assert asyncio.run(ask()) == tag(request) is not None


@pytest.mark.parametrize("sent", [None, '"another"'])
def test_a_response_with_a_tag_shows_no_rows_from_before_its_tokens(settings, sent: str | None) -> None:
    """A process with TRUST uses results for some time without looking whether others have changed the table."""
    default = settings.APPWRITE_ORM["default"]
    settings.APPWRITE_ORM = {"default": {**default, "CACHE": {"TRUST": 60}}}
    get()
    get()
    connection = connections["default"]
    with mock.patch.object(type(connection.store.ledger), "touch"):  # as in another process
        Book.objects.create(title="Dune", price=1)
    caches["default"].set(connection.table_keys(Book.objects.ref).token, "of a read elsewhere")
    assert Book.objects.count() == 0  # trusted
    assert get(sent).content[:7] == b"1 books"
