"""No request line and headers beyond HEAD_LIMIT: lists are split over requests, and the rest is refused unsent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from django_appwrite_orm.connection import connections
from django_appwrite_orm.exceptions import InvalidRequest, NotSupportedError
from django_appwrite_orm.plans import Request
from django_appwrite_orm.transport import client as clients
from tests.support.costs import counted
from tests.support.faulty_servers import READ, answer, faulty
from tests.support.library.tables import Book
from tests.transport.conftest import Drive


@pytest.fixture
def heads(settings, library, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The bytes of each head that is sent, with a limit of 8,192."""
    settings.APPWRITE_ORM = {"default": {**settings.APPWRITE_ORM["default"], "HEAD_LIMIT": 8192}}
    sent: list[int] = []
    outgoing = clients.Client._outgoing

    def noted(self: clients.Client, *given: object) -> clients.RawRequest:
        made = outgoing(self, *given)
        sent.append(made.head_size)
        return made

    monkeypatch.setattr(clients.Client, "_outgoing", noted)
    return sent


TITLES = [f"\u6f22\u5b57 {n:04}" for n in range(400)]
READS: dict[str, Callable[[], object]] = {
    "list": lambda: sorted(book.title for book in Book.objects.filter(title__in=TITLES)),
    "count": lambda: Book.objects.filter(title__in=TITLES).count(),
    "exists": lambda: Book.objects.filter(title__in=TITLES).exists(),
    "values": lambda: sorted(Book.objects.filter(title__in=TITLES).values_list("title", flat=True)),
    "asynchronously": lambda: asyncio.run(Book.objects.filter(title__in=TITLES).acount()),
}


@pytest.mark.parametrize("kind", READS)
def test_a_list_of_values_is_asked_in_several_requests(heads: list[int], kind: str) -> None:
    for title in (TITLES[0], TITLES[200], TITLES[-1]):
        Book.objects.create(title=title, price=1)
    del heads[:]
    expected = {"count": 3, "exists": True, "asynchronously": 3}.get(kind, [TITLES[0], TITLES[200], TITLES[-1]])
    assert READS[kind]() == expected
    assert heads
    assert max(heads) <= 8192


def test_pages_of_a_list_keep_within_the_limit(heads: list[int], settings) -> None:
    """What says where a page begins takes room as well."""
    given = {**settings.APPWRITE_ORM["default"], "PAGE_SIZE": 2}
    settings.APPWRITE_ORM = {"default": given}
    Book.objects.bulk_create([Book(title=f"{n:04}" + "\u6f22" * 90, price=1) for n in range(7)])
    found = Book.objects.exclude(title__in=[f"{n:04}" + "\u6f22" * 20 for n in range(20, 30)]).order_by("title")
    assert [book.title[:4] for book in found] == [f"{n:04}" for n in range(7)]
    assert max(heads) <= 8192


def test_what_cannot_be_split_is_refused_before_it_is_sent(heads: list[int]) -> None:
    with counted() as costs, pytest.raises(NotSupportedError, match=r"Book: .*in a URL \(HEAD_LIMIT\)"):
        list(Book.objects.exclude(price__in=range(1200)))
    assert costs.requests == []


def test_a_bulk_change_carries_its_conditions_in_the_body(heads: list[int]) -> None:
    Book.objects.create(title=TITLES[7], price=1)
    assert Book.objects.filter(title__in=TITLES).update(price=2) == 1
    assert Book.objects.exclude(price__in=range(100, 170)).delete()[0] == 1


def test_the_transport_sends_no_head_beyond_the_limit(drive: Drive, settings) -> None:
    """Whoever made the request."""
    with faulty(answer(200, {"total": 0, "rows": []})) as server:
        given = {"ENDPOINT": server.endpoint, "PROJECT_ID": "p", "API_KEY": "k", "DATABASE_ID": "d"}
        settings.APPWRITE_ORM = {"default": {**given, "HEAD_LIMIT": 4096}}
        long = Request("GET", READ.path, (("queries[0]", "x" * 4000),))
        with pytest.raises(NotSupportedError, match=r"\d+ bytes, more than HEAD_LIMIT \(4096\).*nginx takes 8192"):
            drive(connections["default"].send(long))
        drive(connections["default"].send(READ))
    assert len(server.received) == 1


@pytest.mark.parametrize("status", [414, 431])
def test_a_proxy_that_takes_less_is_named(drive: Drive, settings, status: int) -> None:
    page = answer(status, "<h1>Too Large</h1>", type="text/html")
    with faulty(page) as server:
        given = {"ENDPOINT": server.endpoint, "PROJECT_ID": "p", "API_KEY": "k", "DATABASE_ID": "d"}
        settings.APPWRITE_ORM = {"default": given}
        with pytest.raises(InvalidRequest, match="takes less than HEAD_LIMIT: lower the setting"):
            drive(connections["default"].send(READ))
