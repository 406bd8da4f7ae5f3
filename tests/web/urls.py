"""Views that read as much as each test needs, in a synchronous and an asynchronous form."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import aget_object_or_404, get_object_or_404
from django.urls import path

from django_appwrite_orm.web import cache_publicly
from tests.support.library.tables import Book, Reader


def books(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{len(Book.objects.all())} books")


async def abooks(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{await Book.objects.acount()} books")


def two_tables(request: HttpRequest) -> HttpResponse:
    """Readers are never in the cache, and come first."""
    return HttpResponse(f"{len(Reader.objects.uncached())} readers, {len(Book.objects.all())} books")


async def atwo_tables(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{await Reader.objects.uncached().acount()} readers, {await Book.objects.acount()} books")


def readers(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{len(Reader.objects.all())} readers")


def nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse("no table was read")


async def anothing(request: HttpRequest) -> HttpResponse:
    return nothing(request)


def book(request: HttpRequest, pk: str) -> HttpResponse:
    return HttpResponse(get_object_or_404(Book, pk=pk).title)


async def abook(request: HttpRequest, pk: str) -> HttpResponse:
    return HttpResponse((await aget_object_or_404(Book, pk=pk)).title)


def own_header(request: HttpRequest) -> HttpResponse:
    response = books(request)
    response["Cache-Control"] = request.GET["says"]
    return response


def own_etag(request: HttpRequest) -> HttpResponse:
    response = books(request)
    response["ETag"] = '"mine"'
    return response


def without_body(request: HttpRequest) -> HttpResponse:
    books(request)
    return HttpResponse()


def streamed(request: HttpRequest) -> StreamingHttpResponse:
    books(request)

    def later() -> Iterator[str]:
        yield f"{len(Reader.objects.all())} readers"

    return StreamingHttpResponse(later())


async def astreamed(request: HttpRequest) -> StreamingHttpResponse:
    await abooks(request)

    async def later() -> AsyncIterator[str]:
        yield f"{await Reader.objects.acount()} readers"

    return StreamingHttpResponse(later())


async def works_on(request: HttpRequest) -> HttpResponse:
    """Reads one table for its answer, and another in a task that outlives it."""

    async def later() -> None:
        await request.answered.wait()
        await Reader.objects.acount()

    request.answered = asyncio.Event()
    request.work = asyncio.create_task(later())
    return await abooks(request)


@cache_publicly(max_age=300)
def public(request: HttpRequest) -> HttpResponse:
    """For anybody, unless the query string adds what makes it personal."""
    response = streamed(request) if "stream" in request.GET else books(request)
    if "short" in request.GET:
        list(Book.objects.filter(price__gt=1).cached(30))
    if "bypass" in request.GET:
        list(Book.objects.uncached())
    if "cookie" in request.GET:
        response.set_cookie("seen", "yes")
    if "raw_cookie" in request.GET:
        response["Set-Cookie"] = "seen=yes"
    if "read_session" in request.GET:
        request.session.get("name")
    if "write_session" in request.GET:
        request.session["name"] = "Ann"
    if "mark_session" in request.GET:
        request.session.modified = True
    if "vary" in request.GET:
        response["Vary"] = request.GET["vary"]
    if "status" in request.GET:
        response.status_code = int(request.GET["status"])
    if "own" in request.GET:
        response["Cache-Control"] = "no-store"
    return response


@cache_publicly(max_age=300)
async def apublic(request: HttpRequest) -> HttpResponse:
    return await abooks(request)


@cache_publicly(max_age=300)
def public_nothing(request: HttpRequest) -> HttpResponse:
    return nothing(request)


def reads_of_the_request(request: HttpRequest) -> JsonResponse:
    books(request)
    return JsonResponse({name: status.name for name, status in request.appwrite_reads.tables.items()})


urlpatterns = [
    path("books", books),
    path("abooks", abooks),
    path("two", two_tables),
    path("atwo", atwo_tables),
    path("readers", readers),
    path("nothing", nothing),
    path("anothing", anothing),
    path("book/<str:pk>", book),
    path("abook/<str:pk>", abook),
    path("own", own_header),
    path("own_etag", own_etag),
    path("without_body", without_body),
    path("streamed", streamed),
    path("astreamed", astreamed),
    path("works_on", works_on),
    path("public", public),
    path("apublic", apublic),
    path("public_nothing", public_nothing),
    path("reads", reads_of_the_request),
]
