"""What every test starts from: an empty Appwrite, empty caches, no connection left open."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Generator, Iterator
from contextvars import copy_context
from functools import partial
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import caches
from django.core.checks.registry import registry as system_checks
from django.core.signals import request_finished
from django.test import override_settings
from django.utils import translation

from django_appwrite_orm import threads
from django_appwrite_orm.cache import backend, pending
from django_appwrite_orm.connection import connections
from django_appwrite_orm.registry import registry
from django_appwrite_orm.transport import close_local
from tests.support.library.tables import Book, Everything, Reader
from tests.support.tables import empty_store, prepare

# These tests make servers and files of their own, also in child processes. tests/contrib/test_reach.py turns it off.
os.environ["APPWRITE_ORM_ALLOW_IN_TESTS"] = "1"

if find_spec("hypothesis") is not None:  # the tests of the browser do without
    from hypothesis import HealthCheck, settings

    # A busy machine takes longer for an example, and makes examples slowly. Fixtures are for all examples of a test.
    settings.register_profile("tests", settings(), deadline=None, suppress_health_check=list(HealthCheck))
    settings.load_profile("tests")


@pytest.fixture(autouse=True)
def clean_world() -> Iterator[None]:
    for cache in caches.all(initialized_only=True):
        cache.clear()
    connections.reset()
    for known in (pending._ledgers, backend._outages):  # of a store that an exception's traceback still holds
        known.clear()
    empty_store()
    checks = set(system_checks.registered_checks)
    receivers = request_finished.receivers[:]
    yield
    system_checks.registered_checks = checks  # without those of apps that only this test installed
    if request_finished.receivers != receivers:  # django-valkey replaces Django's by an asynchronous one
        request_finished.receivers[:] = receivers
        request_finished.sender_receivers_cache.clear()
    translation.deactivate()  # LocaleMiddleware leaves the language of its last request on
    connections.reset()
    close_local(":memory:")


@pytest.fixture
def no_migrations() -> Iterator[None]:
    """The one app with migrations has none: `check --deploy` would look in the database whether they are applied."""
    with override_settings(MIGRATION_MODULES={"sessions": None}):
        yield


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> Generator[None, int, int]:
    """Have one worker more than there are cores, because tests wait too: the fast ones a third of the time.

    Many of the slow ones wait for processes of their own. Those of the browser, which have no mark, do not wait.
    """
    cores = yield
    return cores + (config.option.markexpr in ("slow", "not slow"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        marker = item.get_closest_marker("local_only")
        if marker is not None and "APPWRITE_TEST_ENDPOINT" in os.environ:
            item.add_marker(pytest.mark.skip(reason=marker.args[0]))


def pytest_collection_finish() -> None:
    """Keep the garbage collector from looking through what was collected, half a million objects, again and again."""
    gc.freeze()


@pytest.fixture
def own_registry() -> Iterator[None]:
    """A registry without the tables of other tests."""
    before = registry.all()
    for table in before:
        registry.discard(table)
    yield
    for table in registry.all():
        registry.discard(table)
    for table in before:
        registry.add(table)


@pytest.fixture
def safe_appwrite(settings: Any) -> None:
    """The local Appwrite without the defects of a real one."""
    safe = {alias: {**given, "LOCAL_STRICT": False} for alias, given in settings.APPWRITE_ORM.items()}
    settings.APPWRITE_ORM = safe


@pytest.fixture
def library() -> None:
    """The tables of tests/library, empty."""
    prepare(Book, Reader, Everything)


@pytest.fixture(params=["empty contexts", "inherited contexts"])
def thread_contexts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the test twice, on any Python: threads start with an empty context, or with a copy of their starter's.

    The second is what Python 3.14 does under thread_inherit_context; it holds for the threads of pools too.
    """
    if request.param == "empty contexts":
        return
    start = threading.Thread.start

    def started(thread: threading.Thread) -> None:
        if getattr(thread, "_context", None) is None:
            thread._context = copy_context()
            if sys.version_info < (3, 14):  # later ones run in it by themselves
                thread.run = partial(thread._context.run, thread.run)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", started)
    monkeypatch.setattr(threads, "sys", SimpleNamespace(flags=SimpleNamespace(thread_inherit_context=1)))
