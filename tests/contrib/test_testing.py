"""What projects use in their own tests: clean tables for each test, by pytest and by unittest."""

from __future__ import annotations

import asyncio
import unittest

import pytest
from django.test import SimpleTestCase

from django_appwrite_orm.connection import connections
from django_appwrite_orm.contrib import testing
from django_appwrite_orm.contrib.testing import AppwriteTestMixin, appwrite, clean_appwrite  # noqa: F401
from tests.backend.shop.models import Maker
from tests.support.costs import counted
from tests.support.library.tables import Book


@pytest.mark.parametrize("number", [1, 2])
def test_each_test_begins_with_clean_tables(appwrite: None, number: int) -> None:  # noqa: F811
    assert not Book.objects.is_updated()
    assert Book.objects.count() == 0
    assert Book.objects.create(title="Dune", price=number).sequence == 1
    assert list(Book.objects.all())


def test_the_tables_are_made_once() -> None:
    with clean_appwrite():
        Book.objects.create(title="Dune", price=1)
        list(Book.objects.all())
    with counted() as costs, clean_appwrite():
        assert costs.requests == []  # put back, not made anew
        assert list(Book.objects.all()) == []


def test_what_is_cached_about_models_is_dropped_too(shop: None) -> None:
    for _ in range(2):
        with clean_appwrite():
            pass
        with counted() as costs:
            assert (list(Maker.objects.all()), list(Maker.objects.all())) == ([], [])
        assert len(costs.requests) == 1


def test_clean_tables_in_a_coroutine() -> None:
    testing._Clean.forget()  # made there, and then put back there

    async def read() -> list[int]:
        counts = []
        for _ in range(2):
            with clean_appwrite():
                await Book.objects.acreate(title="Dune", price=1)
                counts.append(await Book.objects.acount())
        return counts

    assert asyncio.run(read()) == [1, 1]


def test_no_test_reaches_a_real_server(settings) -> None:
    real = {"ENDPOINT": "https://appwrite.example/v1", "PROJECT_ID": "p", "API_KEY": "k", "DATABASE_ID": "library"}
    others = {"CHANNEL_URL": "redis://redis.example", "SERVER_VERSION": "2.5.0"}
    settings.APPWRITE_ORM = {"default": {**real, **others, "CACHE": {"TTL": 7}}}
    with clean_appwrite():
        found = connections["default"].settings
        assert (found.endpoint, found.channel_url, found.server_version) == ("local::memory:", "", "")
        assert connections["default"].settings.cache.policy.ttl == 7
        Book.objects.create(title="Dune", price=1)
    assert connections["default"].settings.endpoint == real["ENDPOINT"]


def test_the_mixin() -> None:
    class Books(AppwriteTestMixin, SimpleTestCase):
        def test_one(self) -> None:
            Book.objects.create(title="Dune", price=1)
            assert Book.objects.count() == 1

        def test_two(self) -> None:
            assert Book.objects.count() == 0
            Book.objects.create(title="Dune", price=1)

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Books).run(result)
    assert (result.testsRun, result.failures, result.errors) == (2, [], [])


def test_nothing_else_is_there() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        testing.nothing  # noqa: B018


@pytest.mark.parametrize(("given", "expected"), [({}, True), ({"LOCAL_STRICT": False}, False)])
def test_the_server_of_a_test_is_strict_unless_told_otherwise(settings, given, expected) -> None:
    settings.APPWRITE_ORM = {"default": {"ENDPOINT": "local:", "DATABASE_ID": "library", **given}}
    with clean_appwrite():
        assert connections["default"].settings.local_strict is expected
