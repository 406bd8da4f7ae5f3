"""What a public response must not rest on, wherever it was read: in threads, in blocks, past the cache, in vain."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from django_appwrite_orm.cache import ReadResult, Status, note_read, recording
from django_appwrite_orm.connection import connections
from django_appwrite_orm.exceptions import AppwriteError
from django_appwrite_orm.querysets import atomic
from django_appwrite_orm.transport.retry import Attempt, TransportError
from django_appwrite_orm.web import cache_publicly
from tests.support.cache_headers import PRIVATE, max_age
from tests.support.library.tables import Book, Reader
from tests.web.conftest import Ask

pytestmark = pytest.mark.usefixtures("thread_contexts")


def as_somebody() -> object:
    return Book.objects.as_guest().count()


def as_key() -> object:
    return len(Book.objects.all())


def shortly() -> object:
    return len(Book.objects.filter(price__gt=1).cached(30))


def by_thread(work: Callable[[], object]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def by_pool(work: Callable[[], object]) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


def by_pool_with_context(work: Callable[[], object]) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(copy_context().run, work).result()


def by_executor(work: Callable[[], object]) -> None:
    async def run() -> None:
        await asyncio.get_running_loop().run_in_executor(None, work)

    async_to_sync(run)()


def by_asgiref(work: Callable[[], object]) -> None:
    async_to_sync(sync_to_async(work, thread_sensitive=False))()


def within_another_record(work: Callable[[], object]) -> None:
    with recording():
        work()


WAYS = {one.__name__: one for one in (by_thread, by_pool, by_executor, by_pool_with_context, by_asgiref)}
WAYS["within_another_record"] = within_another_record
READS = {one.__name__: one for one in (as_somebody, as_key, shortly)}


@cache_publicly(max_age=300)
def page(request: HttpRequest) -> HttpResponse:
    WAYS[request.GET["way"]](READS[request.GET["read"]])
    return HttpResponse("books")


@cache_publicly(max_age=300)
def quiet(request: HttpRequest) -> HttpResponse:
    """Runs while others do what the test says, and reads nothing in somebody's name itself."""
    as_key()
    meanwhile.pop()()
    return HttpResponse("books")


meanwhile: list[Callable[[], object]] = []


@cache_publicly(max_age=300)
def staged(request: HttpRequest) -> HttpResponse:
    with suppress(KeyError), atomic():
        book = Book.objects.create(title="staged", price=1)
        shown = Book.objects.get(pk=book.pk).title
        raise KeyError
    return HttpResponse(shown)


@cache_publicly(max_age=300)
def written(request: HttpRequest) -> HttpResponse:
    as_key()
    try:
        Book.objects.as_guest().create(title="theirs", price=1)
    except AppwriteError as error:
        return HttpResponse(f"You may not: {error}")
    return HttpResponse("You may")


@cache_publicly(max_age=300)
def through_the_sdk(request: HttpRequest) -> HttpResponse:
    connections["default"].sdk_client().call("get", "/tablesdb/library/tables/books/rows")
    return HttpResponse("books")


@cache_publicly(max_age=300)
def in_vain(request: HttpRequest) -> HttpResponse:
    try:
        return HttpResponse(f"{len(Book.objects.all())} books")
    except AppwriteError:
        return HttpResponse("no books")


urlpatterns = [
    path("page", page),
    path("quiet", quiet),
    path("staged", staged),
    path("written", written),
    path("sdk", through_the_sdk),
    path("in_vain", in_vain),
]


@pytest.fixture(autouse=True)
def these_views(site: None, settings) -> None:
    settings.ROOT_URLCONF = __name__


@pytest.mark.parametrize("way", WAYS)
def test_somebodys_rows_are_private_whoever_reads_them(ask: Ask, way: str) -> None:
    for _ in range(2):
        assert ask(f"/page?way={way}&read=as_somebody")["Cache-Control"] == PRIVATE


@pytest.mark.parametrize("way", WAYS)
def test_what_is_for_everybody_stays_public(ask: Ask, way: str) -> None:
    assert 0 < max_age(ask(f"/page?way={way}&read=as_key")) <= 300


@pytest.mark.parametrize("way", WAYS)
def test_never_longer_than_what_was_read_lives(ask: Ask, way: str) -> None:
    for _ in range(2):  # just stored, and from the cache
        assert 0 < max_age(ask(f"/page?way={way}&read=shortly")) <= 30


