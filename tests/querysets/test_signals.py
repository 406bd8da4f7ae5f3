"""Signals: what is sent, when, and what a receiver can and cannot do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from django_appwrite_orm import orm, signals
from django_appwrite_orm.exceptions import IntegrityError
from tests.support.library.tables import Book

NAMES = [
    name for name in vars(signals) if name.startswith(("pre_", "post_")) or name in ("table_invalidated", "cache_read")
]


@pytest.fixture
def heard(library: None) -> Iterator[list[tuple[str, dict]]]:
    sent: list[tuple[str, dict]] = []
    receivers = {}
    for name in NAMES:

        def receive(sender, signal, _name=name, **arguments) -> None:
            assert sender is Book
            sent.append((_name, arguments))

        receivers[name] = receive
        getattr(signals, name).connect(receive)
    yield sent
    for name, receive in receivers.items():
        getattr(signals, name).disconnect(receive)


def names(sent: list[tuple[str, dict]]) -> list[str]:
    return [name for name, _ in sent]


def test_signals_of_writes_of_one_row(heard: list) -> None:
    book = Book.objects.create(title="Dune", price=9)
    assert names(heard) == ["pre_create", "table_invalidated", "post_create"]
    assert heard[0][1]["row"] is book
    assert heard[0][1]["using"] == "default"
    assert heard[0][1]["values"]["price"] == 9
    assert heard[1][1]["reason"] == "write"
    heard.clear()
    book.price = 3
    book.save()
    assert names(heard) == ["pre_update", "table_invalidated", "post_update"]
    assert heard[0][1]["values"] == heard[2][1]["values"] == {"price": 3}
    heard.clear()
    book.save()
    assert heard == []
    book.delete()
    assert names(heard) == ["pre_delete", "table_invalidated", "post_delete"]


def test_signals_of_bulk_writes(heard: list) -> None:
    rows = [Book(title=f"b{n}", price=n) for n in range(3)]
    Book.objects.bulk_create(rows)
    assert names(heard) == ["pre_bulk_create", "table_invalidated", "post_bulk_create"]
    assert (heard[2][1]["rows"], heard[2][1]["count"]) == (rows, 3)
    heard.clear()
    Book.objects.filter(price__gt=0).update(pages=1)
    assert names(heard) == ["pre_bulk_update", "table_invalidated", "post_bulk_update"]
    assert (heard[0][1]["count"], heard[2][1]["count"]) == (None, 2)
    assert heard[0][1]["plan"].data == {"pages": 1}
    heard.clear()
    Book.objects.all().delete()
    assert names(heard) == ["pre_bulk_delete", "table_invalidated", "post_bulk_delete"]
    assert heard[2][1]["count"] == 3


def test_signals_of_reads_and_invalidations(heard: list) -> None:
    for _ in range(2):
        Book.objects.count()
    Book.objects.uncached().count()
    assert [arguments["status"] for _, arguments in heard] == ["MISS", "HIT", "BYPASS"]
    assert all(arguments["duration"] > 0 for _, arguments in heard)
    assert "count" in str(heard[0][1]["plan"])
    heard.clear()
    orm.table("books").set_updated(False)
    assert heard == [("table_invalidated", {"reason": "manual", "using": "default"})]


def test_a_receiver_before_a_write_can_change_and_stop_it(library: None) -> None:
    def shout(sender, row, **kwargs) -> None:
        row.title = row.title.upper()

    def refuse(sender, row, **kwargs) -> None:
        raise PermissionError("not today")

    signals.pre_create.connect(shout, sender=Book)
    try:
        assert Book.objects.create(title="Dune", price=1).title == "DUNE"
    finally:
        signals.pre_create.disconnect(shout, sender=Book)
    signals.pre_create.connect(refuse, sender=Book)
    try:
        with pytest.raises(PermissionError):
            Book.objects.create(title="Emma", price=1)
    finally:
        signals.pre_create.disconnect(refuse, sender=Book)
    assert [book.title for book in Book.objects.all()] == ["DUNE"]


def test_an_error_of_a_post_receiver_does_not_undo_the_write(library: None, caplog: pytest.LogCaptureFixture) -> None:
    def fail(sender, **kwargs) -> None:
        raise RuntimeError("a receiver's own trouble")

    signals.post_create.connect(fail, sender=Book)
    try:
        book = Book.objects.create(title="Dune", price=1)
    finally:
        signals.post_create.disconnect(fail, sender=Book)
    assert Book.objects.get(pk=book.pk) == book
    assert "a receiver's own trouble" in caplog.text


def test_a_failed_write_invalidates_too(heard: list) -> None:
    Book.objects.create(title="Dune", price=1)
    heard.clear()
    with pytest.raises(IntegrityError):
        Book.objects.create(title="Dune", price=2)
    assert names(heard) == ["pre_create", "table_invalidated"]


def test_asynchronous_receivers(library: None) -> None:
    heard: list[str] = []

    async def receive(sender, row, **kwargs) -> None:
        await asyncio.sleep(0)
        heard.append(row.title)

    async def make() -> None:
        await Book.objects.acreate(title="Dune", price=1)

    signals.post_create.connect(receive, sender=Book)
    try:
        asyncio.run(make())
        Book.objects.create(title="Emma", price=1)
    finally:
        signals.post_create.disconnect(receive, sender=Book)
    assert heard == ["Dune", "Emma"]


@pytest.mark.parametrize(("has_receiver", "times"), [(False, 1), (True, 2)])
def test_bulk_writes_validate_again_only_after_receivers(
    library: None, monkeypatch: pytest.MonkeyPatch, has_receiver: bool, times: int
) -> None:
    validated: list[str] = []
    cleaned = Book._cleaned

    def counted(row: Book, *arguments, **options):
        validated.append(row.title)
        return cleaned(row, *arguments, **options)

    monkeypatch.setattr(Book, "_cleaned", counted)

    def receive(rows: list[Book], **arguments) -> None:
        for row in rows:
            row.title += "!"

    receivers = (signals.pre_bulk_create, signals.pre_bulk_update)
    for signal in receivers if has_receiver else ():
        signal.connect(receive, sender=Book)
    try:
        books = Book.objects.bulk_create([Book(title=title, price=1) for title in "AB"])
        assert len(validated) == 2 * times
        for book in books:
            book.pages = 2
        Book.objects.bulk_update(books, ["pages", "title"])
        assert len(validated) == 4 * times
    finally:
        for signal in receivers:
            signal.disconnect(receive, sender=Book)
    assert sorted(Book.objects.values_list("title", flat=True)) == (["A!!", "B!!"] if has_receiver else ["A", "B"])
