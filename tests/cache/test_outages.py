"""An outage of a cache is one line in the log when it begins and one when it is over, whoever uses the cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.test import override_settings

from django_appwrite_orm.cache import backend
from django_appwrite_orm.cache.backend import CacheBackend
from django_appwrite_orm.cache.effects import CacheCall, CacheDeleteMany, CacheGetMany, CacheSet
from django_appwrite_orm.exceptions import CacheUnavailable
from django_appwrite_orm.sansio import Operation, run_sync

CALLS: dict[str, Callable[[CacheBackend], CacheCall[Any]]] = {
    "get_many": lambda store: CacheGetMany(store, ["x", "y"]),
    "set": lambda store: CacheSet(store, "x", 1, 60),
    "delete_many": lambda store: CacheDeleteMany(store, ["x"]),
}


class Failing(LocMemCache):
    """Fails in the methods named."""

    methods: frozenset[str] = frozenset()

    def get_many(self, *arguments, **given):
        self.look("get_many")
        return super().get_many(*arguments, **given)

    def set(self, *arguments, **given):
        self.look("set")
        super().set(*arguments, **given)

    def delete_many(self, *arguments, **given):
        self.look("delete_many")
        super().delete_many(*arguments, **given)

    def look(self, method: str) -> None:
        if method in self.methods:
            raise OSError("no room, or whatever it is")


@pytest.fixture(autouse=True)
def failing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(backend, "QUIET", 0)
    with override_settings(CACHES={"default": {"BACKEND": f"{__name__}.Failing"}}):
        yield
    Failing.methods = frozenset()


def call(store: CacheBackend, *methods: str) -> None:
    def steps() -> Operation[None]:
        for method in methods:
            try:
                yield from CALLS[method](store)
            except CacheUnavailable:
                assert method in caches["default"].methods

    run_sync(steps())


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.levelname for record in caplog.records]


def test_it_is_over_when_everything_works_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "django_appwrite_orm.cache")
    store = CacheBackend("default")
    for Failing.methods in map(frozenset, (["set"], CALLS, ["set", "delete_many"], ["delete_many"])):
        call(store, *CALLS, *CALLS)
    assert lines(caplog) == ["WARNING"]
    Failing.methods = frozenset()
    call(store, "get_many", "set")
    assert lines(caplog) == ["WARNING"]
    call(store, "delete_many")
    assert lines(caplog) == ["WARNING", "INFO"]
    Failing.methods = frozenset(["set"])
    call(store, *CALLS)
    assert lines(caplog) == ["WARNING", "INFO", "WARNING"]


def test_it_is_over_no_sooner_than_after_a_quiet_time(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("INFO", "django_appwrite_orm.cache")
    monkeypatch.setattr(backend, "QUIET", 3600)
    store = CacheBackend("default")
    for Failing.methods in map(frozenset, (CALLS, [], CALLS, [])):
        call(store, *CALLS)
    assert lines(caplog) == ["WARNING"]


def test_all_connections_of_a_process_have_it_together(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "django_appwrite_orm.cache")
    one, other = CacheBackend("default"), CacheBackend("default")
    Failing.methods = frozenset(CALLS)
    call(one, *CALLS)
    call(other, *CALLS)
    Failing.methods = frozenset()
    call(one, *CALLS)
    call(other, *CALLS)
    assert lines(caplog) == ["WARNING", "INFO"]
