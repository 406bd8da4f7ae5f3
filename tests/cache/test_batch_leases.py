"""The lease of a batch: how long it stands, and who may rely on it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace

import pytest
from django.core.cache import caches

from django_appwrite_orm.cache import batch as batches
from django_appwrite_orm.cache.backend import CacheBackend
from django_appwrite_orm.cache.batch import WriteBatch
from django_appwrite_orm.cache.effects import CacheCall
from django_appwrite_orm.cache.keys import Keys
from django_appwrite_orm.exceptions import CacheUnavailable
from django_appwrite_orm.sansio import Operation, run_sync

TABLE = Keys("test", ("endpoint", "project")).table(("db", "books"))
LIFE = 30


def sending(then: Callable[[], object] = lambda: None) -> Callable[[], Operation[object]]:
    def send() -> Operation[object]:
        return then()
        yield

    return send


def test_a_lease_whose_prolonging_failed_once_stands_as_long_as_is_thought(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a write that hears nothing would rely on a lease that has run out, and the end would free another's."""
    clock, ends, failures = [1000.0], [0.0], [CacheUnavailable("down for a moment")]
    monkeypatch.setattr(batches, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    perform = CacheCall.perform

    def noted(call: CacheCall) -> object:
        if call.method == "touch" and failures:
            raise failures.pop()
        found = perform(call)
        if call.method in ("add", "touch") and found:
            ends[0] = clock[0] + call.arguments[-1]
        return found

    monkeypatch.setattr(CacheCall, "perform", noted)
    batch = WriteBatch(CacheBackend("default"), TABLE, LIFE)
    run_sync(batch.write(sending()))
    clock[0] += LIFE - 1
    run_sync(batch.write(sending()))
    assert not failures
    assert batch._until <= ends[0]


def test_nobody_sends_before_the_token_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A write beside the one that took the lease: should both die now, an answer under that token would be old."""
    caches["default"].set(TABLE.token, "an old one")
    batch, sent = WriteBatch(CacheBackend("default"), TABLE, LIFE), []
    for _ in range(2):  # the lease is taken, then lost and taken anew
        first = batch.write(sending())
        step = next(first)
        while step.method != "delete_many":
            step = first.send(step.perform())
        run_sync(batch.write(sending(lambda: sent.append(caches["default"].get(TABLE.token)))))
        with suppress(StopIteration):
            while True:
                step = first.send(step.perform())
        assert caches["default"].get(TABLE.leases[-1])
        assert caches["default"].get(TABLE.in_doubt) is None
        caches["default"].delete(TABLE.leases[-1])
        caches["default"].set(TABLE.token, "a later one")
    assert sent == [None, None]


def test_a_lease_of_somebody_else_is_nobody_s_in_the_batch() -> None:
    caches["default"].set(TABLE.leases[-1], "somebody else", LIFE)
    batch = WriteBatch(CacheBackend("default"), TABLE, LIFE)
    run_sync(batch.write(sending()))
    assert batch._until < time.monotonic()
    run_sync(batch.end())
    assert caches["default"].get_many(TABLE.fences) == {TABLE.leases[-1]: "somebody else"}


def test_a_batch_does_not_keep_the_lease_of_a_dead_writer_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    caches["default"].set(TABLE.leases[-1], "a writer that died", LIFE)
    touched = []
    monkeypatch.setattr(caches["default"], "touch", lambda key, ttl: touched.append(key))
    batch = WriteBatch(CacheBackend("default"), TABLE, LIFE)
    run_sync(batch.write(sending()))
    run_sync(batch.end())
    assert touched == []


def test_a_lease_that_is_about_to_run_out_is_not_relied_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that is on its way when it runs out would renew or release that of another writer."""
    clock = [1000.0]
    monkeypatch.setattr(batches, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    calls, perform = [], CacheCall.perform
    monkeypatch.setattr(CacheCall, "perform", lambda call: calls.append(call.method) or perform(call))
    batch = WriteBatch(CacheBackend("default"), TABLE, LIFE)
    run_sync(batch.write(sending()))
    clock[0] += LIFE - 1
    calls.clear()
    run_sync(batch.write(sending()))
    assert calls == ["add", "get", "touch", "get", "delete_many", "delete_many"]
    clock[0] += LIFE - 1
    run_sync(batch.end())
    assert caches["default"].get(TABLE.leases[-1])
