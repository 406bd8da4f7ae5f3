"""A look-up of one key is a `get` of the backend, and tells the same as a `get_many`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.test import override_settings

from django_appwrite_orm.cache.backend import CacheBackend
from django_appwrite_orm.cache.effects import CacheGetMany
from django_appwrite_orm.exceptions import CacheUnavailable
from django_appwrite_orm.sansio import Operation, run_async, run_sync


class Noting(LocMemCache):
    """Notes the calls, and fails while `fails`: silently where it hides its failures."""

    calls: list[str] = []
    fails = False
    _ignore_exceptions = False

    def get(self, key, default=None, version=None):
        self.calls.append("get")
        if self.fails and self._ignore_exceptions:
            return default
        if self.fails:
            raise OSError("no connection")
        return super().get(key, default, version)

    def get_many(self, keys, version=None):
        self.calls.append("get_many")
        if self.fails:
            return None
        return {key: value for key in keys if (value := LocMemCache.get(self, key, self)) is not self}

    async def aget(self, key, default=None, version=None):
        return self.get(key, default, version)

    async def aget_many(self, keys, version=None):
        return self.get_many(keys, version)


@pytest.fixture(autouse=True)
def store() -> Iterator[CacheBackend]:
    with override_settings(CACHES={"default": {"BACKEND": f"{__name__}.Noting", "LOCATION": "single"}}):
        caches["default"].clear()
        caches["default"].set("none", None)
        caches["default"].set("a", 1)
        Noting.calls = []
        yield CacheBackend("default")


def look_up(store: CacheBackend, *keys: str) -> Operation[Any]:
    return (yield from CacheGetMany(store, list(keys)))


LOOK_UPS = [
    (["a"], {"a": 1}, "get"),
    (["none"], {"none": None}, "get"),
    (["missing"], {}, "get"),
    (["a", "none", "missing"], {"a": 1, "none": None}, "get_many"),
]


@pytest.mark.parametrize(("keys", "found", "method"), LOOK_UPS)
def test_a_missing_key_is_told_from_none(store: CacheBackend, keys: list[str], found: Any, method: str) -> None:
    assert run_sync(look_up(store, *keys)) == found
    assert Noting.calls == [method]


@pytest.mark.parametrize(("keys", "found", "method"), LOOK_UPS)
def test_also_on_an_event_loop(
    store: CacheBackend, monkeypatch: pytest.MonkeyPatch, keys: list[str], found: Any, method: str
) -> None:
    monkeypatch.setattr("django_appwrite_orm.cache.effects._LOOPING", frozenset())
    assert asyncio.run(run_async(look_up(store, *keys))) == found
    assert Noting.calls == [method]


@pytest.mark.parametrize("hides", [False, True])
def test_a_failure_is_none_of_them(store: CacheBackend, monkeypatch: pytest.MonkeyPatch, hides: bool) -> None:
    """A backend that hides it says so by the result of `get_many` alone."""
    monkeypatch.setattr(Noting, "fails", True)
    monkeypatch.setattr(Noting, "_ignore_exceptions", hides)
    with pytest.raises(CacheUnavailable):
        run_sync(look_up(store, "a"))
    assert Noting.calls == ["get_many" if hides else "get"]
