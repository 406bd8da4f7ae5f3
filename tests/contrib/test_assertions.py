"""Assertions about requests and hits, by unittest and by pytest."""

from __future__ import annotations

import asyncio
import threading
import unittest
from collections.abc import Callable
from typing import Any

import pytest
from django.test import SimpleTestCase

from django_appwrite_orm.contrib.recording import recording
from django_appwrite_orm.contrib.testing import (
    AppwriteAssertions,
    AppwriteTestMixin,
    assert_cache_hit,
    assert_num_appwrite_requests,
)
from django_appwrite_orm.exceptions import Unavailable
from django_appwrite_orm.signals.observers import Activity, observers
from tests.backend.shop.models import Maker
from tests.support.library.tables import Book, Reader

pytestmark = pytest.mark.usefixtures("library")


def read() -> list[Book]:
    return list(Book.objects.filter(price__gt=1))


def test_requests_are_counted() -> None:
    with assert_num_appwrite_requests(2) as made:
        read()
        read()
        Book.objects.create(title="Dune", price=1)
    assert [str(activity.subject) for activity in made.of("request")] == [
        "GET /tablesdb/library/tables/books/rows",
        "POST /tablesdb/library/tables/books/rows",
    ]


@pytest.mark.parametrize(
    ("number", "work", "said"),
    [
        (1, lambda: None, r"^0 requests were sent, 1 expected\.$"),
        (0, read, r"^1 requests were sent, 0 expected:\n1\. GET /tablesdb/library/tables/books/rows: 200$"),
    ],
)
def test_another_number_is_listed(number: int, work: Callable[[], Any], said: str) -> None:
    with pytest.raises(AssertionError, match=said), assert_num_appwrite_requests(number):
        work()


def test_repeats_are_counted(settings) -> None:
    settings.APPWRITE_ORM = {
        "default": {
            "ENDPOINT": "http://127.0.0.1:9/v1", "PROJECT_ID": "p", "API_KEY": "k", "DATABASE_ID": "library",
            "SERVER_VERSION": "1.9.6", "RETRIES": 1,
        }
    }  # fmt: skip
    with pytest.raises(AssertionError, match="2 requests were sent"), assert_num_appwrite_requests(0):
        assert_unavailable()


def assert_unavailable() -> None:
    with pytest.raises(Unavailable):
        read()


def test_a_hit_is_asserted() -> None:
    read()
    with assert_cache_hit(), assert_num_appwrite_requests(0):
        assert read() == []


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (lambda: None, r"^Nothing was read"),
        (
            lambda: Book.objects.get_or_create(title="Dune", price=1),
            r"^1 of 1 reads were not hits:\n1\. list books where",
        ),
        (lambda: list(Book.objects.uncached()), r"^1 of 1 reads .*\n1\. list books .*: BYPASS$"),
        (lambda: (read(), Reader.objects.count()), r"^1 of 2 reads were not hits:\n1\. count library_reader: MISS$"),
    ],
)
def test_what_is_no_hit_is_listed(work: Callable[[], Any], said: str) -> None:
    read()
    with pytest.raises(AssertionError, match=said), assert_cache_hit():
        work()


def test_models_are_counted_too(shop: None) -> None:
    with assert_num_appwrite_requests(1):
        assert not Maker.objects.exists()
    with assert_cache_hit():
        assert not Maker.objects.exists()


def test_in_coroutines_and_their_tasks() -> None:
    async def work() -> None:
        with assert_num_appwrite_requests(3):
            await asyncio.gather(*(Book.objects.filter(price=price).acount() for price in range(3)))
        with assert_cache_hit():
            await Book.objects.filter(price=1).acount()

    asyncio.run(work())


def test_what_another_thread_sends_is_not_counted(thread_contexts: None) -> None:
    with assert_num_appwrite_requests(0):
        thread = threading.Thread(target=read)
        thread.start()
        thread.join()


def test_an_error_inside_is_raised_as_it_is() -> None:
    with pytest.raises(KeyError, match="own"), assert_num_appwrite_requests(7):
        raise KeyError("own")
    assert observers == []


def test_a_note_that_fails_takes_nothing_from_the_recordings_around_it() -> None:
    def fail(activity: Activity) -> None:
        raise ValueError

    with assert_num_appwrite_requests(1), recording(fail) as inner:
        read()
    assert (len(inner.of("request")), inner.notes) == (1, {})


def test_methods_of_test_classes() -> None:
    class Costs(AppwriteTestMixin, SimpleTestCase):
        def test_as_context_managers(self) -> None:
            with self.assertNumAppwriteRequests(1):
                read()
            with self.assertCacheHit():
                read()

        def test_with_functions(self) -> None:
            self.assertNumAppwriteRequests(1, Book.objects.count)
            self.assertCacheHit(Book.objects.count)
            with pytest.raises(AssertionError, match="0 requests were sent, 4 expected"):
                self.assertNumAppwriteRequests(4, Book.objects.count)

    class WithoutIsolation(AppwriteAssertions, unittest.TestCase):
        def test_a_failure(self) -> None:
            self.assertNumAppwriteRequests(2, Reader.objects.count)

    result = unittest.TestResult()
    for tests in (Costs, WithoutIsolation):
        unittest.defaultTestLoader.loadTestsFromTestCase(tests).run(result)
    assert (result.testsRun, result.errors, len(result.failures)) == (3, [], 1)
    assert "1 requests were sent, 2 expected" in result.failures[0][1]
