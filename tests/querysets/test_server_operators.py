"""Changes by F() and Apply() where Appwrite 1.9.6 fails on operators: they are counted once, or refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from appwrite.operator import Operator
from django.core.exceptions import ValidationError
from django.db.models import F

from django_appwrite_orm import Table, atomic, columns
from django_appwrite_orm.exceptions import AppwriteError, NotSupportedError
from django_appwrite_orm.querysets import Apply
from django_appwrite_orm.transport.retry import Attempt
from tests.support.costs import counted
from tests.support.library.tables import Book, Everything
from tests.support.tables import prepare


@pytest.mark.usefixtures("library")
class TestInBlocks:
    """A staged bulk update by operators is applied twice to the rows that the block has changed before."""

    def test_a_change_after_another_one_of_the_row_counts_once(self) -> None:
        book = Book.objects.create(title="Dune", price=9, pages=3)
        with atomic():
            book.price = 10
            book.save()
            assert Book.objects.filter(pk=book.pk).update(pages=F("pages") + 5) == 1
        assert Book.objects.get(pk=book.pk).pages == 8

    def test_a_change_of_rows_that_the_block_made_counts_once(self) -> None:
        with atomic():
            books = Book.objects.bulk_create([Book(title=f"b{n}", price=9, pages=n) for n in range(3)])
            one = Book.objects.create(title="Dune", price=9, pages=3)
            ids = [book.pk for book in books]
            assert Book.objects.filter(pk__in=[*ids, one.pk]).update(pages=F("pages") + 5) == 4
        assert sorted(Book.objects.values_list("pages", flat=True)) == [5, 6, 7, 8]

    def test_each_row_is_staged_by_itself(self) -> None:
        books = Book.objects.bulk_create([Book(title=f"b{n}", price=9, pages=n) for n in range(2)])
        with atomic():
            Book.objects.filter(pk=books[0].pk).update(lent=True)
            with counted() as costs:
                Book.objects.filter(pk__in=[book.pk for book in books]).update(pages=Apply(Operator.increment(5)))
        rows = f"PATCH /tablesdb/library/tables/{Book._meta.id}/rows"
        assert sorted(costs.requests) == sorted(f"{rows}/{book.pk}" for book in books)

    @pytest.mark.parametrize("query", [{"price": 9}, {"pk": "dune", "price__gt": 1}, {}])
    def test_rows_that_are_not_named_by_id_alone_are_refused(self, query: dict[str, Any]) -> None:
        Book.objects.create(title="Dune", price=9, pages=3, id="dune")
        with atomic():
            Book.objects.create(title="Other", price=9)
            with pytest.raises(NotSupportedError, match=r"Filter by id only"):
                Book.objects.filter(**query).update(pages=F("pages") + 5)
        assert Book.objects.get(pk="dune").pages == 3

    def test_the_first_change_of_a_block_may_be_of_any_rows(self) -> None:
        Book.objects.create(title="Dune", price=9, pages=3, id="dune")
        with atomic():
            Book.objects.filter(price=9).update(pages=F("pages") + 5)
            Book.objects.filter(pk="dune").update(pages=F("pages") + 5)
        assert Book.objects.get(pk="dune").pages == 13

    def test_a_row_named_by_its_id_is_seen_changed_inside(self) -> None:
        Book.objects.create(title="Dune", price=9, id="dune")
        with atomic():
            assert Book.objects.filter(pk="dune").update(lent=True) == 1
            assert Book.objects.get(pk="dune").lent is True
            assert Book.objects.filter(pk="none").update(lent=True) == 0
            Book.objects.filter(pk="dune").delete()
            with pytest.raises(Book.DoesNotExist):
                Book.objects.get(pk="dune")
        assert Book.objects.count() == 0

    @pytest.mark.parametrize("change", [lambda: Book.objects.update(lent=True), lambda: Book.objects.all().delete()])
    def test_reading_a_row_after_a_bulk_change_of_the_block_is_refused(self, change: Callable[[], object]) -> None:
        """Appwrite shows rows inside a transaction without the changes of a staged bulk update or delete."""
        Book.objects.create(title="Dune", price=9, id="dune")
        with atomic():
            change()
            with pytest.raises(NotSupportedError, match="without the queryset"):
                Book.objects.get(pk="dune")

    def test_plain_values_may_be_set_in_any_rows(self) -> None:
        book = Book.objects.create(title="Dune", price=9)
        with atomic():
            book.pages = 3
            book.save()
            Book.objects.filter(price=9).update(lent=True)
        fresh = Book.objects.get(pk=book.pk)
        assert (fresh.pages, fresh.lent) == (3, True)

    def test_the_asynchronous_twin(self) -> None:
        book = Book.objects.create(title="Dune", price=9, pages=3)

        async def change() -> None:
            async with atomic():
                book.price = 10
                await book.asave()
                await Book.objects.filter(pk=book.pk).aupdate(pages=F("pages") + 5)

        asyncio.run(change())
        assert Book.objects.get(pk=book.pk).pages == 8


@pytest.mark.usefixtures("library")
class TestManyRows:
    """A bulk update by operators of more than 500 rows is applied and answered with 400."""

    def test_no_request_changes_more_rows_than_the_response_shows(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for start in range(0, 700, 100):
            Everything.objects.bulk_create([Everything(wide=n) for n in range(start, start + 100)])
        changed: list[int] = []
        perform = Attempt.perform

        def watched(step: Attempt) -> Any:
            reply = perform(step)
            if step.request.method == "PATCH":
                changed.append(json.loads(reply.text)["total"])
            return reply

        monkeypatch.setattr(Attempt, "perform", watched)
        assert Everything.objects.filter(wide__gte=50).update(wide=F("wide") - 1000) == 650
        assert sum(changed) == 650
        assert max(changed) <= 100
        assert set(Everything.objects.values_list("wide", flat=True)) == {*range(50), *range(-950, -300)}

    def test_few_rows_take_one_request(self) -> None:
        Book.objects.bulk_create([Book(title=f"b{n}", price=9, pages=n) for n in range(3)])
        with counted() as costs:
            assert Book.objects.update(pages=F("pages") + 1) == 3
        assert len(costs.requests) == 1

    @pytest.mark.parametrize(("changes", "unclear"), [({"pages": F("pages") + 1}, True), ({"pages": 1}, False)])
    def test_a_refusal_after_operators_is_unclear(
        self, changes: dict[str, Any], unclear: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        perform = Attempt.perform

        def refused(step: Attempt) -> Any:
            body = '{"message": "", "code": 400, "type": "general_bad_request"}'
            return perform(step)._replace(status=400, text=body)

        monkeypatch.setattr(Attempt, "perform", refused)
        with pytest.raises(AppwriteError) as raised:
            Book.objects.update(**changes)
        assert raised.value.unclear is unclear


class Vault(Table):
    secret = columns.String(size=200, encrypt=True)
    note = columns.String(size=20)
    opened = columns.Integer()
    weight = columns.Float()

    class Meta:
        name = "vaults"


class Stop(Table):
    at = columns.Point()
    passengers = columns.Integer()

    class Meta:
        name = "stops"


class TestBesideEncryptedAndSpatialColumns:
    """There an update that holds an operator is applied and then answered with 500."""

    @pytest.fixture(autouse=True)
    def tables(self) -> None:
        prepare(Vault, Stop)
        Vault.objects.create(id="v", secret="1234", opened=3, weight=2.5)
        Stop.objects.create(id="s", at=(1, 2), passengers=3)

    @pytest.mark.parametrize(
        ("table", "id", "changes", "after"),
        [
            (Vault, "v", {"opened": F("opened") + 2}, 5),
            (Vault, "v", {"opened": F("opened") - 2}, 1),
            (Vault, "v", {"opened": Apply(Operator.increment(2))}, 5),
            (Vault, "v", {"weight": F("weight") + 0.25}, 2.75),
            (Stop, "s", {"passengers": 4 + F("passengers")}, 7),
        ],
    )
    def test_numbers_are_added_by_the_increment_route(
        self, table: type[Table], id: str, changes: dict[str, Any], after: float
    ) -> None:
        ((name, expression),) = changes.items()
        with counted() as costs:
            assert table.objects.filter(pk=id).update(**changes) == 1
        assert costs.requests[-1].endswith(("increment", "decrement"))
        assert getattr(table.objects.get(pk=id), name) == after
        row = table.objects.get(pk=id)
        setattr(row, name, expression)
        row.save()
        assert getattr(row, name) == getattr(table.objects.get(pk=id), name) != after

    def test_every_matching_row_is_changed_by_itself(self) -> None:
        Vault.objects.create(id="w", opened=3)
        Vault.objects.create(id="x", opened=4)
        with counted() as costs:
            assert Vault.objects.filter(opened=3).update(opened=F("opened") + 1) == 2
        assert len(costs.requests) == 3
        assert sorted(Vault.objects.values_list("opened", flat=True)) == [4, 4, 4]

    def test_bulk_update(self) -> None:
        Vault.objects.create(id="w", opened=5)
        rows = list(Vault.objects.all())
        for row in rows:
            row.opened = F("opened") + 1
        Vault.objects.bulk_update(rows, ["opened"])
        assert sorted(Vault.objects.values_list("opened", flat=True)) == [4, 6]

    def test_inside_a_block_the_old_value_is_not_shown(self) -> None:
        with atomic():
            Vault.objects.filter(pk="v").update(opened=F("opened") + 1)
            Vault.objects.filter(pk="v").update(note="seen")
            row = Vault.objects.get(pk="v")
            assert (row.note, row.secret) == ("seen", "1234")
            assert not hasattr(row, "opened")
        assert Vault.objects.get(pk="v").opened == 4

    def test_a_row_saved_inside_a_block(self) -> None:
        row = Vault.objects.get(pk="v")
        with atomic():
            row.opened = F("opened") + 1
            row.save()
            assert row.secret == "1234"
        row.refresh_from_db()
        assert row.opened == 4

    @pytest.mark.parametrize(
        "changes",
        [
            {"opened": F("opened") * 2},
            {"opened": F("opened") + 1, "note": "x"},
            {"opened": F("opened") + 1, "weight": F("weight") + 1},
            {"opened": Apply(Operator.increment(1, 10))},
            {"note": F("note") + "!"},
        ],
    )
    def test_other_operators_are_refused_before_any_request(self, changes: dict[str, Any]) -> None:
        row = Vault.objects.get(pk="v")
        for name, value in changes.items():
            setattr(row, name, value)
        with counted() as costs:
            for change in (lambda: Vault.objects.update(**changes), row.save, lambda: row.save(if_unchanged=True)):
                with pytest.raises(
                    NotSupportedError, match=r"encrypted or spatial column \(secret\).*responds with 500"
                ):
                    change()
        assert costs.requests == []

    def test_updates_without_operators_are_unrestricted(self) -> None:
        with counted() as costs:
            assert Vault.objects.update(note="x", opened=1) == 1
        assert len(costs.requests) == 1

    def test_an_encrypted_column_itself(self) -> None:
        with pytest.raises(ValidationError, match="encrypted"):
            Vault.objects.update(secret=F("secret") + "x")
