"""Rows page by page, the next one on its way."""

from __future__ import annotations

import asyncio

import pytest
from django.db.models import Count, Sum

from django_appwrite_orm import orm
from tests.support.books import FOUR, titles
from tests.support.costs import counted
from tests.support.library.tables import Book


class TestIterator:
    def test_constant_memory_with_the_next_page_on_its_way(self, shelf: None) -> None:
        with counted() as costs:
            rows = Book.objects.order_by("price").iterator(chunk_size=1)
            assert next(rows).title == "Howl"
            rows.close()
        assert len(costs.requests) == 2
        with counted() as costs:
            assert titles(Book.objects.order_by("price").uncached().iterator(chunk_size=3)) == [
                "Howl",
                "Emma",
                "Ariel",
                "Dune",
            ]
            assert titles(Book.objects.order_by("title").uncached().iterator(chunk_size=2)) == [
                "Ariel",
                "Dune",
                "Emma",
                "Howl",
            ]
        assert len(costs.requests) == 2 + 3

    def test_asynchronous_iterator(self, shelf: None) -> None:
        async def walk() -> list[str]:
            found = [book.title async for book in Book.objects.order_by("-pages").aiterator(chunk_size=1)]
            rows = Book.objects.aiterator(chunk_size=1)
            found.append((await anext(rows)).title)
            await rows.aclose()
            return found

        assert asyncio.run(walk()) == ["Emma", "Dune", "Ariel", "Howl", "Dune"]

    def test_an_error_in_a_later_page_arrives(self, shelf: None) -> None:
        from django_appwrite_orm.exceptions import NotFound

        rows = Book.objects.uncached().iterator(chunk_size=1)
        assert next(rows).title == "Dune"
        orm.delete_table("books")
        with pytest.raises(NotFound):
            list(rows)


def test_asynchronous_twins(shelf: None) -> None:
    async def ask() -> None:
        assert (await Book.objects.alatest("price")).title == "Dune"
        assert (await Book.objects.aearliest("price")).title == "Howl"
        assert set(await Book.objects.ain_bulk(["dune"])) == {"dune"}
        assert await Book.objects.aaggregate(Sum("pages")) == {"pages__sum": 967}
        assert await Book.objects.acount(cap=2) == 2
        assert [g["n"] async for g in Book.objects.values("genre").annotate(n=Count("*"))] == [2, 2]
        assert [t async for t in Book.objects.values_list("title", flat=True)] == [row[0] for row in FOUR]
        assert await Book.objects.acontains(await Book.objects.afirst())

    asyncio.run(ask())


@pytest.mark.parametrize("chunk_size", [0, -1, True, 1.5, "5"])
def test_an_invalid_chunk_size_is_refused(chunk_size: object) -> None:
    for iterate in (Book.objects.iterator, Book.objects.aiterator):
        with pytest.raises(ValueError, match="chunk_size must be"):
            iterate(chunk_size=chunk_size)
