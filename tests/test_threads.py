"""Threads of our own: they leave no connection of a cache open, and there are so many at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from unittest import mock

import pytest
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.test import override_settings

from django_appwrite_orm import threads, warming
from django_appwrite_orm.cache import Status, stats
from django_appwrite_orm.cache.stats import Statistics
from django_appwrite_orm.querysets.pagination import read_ahead
from django_appwrite_orm.sansio import Gather, Spawn, run_sync
from django_appwrite_orm.threads import DaemonThreadPool, ForkGuard
from django_appwrite_orm.web import warm_start


class Counting(LocMemCache):
    """Knows in which threads it was used, and in which it was closed."""

    used: set[int] = set()
    closed: set[int] = set()

    def get(self, key, default=None, version=None):
        self.used.add(threading.get_ident())
        return super().get(key, default, version)

    def add(self, key, value, timeout=None, version=None):
        self.used.add(threading.get_ident())
        return super().add(key, value, timeout, version=version)

    def close(self, **kwargs):
        self.closed.add(threading.get_ident())


def look() -> int:
    caches["default"].get("x")
    return 0


def steps(times: int = 1):
    look()
    return
    yield


def job(name: str) -> warming.Job:
    return warming.Job(name, frozenset([name]), None, look, lambda: False)


def refresh_behind() -> None:
    def begin():
        yield Spawn(steps)

    run_sync(begin())


def flush() -> None:
    counters = Statistics("default", "threads", shared=True)
    counters.note_read("books", Status.HIT, 0, 0)
    counters._timer.join()
    counters.close()


class Walk:
    """Three pages, of which only the later ones look into the cache."""

    def __init__(self) -> None:
        self.read = 0

    @property
    def finished(self) -> bool:
        return self.read == 3

    def page(self):
        self.read += 1
        if self.read > 1:
            look()
        return [{"page": self.read}]
        yield


WAYS: dict[str, Callable[[], object]] = {
    "a refresh behind the reader": refresh_behind,
    "warm_appwrite --concurrency 2": lambda: list(warming.warm([job("a"), job("b")], concurrency=2)),
    "WARM_ON_START": lambda: warm_start._pool.start(look),
    "the statistics": flush,
    "pages read ahead": lambda: list(read_ahead(Walk())),
    "the schema": lambda: Gather([steps(), steps()]).perform(),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_thread_closes_its_caches(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stats, "FLUSH_INTERVAL", 0.01)
    Counting.used.clear()
    Counting.closed.clear()
    with override_settings(CACHES={"default": {"BACKEND": f"{__name__}.Counting"}}):
        WAYS[way]()
        for thread in threading.enumerate():
            if thread.name.startswith("appwrite"):
                thread.join()
    assert Counting.used
    assert threading.get_ident() not in Counting.used
    assert Counting.closed == Counting.used


def test_a_crew_has_so_many_threads_and_they_are_free_again_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda arguments: None)
    crew, go_on = DaemonThreadPool(2, "appwrite-test"), threading.Event()

    def work() -> None:
        go_on.wait(30)
        raise RuntimeError("whatever it was")

    assert [crew.start(work) for _ in range(3)] == [True, True, False]
    go_on.set()
    for thread in threading.enumerate():
        if thread.name == "appwrite-test":
            thread.join()
    assert crew.start(go_on.set)


def test_pages_are_read_ahead_with_a_client_of_their_own() -> None:
    """Memcached's take answers for each other's where two threads use one at a time."""
    clients = set()

    class Noting(Walk):
        def page(self):
            clients.add((threading.get_ident(), id(caches["default"])))
            return super().page()

    mine = caches["default"]
    assert [page for (page,) in read_ahead(Noting())] == [{"page": 1}, {"page": 2}, {"page": 3}]
    own = {client for thread, client in clients if thread == threading.get_ident()}
    assert own == {id(mine)}
    assert len(clients) > 1
    assert all(client != id(mine) for thread, client in clients if thread != threading.get_ident())


def no_more() -> mock._patch:
    return mock.patch.object(threading.Thread, "start", side_effect=RuntimeError("can't start new thread"))


def test_a_thread_that_cannot_be_had_takes_no_place() -> None:
    crew = DaemonThreadPool(1, "appwrite-test")
    with no_more():
        assert not crew.start(look)
    assert crew.start(look)


def test_what_is_counted_while_there_are_no_threads_is_added_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stats, "FLUSH_INTERVAL", 3600)
    counters = Statistics("default", "threads", shared=True)
    with no_more():
        counters.note_read("books", Status.HIT, 0, 0)
    counters.note_invalidation("books")
    assert counters._timer.is_alive()
    assert (counters._counts["books"].hits, counters._counts["books"].invalidations) == (1, 1)
    counters.close()


@contextmanager
def thread_in(*states: Callable) -> Iterator[None]:
    """A thread that is in these states of a guard, one in the other."""
    there, go_on = threading.Event(), threading.Event()

    def stay() -> None:
        with ExitStack() as stack:
            for state in states:
                stack.enter_context(state())
            there.set()
            go_on.wait(30)

    thread = threading.Thread(target=stay)
    thread.start()
    there.wait(30)
    try:
        yield
    finally:
        go_on.set()
        thread.join()


def test_a_fork_does_not_wait_for_threads_that_rest_nor_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "FORK_LIMIT", None)  # it would wait for ever
    guard = ForkGuard()
    with thread_in(guard.working, guard.resting), thread_in(guard.resting), guard.working():
        guard.before_fork()
        guard.after_fork_in_parent()


def test_a_fork_waits_for_work_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    waited = []
    monkeypatch.setattr(threads, "FORK_LIMIT", 0.01)
    guard = ForkGuard()
    wait_for = guard._changed.wait_for
    monkeypatch.setattr(guard._changed, "wait_for", lambda *given: waited.append(wait_for(*given)))
    with thread_in(guard.working):
        guard.before_fork()
        guard.after_fork_in_parent()
    guard.before_fork()
    guard.after_fork_in_parent()
    assert waited == [False, True]
