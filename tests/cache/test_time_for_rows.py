"""A request that changes many rows has more time, and its fence stands until it can no longer be applied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from django_appwrite_orm import atomic
from django_appwrite_orm.cache.effects import CacheCall
from django_appwrite_orm.cache.writes import LONGEST_TIMEOUT, fence_ttl
from django_appwrite_orm.connection import connections
from django_appwrite_orm.connection.connection import TIME_PER_ROW
from django_appwrite_orm.exceptions import Unavailable
from django_appwrite_orm.transport import Client
from django_appwrite_orm.transport.client import Reply
from django_appwrite_orm.transport.retry import Attempt
from tests.support.library.tables import Book

Seen = tuple[dict[str, float], list[int]]


@pytest.fixture
def seen(library, monkeypatch: pytest.MonkeyPatch) -> Seen:
    """The longest time of a request by method, and the lives of the leases."""
    times: dict[str, float] = {}
    lives: list[int] = []
    perform, call = Attempt.perform, CacheCall.perform

    def attempt(step: Attempt) -> Any:
        times[step.request.method] = max(times.get(step.request.method, 0), step.timeout)
        return perform(step)

    def cached(step: CacheCall) -> Any:
        if step.method == "add" and step.arguments[0].endswith(
            connections["default"].table_keys(ref()).leases[0][-20:]
        ):
            lives.append(step.arguments[2])
        return call(step)

    monkeypatch.setattr(Attempt, "perform", attempt)
    monkeypatch.setattr(CacheCall, "perform", cached)
    return times, lives


def ref() -> Any:
    return Book._meta.ref(connections["default"].settings.database_id)


def books(count: int) -> list[Book]:
    return [Book(title=f"t{n}", price=1) for n in range(count)]


def commit() -> None:
    with atomic():
        for book in books(40):
            book.save()


@pytest.mark.parametrize(
    ("act", "method", "rows"),
    [
        (lambda: Book.objects.create(title="x", price=1), "POST", 1),
        (lambda: Book.objects.bulk_create(books(100)), "POST", 100),
        (lambda: Book.objects.bulk_create(books(7)), "POST", 7),
        (lambda: Book.objects.update(price=2), "PATCH", 100),
        (lambda: Book.objects.all().delete(), "DELETE", 100),
        (commit, "PATCH", 40),
    ],
)
def test_time_and_fence_grow_with_the_rows(seen: Seen, act: Callable[[], object], method: str, rows: int) -> None:
    times, lives = seen
    act()
    expected = connections["default"].settings.timeout + TIME_PER_ROW * (rows - 1)
    assert times[method] == pytest.approx(expected, abs=1)
    assert max(lives) == fence_ttl(expected)


def test_no_request_outlives_every_fence() -> None:
    connection = connections["default"]
    assert connection.time_for(10**6) == LONGEST_TIMEOUT
    connection.table_keys(ref()).in_doubt_for(fence_ttl(connection.time_for(10**6)))


def test_a_batch_stands_for_the_largest_request(library) -> None:
    connection = connections["default"]
    assert connection.batch(ref())._ttl >= fence_ttl(connection.time_for(100))


def test_a_load_that_is_cut_off_says_how_to_go_on(library, monkeypatch: pytest.MonkeyPatch) -> None:
    send = Client.send
    calls: list[int] = []

    def failing(self: Client, request: Any, *given: Any) -> Reply:
        if request.method == "POST" and request.rows > 1:
            calls.append(request.rows)
            if len(calls) > 1:
                send(self, request, *given)  # it is applied, and the response is lost
                return Reply(503, "{}", True, "900")
        return send(self, request, *given)

    rows = books(250)
    with monkeypatch.context() as patch:
        patch.setattr(Client, "send", failing)
        with pytest.raises(Unavailable, match=r"place\? 100 of 250 rows are written, and perhaps .* the next 100\."):
            Book.objects.bulk_create(rows)
    Book.objects.bulk_create([row for row in rows if not row.is_saved], ignore_conflicts=True)
    assert Book.objects.count() == 250
