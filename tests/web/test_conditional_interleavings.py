"""304s beside a writer, in every order of its steps and those of a client: no 304 confirms less than there is.

A 304 looks at tokens alone. Fences are looked at when a response gets its tag: without that, a 304 misleads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations_with_replacement
from typing import Any

import pytest
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.test import RequestFactory
from django.views.decorators.http import condition

from django_appwrite_orm.cache import recording
from django_appwrite_orm.exceptions import Unavailable
from django_appwrite_orm.sansio import Effect, Operation
from django_appwrite_orm.transport.retry import Attempt
from django_appwrite_orm.web import http_cache, table_etag
from django_appwrite_orm.web.read_etags import etag_of_reads, is_current_etag
from tests.support.library.tables import Book

pytestmark = pytest.mark.usefixtures("library")

STEPS = 5  # of a writer at most
View = Callable[[HttpRequest], HttpResponse]
before_reading: list[Callable[[], None]] = []


class Writer:
    """Creates a book, one step at a time. If its request is `late`, it hears nothing, and the request is applied as
    the last step of all, while the fence still exists."""

    def __init__(self, *, late: bool) -> None:
        self._late = late
        self._steps: Operation[Any] = Book(title="Dune", price=1)._save()
        self._next: Effect[Any] | None = next(self._steps)
        self._left: Effect[Any] | None = None
        self.done = 0

    @property
    def has_ended(self) -> bool:
        return self._next is None

    def go_on(self, until: int) -> None:
        """Take its steps up to this number."""
        while self.done < until and self._next is not None:
            self.done += 1
            self._next = self._after(self._next)

    def _after(self, step: Effect[Any]) -> Effect[Any] | None:
        try:
            if self._late and isinstance(step, Attempt) and step is not self._left:
                self._left = step
                return self._steps.throw(Unavailable("no response", unclear=True))
            result = step.perform()
            return None if step is self._left else self._steps.send(result)
        except StopIteration:
            return None
        except Unavailable:
            return self._left


def body() -> str:
    for act in before_reading:
        act()
    return f"{Book.objects.count()} books"


@condition(etag_func=table_etag("books"))
def by_tables(request: HttpRequest) -> HttpResponse:
    return HttpResponse(body())


def by_reads(request: HttpRequest) -> HttpResponse:
    """What the mixin of `contrib.rest` does."""
    theirs = request.headers.get("If-None-Match", "")
    if is_current_etag(theirs, request, ""):
        return HttpResponseNotModified(headers={"ETag": theirs})
    with recording() as record:
        response = HttpResponse(body())
    if (etag := etag_of_reads(record, request, response, "")) is not None:
        response["ETag"] = etag
    return response


def ask(view: View, etag: str) -> HttpResponse:
    return view(RequestFactory().get("/books", headers={"If-None-Match": etag} if etag else {}))


def confirmed_in_every_order(view: View, *, late: bool, etag: str) -> int:
    """Return the number of 304s. Raises AssertionError for one that confirms what is not there any more.

    In each order the client asks twice, the second time while the writer takes steps before the view reads, and then
    asks for what it has been given.
    """
    confirmed = 0
    for warm, first, read, last in orders():
        caches["default"].clear()
        list(map(Book.delete, Book.objects.uncached()))
        writer, given = Writer(late=late), []
        writer.go_on(warm)
        given.append(ask(view, ""))
        writer.go_on(first)
        before_reading.append(lambda writer=writer, read=read: writer.go_on(read))
        given.append(ask(view, etag))
        before_reading.clear()
        writer.go_on(last)
        now = body()
        for response in given:
            if not response.has_header("ETag"):
                continue
            if ask(view, response["ETag"]).status_code == 304:
                confirmed += 1
                assert response.content.decode() == now, f"a 304 misleads: {warm, first, read, last}"
        writer.go_on(STEPS)
        assert writer.has_ended
    return confirmed


def orders() -> Iterator[tuple[int, ...]]:
    return combinations_with_replacement(range(STEPS + 1), 4)


@pytest.mark.parametrize("etag", ["", '"of another page"'])
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("view", [by_tables, by_reads])
def test_no_304_confirms_less_than_there_is(view: View, late: bool, etag: str) -> None:
    assert confirmed_in_every_order(view, late=late, etag=etag) > 0


@pytest.mark.parametrize("etag", ["", '"of another page"'])
def test_one_does_if_responses_get_tags_under_a_fence(etag: str, monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = http_cache._versions
    monkeypatch.setattr(http_cache, "_versions", lambda *asked, unfenced: look_up(*asked, unfenced=False))
    with pytest.raises(AssertionError, match="a 304 misleads"):
        confirmed_in_every_order(by_tables, late=True, etag=etag)
