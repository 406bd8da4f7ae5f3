"""atomic() as a decorator, and in asynchronous code."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from threading import Event, Timer

import pytest
from django.core.exceptions import SynchronousOnlyOperation

from django_appwrite_orm.exceptions import AppwriteError, NotSupportedError, TransactionError
from django_appwrite_orm.querysets import atomic
from django_appwrite_orm.sansio import AcquireLock
from django_appwrite_orm.transport.retry import Attempt, TransportError
from tests.support.costs import counted
from tests.support.library.tables import Book

pytestmark = pytest.mark.usefixtures("library")


class Trouble(Exception):
    pass


def titles() -> list[str]:
    return [book.title for book in Book.objects.all()]


def test_decorators() -> None:
    @atomic()
    def buy(title: str, fail: bool = False) -> str:
        Book.objects.create(title=title, price=1)
        if fail:
            raise Trouble
        return title

    @atomic()
    async def abuy(title: str, fail: bool = False) -> None:
        await Book.objects.acreate(title=title, price=1)
        if fail:
            raise Trouble

    assert buy("Dune") == "Dune"
    with pytest.raises(Trouble):
        buy("Emma", fail=True)
    asyncio.run(abuy("Howl"))
    with pytest.raises(Trouble):
        asyncio.run(abuy("Ariel", fail=True))
    assert titles() == ["Dune", "Howl"]
    assert buy.__name__ == "buy"


def test_concurrent_asynchronous_blocks_are_separate() -> None:
    async def one(title: str, fail: bool) -> None:
        async with atomic():
            await Book.objects.acreate(title=title, price=1)
            await asyncio.sleep(0)
            if fail:
                raise Trouble

    async def both() -> list:
        return await asyncio.gather(one("Dune", False), one("Emma", True), one("Howl", False), return_exceptions=True)

    assert [type(result) for result in asyncio.run(both())] == [type(None), Trouble, type(None)]
    assert sorted(titles()) == ["Dune", "Howl"]


def test_nothing_can_be_changed_in_a_block_that_is_over() -> None:
    async def late() -> None:
        async with atomic():
            await Book.objects.acreate(title="Dune", price=1)
            started, over = asyncio.Event(), asyncio.Event()

            async def straggle() -> None:
                started.set()
                await over.wait()
                with pytest.raises(TransactionError, match="has ended"):
                    await Book.objects.acreate(title="Emma", price=1)

            task = asyncio.create_task(straggle())
            await started.wait()
        over.set()
        await task

    asyncio.run(late())
    assert titles() == ["Dune"]


def test_rolling_back_waits_for_a_change_that_is_being_staged(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that begins the transaction: else nobody would end it."""

    async def rolled_back() -> None:
        perform, sent, go_on = Attempt.aperform, asyncio.Event(), asyncio.Event()

        async def slow(attempt: Attempt) -> object:
            sent.set()
            await go_on.wait()
            return await perform(attempt)

        with monkeypatch.context() as patch:
            patch.setattr(Attempt, "aperform", slow)
            with suppress(Trouble):
                async with atomic():
                    task = asyncio.create_task(Book.objects.acreate(title="Dune", price=1))
                    await sent.wait()
                    asyncio.get_running_loop().call_later(0.05, go_on.set)
                    raise Trouble
            await task

    with counted() as costs:
        asyncio.run(rolled_back())
    assert len(costs.requests) == 3  # begin, stage, roll back
    assert costs.requests[-1].startswith("PATCH")
    assert titles() == []


def test_the_decorator_without_parentheses() -> None:
    @atomic
    def buy(title: str, fail: bool = False) -> str:
        Book.objects.create(title=title, price=1)
        if fail:
            raise Trouble
        return title

    assert buy("Dune") == "Dune"
    with pytest.raises(Trouble):
        buy("Emma", fail=True)
    assert titles() == ["Dune"]
    assert buy.__name__ == "buy"