@pytest.mark.parametrize("path", ["/staged", "/written", "/sdk"])
def test_not_what_was_learnt_past_the_cache_or_as_somebody(ask: Ask, path: str) -> None:
    assert ask(path)["Cache-Control"] == PRIVATE


def test_not_what_is_shown_instead_of_rows_that_could_not_be_read(ask: Ask, monkeypatch) -> None:
    def perform(attempt: Attempt) -> None:
        raise TransportError("nobody there", sent=False)

    with monkeypatch.context() as down:
        down.setattr(Attempt, "perform", perform)
        response = ask("/in_vain")
        assert (response.content, response["Cache-Control"]) == (b"no books", PRIVATE)
    assert max_age(ask("/in_vain")) > 0


def test_a_pool_that_an_earlier_request_has_started_is_nobodys(ask: Ask) -> None:
    """Its worker may carry that request's context for good."""
    with ThreadPoolExecutor(1) as pool:
        meanwhile.append(lambda: pool.submit(as_key).result())
        assert max_age(ask("/quiet")) > 0
        meanwhile.append(lambda: pool.submit(as_somebody).result())
        assert ask("/quiet")["Cache-Control"] == PRIVATE


def test_a_task_that_outlives_its_request_may_read_for_another_one() -> None:
    """One that fetches what others queue, say, started by whoever queued first."""

    async def site() -> None:
        go_on, done = asyncio.Event(), asyncio.Event()

        async def straggle() -> None:
            await go_on.wait()
            await sync_to_async(as_somebody)()
            done.set()

        with recording() as first:
            task = asyncio.create_task(straggle())
        with recording() as second:
            go_on.set()
            await done.wait()
        await task
        assert (first.expires, second.expires) == (float("inf"), 0)

    asyncio.run(site())


def test_another_requests_own_reads_are_no_matter_of_ours() -> None:
    def somebodys_page() -> None:
        with recording() as record:
            as_somebody()
        assert record.expires == 0

    meanwhile.append(lambda: by_thread(somebodys_page))
    assert max_age(Client().get("/quiet")) > 0


def test_reads_before_and_after_a_request_do_not_count() -> None:
    by_thread(as_somebody)
    meanwhile.append(lambda: None)
    assert max_age(Client().get("/quiet")) > 0
    by_thread(as_somebody)


def test_threads_that_note_at_once_lose_nothing() -> None:
    """The least of all ends is what counts, whoever comes last."""
    barrier = threading.Barrier(8, timeout=60)

    def note(number: int) -> None:
        barrier.wait()
        for n in range(200):
            note_read(["books"], ReadResult(None, Status.HIT, expires=float(number + 8 * n + 1)), 1.0)

    with recording() as record, ThreadPoolExecutor(8) as pool:
        ended = [pool.submit(copy_context().run, note, number) for number in range(8)]
        assert [one.result() for one in ended] == [None] * 8
    assert (record.expires, record.reads, record.seconds) == (1.0, 1600, 1600.0)


@pytest.fixture
def per_request(settings) -> None:
    settings.APPWRITE_ORM = {"default": {**settings.APPWRITE_ORM["default"], "CACHE": {"PER_REQUEST": True}}}


@pytest.mark.parametrize("way", WAYS)
def test_a_write_in_the_requests_own_threads_ends_its_snapshot(per_request: None, way: str) -> None:
    with recording():
        assert as_key() == 0
        WAYS[way](lambda: Book.objects.create(title="Dune", price=1))
        assert as_key() == 1


def test_another_requests_write_does_not_end_it(per_request: None) -> None:
    def other() -> None:
        with recording():
            Book.objects.create(title="Dune", price=1)

    with recording():
        assert as_key() == 0
        by_thread(other)
        assert as_key() == 0
    assert as_key() == 1


def test_a_record_keeps_what_is_read_in_one_that_is_opened_inside() -> None:
    with recording() as outer:
        with recording() as inner:
            list(Reader.objects.all().cached(20))
        list(Book.objects.all())
    assert (list(outer.tables), list(inner.tables)) == (["library_reader", "books"], ["library_reader"])
    assert outer.expires == inner.expires
