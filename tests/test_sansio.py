"""What blocks is refused on an event loop, whole and before anything is done; threads, and what is known, are not."""

from __future__ import annotations

import ast
import asyncio
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import SynchronousOnlyOperation
from django.db.models import Count

import django_appwrite_orm
from django_appwrite_orm import atomic, orm
from django_appwrite_orm.sansio import Effect, Operation, Sleep, run_async, run_sync, twins
from django_appwrite_orm.tables import alters_data
from tests.support.costs import counted
from tests.support.library.tables import Book

BLOCKING: dict[str, Callable[[Book], Any]] = {
    "iterating": lambda book: list(Book.objects.all()),
    "len": lambda book: len(Book.objects.all()),
    "bool": lambda book: bool(Book.objects.all()),
    "an index": lambda book: Book.objects.all()[0],
    "in": lambda book: book in Book.objects.all(),
    "iterator": lambda book: next(Book.objects.iterator()),
    "get": lambda book: Book.objects.get(pk="dune"),
    "first": lambda book: Book.objects.first(),
    "count": lambda book: Book.objects.count(),
    "groups": lambda book: list(Book.objects.values("genre").annotate(n=Count("*"))),
    "create": lambda book: Book.objects.create(title="Emma", price=1),
    "bulk_create": lambda book: Book.objects.bulk_create([Book(title="Emma", price=1)]),
    "update": lambda book: Book.objects.update(price=1),
    "delete": lambda book: Book.objects.all().delete(),
    "save": lambda book: book.save(),
    "delete of a row": lambda book: book.delete(),
    "refresh_from_db": lambda book: book.refresh_from_db(),
    "atomic": lambda book: atomic().__enter__(),
    "batch": lambda book: orm.table("books").batch().__enter__(),
    "a verb": lambda book: orm.table("books").all(),
    "a join": lambda book: orm.join("books", "library_reader", foreign_key="title"),
    "is_updated": lambda book: Book.objects.is_updated(),
    "clear_caches": lambda book: orm.clear_caches(),
}


@pytest.fixture
def dune(library: None) -> Book:
    return Book.objects.create(title="Dune", price=9, id="dune")


@pytest.mark.parametrize("name", BLOCKING)
def test_refused_on_an_event_loop(dune: Book, name: str) -> None:
    async def block() -> None:
        dune.price = 5
        with counted() as costs, pytest.raises(SynchronousOnlyOperation, match=r"asynchronous form .* begins with `a`"):
            BLOCKING[name](dune)
        assert costs.requests == costs.cache == []

    asyncio.run(block())
    assert [(book.title, book.price) for book in Book.objects.all()] == [("Dune", 9)]


def test_what_is_known_can_be_had(dune: Book) -> None:
    async def look() -> None:
        books = Book.objects.order_by("title")
        assert [book.title async for book in books] == ["Dune"]
        assert (len(books), bool(books), books[0], books.count(), books.exists()) == (1, True, dune, 1, True)
        assert repr(books) == "<QuerySet [<Book: dune>]>"
        assert list(Book.objects.none()) == []
        groups = Book.objects.values("genre").annotate(n=Count("*"))
        assert [group async for group in groups] == list(groups)
        unread = repr(Book.objects.filter(price=9))
        assert unread.startswith("<QuerySet of Book, not read (SynchronousOnlyOperation):")
        assert '"price"' in unread

    asyncio.run(look())


def test_allowed_in_threads(dune: Book) -> None:
    async def read() -> list[int]:
        return [await sync_to_async(Book.objects.count)(), await asyncio.to_thread(Book.objects.count)]

    assert asyncio.run(read()) == [1, 1]