def test_tasks_of_one_block_share_its_transaction() -> None:
    async def block() -> None:
        async with atomic():
            await asyncio.gather(*(Book.objects.acreate(title=f"b{n}", price=n) for n in range(20)))

    with counted() as costs:
        asyncio.run(block())
    assert len(costs.requests) == 22
    assert sorted(titles()) == sorted(f"b{n}" for n in range(20))


def test_threads_of_one_block_share_its_transaction() -> None:
    with counted() as costs, atomic():
        context = copy_context()
        with ThreadPoolExecutor(4) as pool:
            for n in range(12):
                pool.submit(context.copy().run, lambda n=n: Book.objects.create(title=f"b{n}", price=n))
    assert len(costs.requests) == 14
    assert len(titles()) == 12


def test_tasks_of_one_block_cannot_fill_it_beyond_its_limit() -> None:
    async def block() -> None:
        async with atomic():
            books = (Book.objects.acreate(title=f"b{n}", price=n) for n in range(103))
            results = await asyncio.gather(*books, return_exceptions=True)
            assert [type(one) for one in results if isinstance(one, Exception)] == [NotSupportedError] * 3

    with counted() as costs:
        asyncio.run(block())
    assert len(costs.requests) == 102


def test_a_change_that_is_under_way_at_the_end_belongs_to_the_block() -> None:
    async def block() -> None:
        async with atomic():
            task = asyncio.create_task(Book.objects.acreate(title="Dune", price=1))
            await asyncio.sleep(0)
        await task

    asyncio.run(asyncio.wait_for(block(), 60))
    assert titles() == ["Dune"]


def test_a_cancelled_change_sets_the_block_to_roll_back(monkeypatch: pytest.MonkeyPatch) -> None:
    aperform = Attempt.aperform

    async def block() -> None:
        staged = asyncio.Event()

        async def slow(step):
            answer = await aperform(step)
            if step.request.path.endswith("/rows"):
                staged.set()
                await asyncio.sleep(60)
            return answer

        monkeypatch.setattr(Attempt, "aperform", slow)
        async with atomic():
            task = asyncio.create_task(Book.objects.acreate(title="Dune", price=1))
            await staged.wait()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    with pytest.raises(TransactionError, match="may or may not have been staged"):
        asyncio.run(asyncio.wait_for(block(), 60))
    monkeypatch.undo()
    assert titles() == []


def test_a_thread_that_loses_an_answer_as_the_block_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end waits for the change that is being staged, and then knows what became of it."""
    perform, sent, ended = Attempt.perform, Event(), Event()

    def lose(step):
        answer = perform(step)
        if (step.request.body or {}).get("rowId") == "lost":
            sent.set()
            ended.wait(30)
            raise TransportError("connection lost", sent=True)
        return answer

    def turn(step):
        if sent.is_set():
            Timer(0.05, ended.set).start()
        step.lock.acquire()

    monkeypatch.setattr(Attempt, "perform", lose)
    monkeypatch.setattr(AcquireLock, "perform", turn)
    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(TransactionError, match="may or may not have been staged"), atomic():  # noqa: PT012
            Book.objects.create(title="Dune", price=1)
            lost = pool.submit(copy_context().run, lambda: Book.objects.create(title="Emma", price=1, id="lost"))
            sent.wait(30)
        assert isinstance(lost.exception(), AppwriteError)
    assert titles() == []


def test_a_blocking_change_does_not_wait_for_a_task_of_its_own_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would wait for ever, whatever else is allowed: the loop cannot go on with the task."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    aperform = Attempt.aperform

    async def block() -> None:
        begun, refused = asyncio.Event(), asyncio.Event()

        async def slow(step):
            begun.set()
            await refused.wait()
            return await aperform(step)

        monkeypatch.setattr(Attempt, "aperform", slow)
        async with atomic():
            task = asyncio.create_task(Book.objects.acreate(title="Dune", price=1))
            await begun.wait()
            with pytest.raises(SynchronousOnlyOperation, match="event loop"):
                Book.objects.create(title="Emma", price=1)
            refused.set()
            await task

    asyncio.run(block())
    assert titles() == ["Dune"]
