"""Django's own caches of whole pages, below, above and around the view: they keep nothing that rests on rows."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.template.response import TemplateResponse
from django.test import AsyncClient, Client
from django.urls import path
from django.views.decorators.cache import cache_page

from django_appwrite_orm.web import page_caches
from tests.support.library.tables import Book

OURS = "django_appwrite_orm.web.AppwriteCacheMiddleware"
UPDATE = "django.middleware.cache.UpdateCacheMiddleware"
FETCH = "django.middleware.cache.FetchFromCacheMiddleware"
ORDERS = [[OURS, UPDATE, FETCH], [UPDATE, OURS, FETCH], [UPDATE, FETCH, OURS], [UPDATE, f"{__name__}.reading", FETCH]]


def titles(request: HttpRequest) -> HttpResponse:
    return HttpResponse(", ".join(book.title for book in Book.objects.all()))


async def atitles(request: HttpRequest) -> HttpResponse:
    return HttpResponse(", ".join([book.title async for book in Book.objects.all()]))


def in_a_thread(request: HttpRequest) -> HttpResponse:
    """A thread has no context of its request's, and a pool may have been begun before it."""
    found: list[HttpResponse] = []
    thread = threading.Thread(target=contextvars.Context().run, args=(lambda: found.append(titles(request)),))
    thread.start()
    thread.join()
    return found[0]


def lazy(request: HttpRequest) -> HttpResponse:
    template = engines["django"].from_string("{% for book in books %}{{ book.title }}{% endfor %}")
    return TemplateResponse(request, template, {"books": Book.objects.all()})


def from_middleware(request: HttpRequest) -> HttpResponse:
    return HttpResponse(getattr(request, "titles", b""))


calls: list[str] = []


def without_rows(request: HttpRequest) -> HttpResponse:
    calls.append(request.path)
    return HttpResponse("no rows")


def reading(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that reads for its view."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.titles = titles(request).content  # type: ignore[attr-defined]
        return get_response(request)

    return middleware


urlpatterns = [
    path("titles", titles),
    path("atitles", atitles),
    path("lazy", lazy),
    path("middleware", from_middleware),
    path("nothing", without_rows),
    path("page/titles", cache_page(600)(titles), name="titles-page"),
    path("page/atitles", cache_page(600)(atitles)),
    path("page/lazy", cache_page(600)(lazy)),
    path("page/thread", cache_page(600)(in_a_thread)),
    path("page/nothing", cache_page(600)(without_rows)),
]


@pytest.fixture(autouse=True)
def site(settings, library, monkeypatch) -> None:
    settings.ROOT_URLCONF = __name__
    monkeypatch.setattr(page_caches, "_logged", set())
    calls.clear()


@pytest.mark.parametrize("address", ["/titles", "/atitles", "/lazy"])
@pytest.mark.parametrize("middleware", ORDERS[:3])
def test_a_page_of_rows_is_not_kept(settings, middleware: list[str], address: str) -> None:
    settings.MIDDLEWARE = middleware
    assert_is_new(address)


def test_rows_that_middleware_has_read_count_too(settings) -> None:
    settings.MIDDLEWARE = [OURS, *ORDERS[3]]
    assert_is_new("/middleware")


@pytest.mark.parametrize("address", ["/page/titles", "/page/atitles", "/page/lazy"])
def test_cache_page_does_not_keep_it_either(settings, address: str) -> None:
    settings.MIDDLEWARE = [OURS]
    assert_is_new(address)


def assert_is_new(address: str) -> None:
    book = Book.objects.create(title="old", price=1)
    for ask in (Client().get, lambda address: asyncio.run(AsyncClient().get(address))):
        Book.objects.filter(pk=book.pk).update(title="old")
        assert ask(address).content == b"old"
        Book.objects.filter(pk=book.pk).update(title="new")
        again = ask(address)
        assert again.content == b"new"
        assert again["X-Cache-Status"] == "MISS"
        assert again["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(("middleware", "address"), [([OURS, UPDATE, FETCH], "/nothing"), ([OURS], "/page/nothing")])
def test_a_page_without_rows_is_kept(settings, middleware: list[str], address: str) -> None:
    settings.MIDDLEWARE = middleware
    for _ in range(2):
        assert Client().get(address).content == b"no rows"
    assert calls == [address]


def test_the_log_says_so_once_a_view(settings, caplog) -> None:
    settings.MIDDLEWARE = [OURS]
    with caplog.at_level(logging.WARNING, "django_appwrite_orm.web"):
        for address in ("/page/titles", "/page/titles", "/titles", "/page/nothing"):
            Client().get(address)
    (record,) = caplog.records
    assert record.getMessage().startswith("titles-page reads rows")


def test_a_read_in_a_thread_counts_too(settings) -> None:
    settings.MIDDLEWARE = [OURS]
    book = Book.objects.create(title="old", price=1)
    assert Client().get("/page/thread").content == b"old"
    Book.objects.filter(pk=book.pk).update(title="new")
    assert Client().get("/page/thread").content == b"new"
