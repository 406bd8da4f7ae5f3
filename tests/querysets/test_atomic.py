"""atomic(): all changes of a block or none, and what can be asked inside it."""

# ruff: noqa: PT012, SIM117 -- what is tested is a block
from __future__ import annotations

import pytest
from django.db.models import F

from django_appwrite_orm import signals
from django_appwrite_orm.exceptions import AppwriteError, Conflict, NotSupportedError, TransactionError
from django_appwrite_orm.querysets import atomic
from django_appwrite_orm.transport.retry import Attempt, TransportError
from tests.support.costs import counted
from tests.support.library.tables import Book, Reader

pytestmark = pytest.mark.usefixtures("library")


class Trouble(Exception):
    pass


def titles() -> list[str]:
    return [book.title for book in Book.objects.all()]


def test_all_changes_are_applied_at_the_end() -> None:
    old = Book.objects.create(title="Dune", price=9, id="dune")
    with counted() as costs, atomic():
        new = Book.objects.create(title="Emma", price=4)
        old.price = 3
        old.save()
        Reader.objects.create(name="Ada")
        assert new.is_saved
        assert new.sequence is None
        assert (new.pages, new.genre, new.lent) == (None, "novel", False)
    assert len(costs.requests) == 5  # begin, three changes, commit
    assert titles() == ["Dune", "Emma"]
    assert Book.objects.get(pk="dune").price == 3
    assert Book.objects.get(pk=new.pk).title == "Emma"
    assert Reader.objects.count() == 1


def test_nothing_is_applied_when_the_block_raises() -> None:
    Book.objects.create(title="Dune", price=9, id="dune")
    with pytest.raises(Trouble), atomic():
        Book.objects.create(title="Emma", price=4)
        Book.objects.filter(title="Dune").delete()
        raise Trouble
    assert titles() == ["Dune"]


def test_a_block_without_changes_costs_nothing() -> None:
    with counted() as costs, atomic():
        pass
    assert costs.requests == []


def test_inside_a_block_only_gets_by_id_of_changed_tables_are_allowed() -> None:
    Book.objects.create(title="Dune", price=9, id="dune")
    Book.objects.get(pk="dune")
    with atomic():
        assert Book.objects.count() == 1  # nothing has been changed yet
        Book.objects.create(title="Emma", price=4, id="emma")
        Book.objects.filter(pk="dune").update(price=1)
        assert Book.objects.get(pk="emma").title == "Emma"
        with pytest.raises(Book.DoesNotExist):
            Book.objects.get(pk="nobody")
        for wrong in (
            lambda: list(Book.objects.all()),
            lambda: Book.objects.count(),
            lambda: Book.objects.filter(price=1).exists(),
            lambda: Book.objects.first(),
        ):
            with pytest.raises(NotSupportedError, match="Inside a transaction that has changed Book, "):
                wrong()
        assert Reader.objects.count() == 0
        emma = Book.objects.get(pk="emma")
        emma.delete()
        with pytest.raises(Book.DoesNotExist):
            Book.objects.get(pk="emma")
    assert titles() == ["Dune"]
    assert Book.objects.get(pk="dune").price == 1


def test_nothing_of_it_is_cached_or_seen_outside_before_the_end() -> None:
    Book.objects.create(title="Dune", price=9, id="dune")
    with pytest.raises(Trouble), atomic():
        book = Book.objects.get(pk="dune")
        book.price = 1
        book.save()
        assert Book.objects.get(pk="dune").price == 1
        raise Trouble
    with counted() as costs:
        assert Book.objects.get(pk="dune").price == 9
    assert len(costs.requests) <= 1


def test_a_commit_invalidates_once_and_then_sends_signals() -> None:
    Book.objects.create(title="Dune", price=9, id="dune")
    heard: list[str] = []

    def receive(sender, signal, **arguments) -> None:
        names = {signals.post_create: "create", signals.post_update: "update", signals.table_invalidated: "invalidated"}
        heard.append(f"{names[signal]} {sender.__name__}")

    watched = (signals.post_create, signals.post_update, signals.table_invalidated)
    for signal in watched:
        signal.connect(receive)
    try:
        with atomic():
            Book.objects.create(title="Emma", price=1)
            dune = Book.objects.get(pk="dune")
            dune.price = 2
            dune.save()
            Reader.objects.create(name="Ada")
            assert heard == []
        assert heard == ["invalidated Book", "invalidated Reader", "create Book", "update Book", "create Reader"]
        heard.clear()
        with pytest.raises(Trouble), atomic():
            Book.objects.create(title="Howl", price=1)
            raise Trouble
        assert heard == []
    finally:
        for signal in watched:
            signal.disconnect(receive)


def test_nested_blocks_are_one_transaction() -> None:
    with atomic():
        Book.objects.create(title="Dune", price=1)
        with atomic():
            Book.objects.create(title="Emma", price=1)
        with atomic("default"):
            Book.objects.create(title="Howl", price=1)
    assert titles() == ["Dune", "Emma", "Howl"]
    with pytest.raises(TransactionError, match="roll back a part"), atomic():
        Book.objects.create(title="Ariel", price=1)
        with pytest.raises(Trouble), atomic():
            raise Trouble
        with pytest.raises(TransactionError, match="rolled back"):
            Book.objects.create(title="Brief", price=1)
    assert titles() == ["Dune", "Emma", "Howl"]


