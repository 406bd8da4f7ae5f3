"""A value reaches tasks and whatever its context is given to, and no thread that merely began with a copy of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest
from asgiref.sync import async_to_sync, sync_to_async

from django_appwrite_orm.threads import ContextValue

pytestmark = pytest.mark.usefixtures("thread_contexts")
value: ContextValue[str] = ContextValue("tests", "nothing")


@pytest.fixture(autouse=True)
def something() -> None:
    before = value.held()
    value.set("something")
    yield
    value.restore(before)


def in_a_thread(work: Callable[[], object]) -> object:
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]


def test_a_new_thread_does_not_have_it() -> None:
    assert value.get() == "something"
    assert in_a_thread(value.get) == "nothing"


def test_a_thread_within_a_thread_does_not_have_it() -> None:
    assert in_a_thread(lambda: in_a_thread(value.get)) == "nothing"


def test_a_worker_of_a_pool_does_not_have_it_whenever_it_was_started() -> None:
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(value.get).result() == "nothing"
        value.set("something else")
        assert pool.submit(value.get).result() == "nothing"


def test_what_is_given_the_context_has_it() -> None:
    with ThreadPoolExecutor(1) as pool:
        for _ in range(2):
            assert pool.submit(copy_context().run, value.get).result() == "something"
            assert pool.submit(value.get).result() == "nothing"


def test_a_thread_has_what_it_sets_itself() -> None:
    def own() -> list[str]:
        before = value.held()
        value.set("own")
        seen = [value.get(), in_a_thread(value.get)]
        value.restore(before)
        return [*seen, value.get()]

    assert in_a_thread(own) == ["own", "nothing", "nothing"]
    assert value.get() == "something"


def test_tasks_and_asgirefs_threads_have_it() -> None:
    async def seen() -> list[str]:
        async def task() -> str:
            return value.get()

        return [
            value.get(),
            *await asyncio.gather(task(), asyncio.create_task(task())),
            await asyncio.to_thread(value.get),
            await sync_to_async(value.get)(),
            await sync_to_async(value.get, thread_sensitive=False)(),
            await asyncio.get_running_loop().run_in_executor(None, copy_context().run, value.get),
        ]

    assert asyncio.run(seen()) == ["something"] * 7
    assert async_to_sync(seen)() == ["something"] * 7


def test_what_is_run_in_an_executor_of_the_loop_does_not_have_it() -> None:
    async def seen() -> str:
        return await asyncio.get_running_loop().run_in_executor(None, value.get)

    assert asyncio.run(seen()) == "nothing"


def test_it_is_kept_over_a_change_that_asgiref_brings_back() -> None:
    async def changed() -> None:
        before = value.held()
        value.set("inside")
        await sync_to_async(value.get)()
        value.restore(before)

    async_to_sync(changed)()
    assert value.get() == "something"