def test_allowed_by_djangos_own_variable(dune: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

    async def read() -> str:
        with atomic():
            Book.objects.create(title="Emma", price=1)
        return Book.objects.get(title="Emma").title

    assert asyncio.run(read()) == "Emma"


class Double(Effect[int]):
    def __init__(self, number: int) -> None:
        self.number = number

    def perform(self) -> int:
        return 2 * self.number

    async def aperform(self) -> int:
        await asyncio.sleep(0)
        return 20 * self.number


class Calculator:
    @alters_data
    def _quadruple(self, number: int, *, plus: int = 0) -> Operation[int]:
        """Four times `number`."""
        double = yield from Double(number)
        yield Sleep(0)
        return (yield from Double(double)) + plus

    quadruple, aquadruple = twins(_quadruple)


def test_an_effect_gives_its_result_to_the_operation() -> None:
    assert Calculator().quadruple(3, plus=1) == 13
    assert asyncio.run(Calculator().aquadruple(3, plus=1)) == 1201


def test_what_an_effect_raises_reaches_the_operation() -> None:
    class Fails(Effect[int]):
        def perform(self) -> int:
            raise OSError("away")

        async def aperform(self) -> int:
            raise OSError("away")

    def steps() -> Operation[int]:
        try:
            return (yield from Fails())
        except OSError:
            return 5

    assert run_sync(steps()) == asyncio.run(run_async(steps())) == 5


def test_twins_are_named_documented_and_marked_as_their_operation() -> None:
    for twin, name in ((Calculator.quadruple, "quadruple"), (Calculator.aquadruple, "aquadruple")):
        assert (twin.__name__, twin.__qualname__) == (name, f"Calculator.{name}")
        assert twin.__doc__ == "Four times `number`."
        assert str(inspect.signature(twin)) == "(self, number: 'int', *, plus: 'int' = 0) -> 'int'"
        assert twin.alters_data  # type: ignore[attr-defined]
    assert inspect.iscoroutinefunction(Calculator.aquadruple)
    assert not inspect.iscoroutinefunction(Calculator.quadruple)


def test_the_blocking_twin_is_refused_on_an_event_loop() -> None:
    async def block() -> None:
        with pytest.raises(SynchronousOnlyOperation):
            Calculator().quadruple(3)

    asyncio.run(block())


# Pairs that no helper can make; the docstring of `twins` says why.
BY_HAND = {
    *("perform", "send", "note", "_call", "__iter__", "__enter__", "__exit__", "iterator", "_read_ahead", "read_ahead"),
    *("QuerySet.count", "QuerySet.exists", "GroupedQuerySet.count", "GroupedQuerySet.first"),
    *("listen", "ORM.stats", "ORM.reset_stats"),
}


def pairs_by_hand(source: str) -> set[str]:
    """The functions that are defined beside another one of the same name with an `a` in front, as `Class.name`."""
    pairs: set[str] = set()
    for scope in ast.walk(ast.parse(source)):
        if isinstance(scope, (ast.Module, ast.ClassDef)):
            functions = [n.name for n in scope.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
            for name in functions:
                bare = name.lstrip("_")
                if f"{name[: len(name) - len(bare)]}a{bare}" in functions:
                    pairs.add(f"{scope.name}.{name}" if isinstance(scope, ast.ClassDef) else name)
    return pairs


def test_pairs_written_by_hand_are_those_that_the_docstring_of_twins_explains() -> None:
    root = Path(django_appwrite_orm.__file__).parent
    pairs: set[str] = set()
    for module in root.rglob("*.py"):
        pairs |= pairs_by_hand(module.read_text(encoding="utf-8"))
    unexplained = {pair for pair in pairs if not {pair, pair.rpartition(".")[2]} & BY_HAND}
    assert unexplained == set()
    assert {name for name in BY_HAND if not any(name in (pair, pair.rpartition(".")[2]) for pair in pairs)} == set()
    assert [name for name in BY_HAND if name.rpartition(".")[2].lstrip("_") not in (twins.__doc__ or "")] == []


def test_no_result_of_an_effect_is_untyped() -> None:
    """The value of a bare `yield` is Any; `yield from` an effect gives its type."""
    package = Path(django_appwrite_orm.__file__).parent
    untyped = [
        f"{path.relative_to(package)}:{node.lineno} {ast.unparse(node)}"
        for path in package.rglob("*.py")
        if path.parent.name not in ("plans", "in_memory")  # plans yield requests and reads, typed by their generators
        for parent in ast.walk(ast.parse(path.read_text()))
        for node in ast.iter_child_nodes(parent)
        if isinstance(node, ast.Yield) and not isinstance(parent, ast.Expr)
    ]
    assert [place.partition(":")[0] for place in untyped] == ["sansio.py"], untyped  # in `Effect.__iter__`
