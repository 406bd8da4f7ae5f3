"""atomic() as a decorator, and in asynchronous code."""

from __future__ import annotations

import asyncio

import pytest

from django_appwrite_orm.exceptions import TransactionError
from django_appwrite_orm.queries import atomic
from tests.library.tables import Book

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


def test_asynchronous_blocks_keep_apart() -> None:
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
            started = asyncio.Event()

            async def straggle() -> None:
                started.set()
                await asyncio.sleep(0.05)
                with pytest.raises(TransactionError, match="is over"):
                    await Book.objects.acreate(title="Emma", price=1)

            task = asyncio.create_task(straggle())
            await started.wait()
        await task

    asyncio.run(late())
    assert titles() == ["Dune"]
