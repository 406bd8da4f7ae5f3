"""What belongs to an atomic() block, and what does not: threads, executors, tasks, and one object for many of them."""

# ruff: noqa: PT012 -- what is tested is a block
from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context, copy_context

import pytest
from asgiref.sync import async_to_sync, sync_to_async

from django_appwrite_orm import atomic, orm
from django_appwrite_orm.exceptions import NotSupportedError, TransactionError
from tests.support.library.tables import Book, Reader

pytestmark = pytest.mark.usefixtures("library", "thread_contexts")


class Trouble(Exception):
    pass


def titles() -> list[str]:
    return sorted(book.title for book in Book.objects.all())


def create(title: str) -> Book:
    return Book.objects.create(title=title, price=1)


def by_thread(work: Callable[[], object]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def by_pool(work: Callable[[], object]) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


def by_executor(work: Callable[[], object]) -> None:
    async def run() -> None:
        await asyncio.get_running_loop().run_in_executor(None, work)

    async_to_sync(run)()


@pytest.mark.parametrize("way", [by_thread, by_pool, by_executor])
def test_changes_of_a_thread_started_in_a_block_are_applied_at_once(way: Callable) -> None:
    with pytest.raises(Trouble), atomic():
        create("inside")
        way(lambda: create("beside"))
        raise Trouble
    assert titles() == ["beside"]


@pytest.mark.parametrize("way", [by_thread, by_pool, by_executor])
def test_a_thread_has_blocks_of_its_own(way: Callable) -> None:
    def beside(fail: bool) -> None:
        try:
            with atomic():
                create("failed" if fail else "done")
                if fail:
                    raise Trouble
        except Trouble:
            pass

    with pytest.raises(Trouble), atomic():
        create("inside")
        way(lambda: beside(fail=False))
        way(lambda: beside(fail=True))
        raise Trouble
    assert titles() == ["done"]


def test_a_worker_started_inside_serves_others_after_it() -> None:
    with ThreadPoolExecutor(1) as pool:
        with atomic():
            pool.submit(create, "first").result()
        pool.submit(create, "second").result()
        with atomic("default"):
            create("inside")
        pool.submit(create, "third").result()
    assert titles() == ["first", "inside", "second", "third"]


@pytest.mark.parametrize("thread_sensitive", [True, False])
def test_code_run_in_a_copy_of_the_context_is_part_of_the_block(thread_sensitive: bool) -> None:
    async def block() -> None:
        async with atomic():
            await sync_to_async(create, thread_sensitive=thread_sensitive)("one")
            await asyncio.to_thread(create, "two")
            await asyncio.get_running_loop().run_in_executor(None, copy_context().run, create, "three")
            await asyncio.gather(*(Book.objects.acreate(title=f"task {n}", price=n) for n in range(2)))
            raise Trouble

    with pytest.raises(Trouble):
        asyncio.run(block())
    assert titles() == []


def test_blocking_code_that_calls_asynchronous_code_stays_in_its_block() -> None:
    async def inside() -> None:
        async with atomic():
            await Book.objects.acreate(title="inner", price=1)
            await sync_to_async(create)("in a thread of asgiref's")

    with pytest.raises(Trouble), atomic():
        async_to_sync(inside)()
        create("outer")
        assert Book.objects.get(pk=create("seen").pk).title == "seen"
        raise Trouble
    assert titles() == []


def test_a_context_without_the_block_is_outside_of_it() -> None:
    with pytest.raises(Trouble), atomic():
        Context().run(create, "beside")
        raise Trouble
    assert titles() == ["beside"]


def test_one_object_is_entered_by_many_threads_at_once() -> None:
    block, barrier = atomic(), threading.Barrier(8, timeout=60)

    def one(number: int) -> None:
        with block:
            barrier.wait()
            create(f"book {number}")
            barrier.wait()
            if number % 2:
                raise Trouble

    with ThreadPoolExecutor(8) as pool:
        ended = [pool.submit(one, number) for number in range(8)]
    assert [type(one.exception()) for one in ended] == [type(None), Trouble] * 4
    assert titles() == [f"book {number}" for number in range(0, 8, 2)]


def test_one_object_is_entered_by_many_tasks_at_once_and_within_itself() -> None:
    block = atomic()

    async def one(number: int) -> None:
        async with block:
            await asyncio.sleep(0)
            async with block:
                await Book.objects.acreate(title=f"book {number}", price=1)
            await asyncio.sleep(0)
            if number % 2:
                raise Trouble

    async def all_of_them() -> list:
        return await asyncio.gather(*(one(number) for number in range(6)), return_exceptions=True)

    assert [type(one) for one in asyncio.run(all_of_them())] == [type(None), Trouble] * 3
    assert titles() == ["book 0", "book 2", "book 4"]


def test_one_decorated_function_is_called_by_many_threads_at_once() -> None:
    @atomic
    def buy(number: int) -> None:
        create(f"book {number}")
        Reader.objects.create(name=f"reader {number}")
        if number % 2:
            raise Trouble

    with ThreadPoolExecutor(8) as pool:
        ended = [pool.submit(buy, number) for number in range(8)]
    assert [type(one.exception()) for one in ended] == [type(None), Trouble] * 4
    assert titles() == [f"book {number}" for number in range(0, 8, 2)]
    assert Reader.objects.count() == 4


def test_a_task_that_outlives_the_block_may_have_one_of_its_own() -> None:
    async def straggle(over: asyncio.Event) -> None:
        await over.wait()
        with pytest.raises(TransactionError, match="block of its own"):
            await Book.objects.acreate(title="none's", price=1)
        async with atomic():
            await Book.objects.acreate(title="its own", price=1)
        with pytest.raises(TransactionError, match="has ended"):
            await Book.objects.acreate(title="none's", price=1)

    async def block() -> None:
        over = asyncio.Event()
        async with atomic():
            task = asyncio.create_task(straggle(over))
            await Book.objects.acreate(title="inside", price=1)
        over.set()
        await task

    asyncio.run(block())
    assert titles() == ["inside", "its own"]


def test_a_block_that_ends_in_another_context_says_so_and_leaves_other_blocks_alone() -> None:
    def opened() -> Iterator[None]:
        with atomic():
            create("of the generator")
            yield

    generator = opened()
    copy_context().run(next, generator)
    with pytest.raises(TransactionError, match="different context than it began in"):
        next(generator)

    generator = opened()
    copy_context().run(next, generator)
    with atomic():
        create("kept")
        with pytest.raises(TransactionError, match="different context than it began in"):
            next(generator)
        create("kept too")
    assert titles() == ["kept", "kept too"]


def test_an_asynchronous_generator_that_another_task_ends() -> None:
    async def opened() -> AsyncIterator[None]:
        async with atomic():
            await Book.objects.acreate(title="of the generator", price=1)
            yield

    async def ended_elsewhere() -> None:
        generator = opened()
        await asyncio.create_task(anext(generator))
        with pytest.raises(TransactionError, match="different context than it began in"):
            await asyncio.create_task(anext(generator))

    asyncio.run(ended_elsewhere())
    assert titles() == []


def test_a_thread_started_in_a_block_reads_committed_rows() -> None:
    counts: list[int] = []
    with atomic():
        create("inside")
        with pytest.raises(NotSupportedError, match="Read before the first change"):
            Book.objects.count()
        by_thread(lambda: counts.append(Book.objects.count()))
    assert counts == [0]


def test_a_batch_that_is_open_is_not_opened_again() -> None:
    batch = orm.table("books").batch()
    with batch:
        batch.create({"title": "one", "price": 1})
        with pytest.raises(RuntimeError, match="already open"), batch:
            pass
        batch.create({"title": "two", "price": 1})
    assert [one.success for one in batch.results] == [True, True]
    assert titles() == ["one", "two"]