def test_a_hundred_changes_and_no_more() -> None:
    too_many = "takes 101 operations, and a transaction of Appwrite holds 100. Change the rows in parts"
    with counted() as costs, pytest.raises(NotSupportedError, match=too_many), atomic():
        Book.objects.bulk_create([Book(title=f"b{n}", price=1) for n in range(10_100)])
    assert costs.requests == []
    with pytest.raises(NotSupportedError, match=too_many), atomic():
        for n in range(101):
            Reader.objects.create(name=f"r{n}")
    assert Reader.objects.count() == 0
    with atomic():
        Book.objects.bulk_create([Book(title=f"b{n}", price=1) for n in range(250)])
        for n in range(97):
            Reader.objects.create(name=f"r{n}")
    assert (Book.objects.count(), Reader.objects.count()) == (250, 97)


def test_bulk_updates_join_the_block() -> None:
    rows = Book.objects.bulk_create([Book(title=f"b{n}", price=n) for n in range(5)])
    for row in rows:
        row.pages = 1
    with pytest.raises(Trouble), atomic():
        assert Book.objects.bulk_update(rows, ["pages"]) == 5
        raise Trouble
    assert Book.objects.filter(pages=1).count() == 0
    for row in rows:
        row.pages = 2
    with counted() as costs, atomic():
        Book.objects.bulk_update(rows, ["pages"])
        Book.objects.filter(pk=rows[0].pk).update(price=F("price") + 5)
    assert len(costs.requests) == 4
    assert Book.objects.filter(pages=2).count() == 5
    assert Book.objects.get(title="b0").price == 5


def test_a_row_changed_from_outside_is_a_conflict() -> None:
    book = Book.objects.create(title="Dune", price=9, id="dune")
    with pytest.raises(Conflict, match="Run the block again"), atomic():
        book.price = 1
        book.save()
        _outside(lambda: Book.objects.filter(pk="dune").update(price=5))
    assert Book.objects.get(pk="dune").price == 5


def _outside(work) -> None:
    """Do something past the block, as another process would."""
    from contextvars import Context

    Context().run(work)


@pytest.mark.local_only("it turns the clock of the local Appwrite")
def test_a_block_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    from django_appwrite_orm.local.transactions import repository

    with pytest.raises(TransactionError, match=r"longer than the 60 seconds.*seconds=900"), atomic(seconds=60):
        Book.objects.create(title="Dune", price=9)
        monkeypatch.setattr(repository, "now", lambda: "2999-01-01T00:00:00.000+00:00")
    monkeypatch.undo()
    with pytest.raises(TransactionError, match="longer than the 60 seconds"), atomic(seconds=60):
        Book.objects.create(title="Dune", price=9)
        monkeypatch.setattr(repository, "now", lambda: "2999-01-01T00:00:00.000+00:00")
        Book.objects.create(title="Emma", price=9)
    monkeypatch.undo()
    assert titles() == []
    for wrong in (59, 3601, 60.5, True):
        with pytest.raises(ValueError, match="60 to 3,600"):
            atomic(seconds=wrong)


def test_an_unclear_change_sets_the_block_to_roll_back(monkeypatch: pytest.MonkeyPatch) -> None:
    perform = Attempt.perform

    def lose_the_answer(step):
        answer = perform(step)
        if step.request.path.endswith("/rows"):
            monkeypatch.setattr(Attempt, "perform", perform)
            raise TransportError("connection lost", sent=True)
        return answer

    monkeypatch.setattr(Attempt, "perform", lose_the_answer)
    with pytest.raises(TransactionError, match="may or may not have been staged"), atomic():
        with pytest.raises(AppwriteError, match="connection lost"):
            Book.objects.create(title="Dune", price=9)
    assert titles() == []


def test_a_unique_value_that_is_taken_fails_at_the_commit() -> None:
    Book.objects.create(title="Dune", price=9)
    with pytest.raises(AppwriteError), atomic():
        Book.objects.create(title="Emma", price=1)
        Book.objects.create(title="Dune", price=1)
    assert titles() == ["Dune"]


def test_save_if_unchanged_inside_a_block() -> None:
    Book.objects.create(title="Dune", price=9, id="dune")
    mine = Book.objects.get(pk="dune")
    Book.objects.update(price=5)
    mine.price = 1
    with pytest.raises(Conflict, match="since it was read"), atomic():
        mine.save(if_unchanged=True)
    fresh = Book.objects.get(pk="dune")
    fresh.price = 2
    with atomic():
        fresh.save(if_unchanged=True)
    assert Book.objects.get(pk="dune").price == 2


def test_a_change_for_another_identity_is_refused_inside_a_block() -> None:
    with pytest.raises(TransactionError, match=r"block would not include it.*atomic\(queryset\.db\)"), atomic():
        Book.objects.create(title="Dune", price=1)
        Book.objects.as_guest().create(title="Emma", price=1)
    guest = Book.objects.as_guest()
    for change in (
        lambda: Book.objects.create(title="Emma", price=1),
        lambda: Book.objects.all().delete(),
        lambda: Book.objects.bulk_create([Book(title="Emma", price=1)]),
    ):
        with counted() as costs, pytest.raises(TransactionError), atomic(guest.db):
            change()
        assert costs.requests == []
    with atomic(guest.db), atomic():  # each in a block of its own
        Book.objects.create(title="Howl", price=1)
    assert titles() == ["Howl"]
