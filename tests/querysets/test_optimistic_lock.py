"""Optimistic locking by a column that counts the changes of its row."""

from __future__ import annotations

from contextlib import suppress

import pytest
from django.core.exceptions import FieldError
from django.db.models import F

from django_appwrite_orm import Table, UniqueIndex, atomic, columns
from django_appwrite_orm.connection import connections
from django_appwrite_orm.exceptions import AppwriteError, ConfigurationError, Conflict, TransactionError, Unavailable
from django_appwrite_orm.facade.table_api import TableAPI
from django_appwrite_orm.plans import Request, UpdateRow
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.transport.retry import Attempt
from tests.support.costs import counted
from tests.support.interleaving import at_the_commit, in_threads
from tests.support.tables import prepare


class Account(Table):
    owner = columns.String(required=True)
    balance = columns.Integer(default=0)
    revision = columns.Version(column="rev")

    class Meta:
        name = "accounts"
        indexes = [UniqueIndex("owner")]


@pytest.fixture(autouse=True)
def accounts() -> None:
    prepare(Account)


def revision(account: Account) -> int | None:
    return Account.objects.uncached().get(pk=account.pk).revision


def test_every_change_increments_the_version() -> None:
    account = Account.objects.create(owner="Ada")
    assert account.revision == 1
    account.balance = 5
    account.save()
    assert account.revision == revision(account) == 2
    account.save()  # nothing has changed
    assert account.revision == revision(account) == 2
    Account.objects.update(balance=F("balance") + 1)
    assert revision(account) == 3
    account.balance = 7
    other = Account.objects.create(owner="Bob")
    other.balance = 8
    assert Account.objects.bulk_update([account, other], ["balance"]) == 2
    assert (revision(account), revision(other)) == (4, 2)
    again = Account(owner="Ada", balance=9)
    Account.objects.bulk_create([again], update_conflicts=True, update_fields=["balance"], unique_fields=["owner"])
    assert revision(account) == 5
    account = Account.objects.get(pk=account.pk)
    account.permissions = ['read("any")']
    account.save()
    assert (account.balance, account.revision) == (9, 6)


def test_concurrent_changes_all_increment_the_version() -> None:
    account = Account.objects.create(owner="Ada")
    copies = [Account.objects.uncached().get(pk=account.pk) for _ in range(6)]

    def save(n: int) -> None:
        copies[n].balance = n + 1
        copies[n].save()

    in_threads(6, save)
    assert revision(account) == 7


def test_of_many_at_once_one_saves() -> None:
    account = Account.objects.create(owner="Ada")
    copies = [Account.objects.uncached().get(pk=account.pk) for _ in range(6)]

    def save(n: int) -> bool:
        copies[n].balance = n + 1
        try:
            copies[n].save(if_unchanged=True)
        except Conflict:
            return False
        return True

    assert sum(in_threads(6, save)) == 1
    assert revision(account) == 2


def test_the_version_detects_changes_with_equal_dates() -> None:
    """The dates have milliseconds, and whoever has the API key can set them."""
    mine = Account.objects.create(owner="Ada")
    connection = connections["default"]
    ref = Account._meta.ref(connection.settings.database_id)
    same = {"balance": 3, "rev": 2, "$updatedAt": mine.updated_at.isoformat()}
    run_sync(connection.write([ref], UpdateRow(ref, mine.pk, same).request))
    assert Account.objects.get(pk=mine.pk).updated_at == mine.updated_at
    mine.balance = 1
    with pytest.raises(Conflict, match="was changed since it was read"):
        mine.save(if_unchanged=True)
    assert Account.objects.get(pk=mine.pk).balance == 3


def test_a_change_between_the_read_and_the_commit_is_a_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account.objects.create(owner="Ada")
    at_the_commit(monkeypatch, before=lambda: Account.objects.update(balance=7))
    account.balance = 1
    with pytest.raises(Conflict):
        account.save(if_unchanged=True)
    assert Account.objects.get(pk=account.pk).balance == 7


def at_the_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the next look at a row fail."""
    perform = Attempt.perform

    def fail(step):
        if step.request.is_read:
            monkeypatch.setattr(Attempt, "perform", perform)
            raise Unavailable("no answer")
        return perform(step)

    monkeypatch.setattr(Attempt, "perform", fail)


def pending() -> list[dict]:
    answer = run_sync(connections["default"].send(Request("GET", "/tablesdb/transactions")))
    return [one for one in answer.data["transactions"] if one["status"] == "pending"]


def test_a_row_that_goes_or_is_not_seen_after_the_commit_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account.objects.create(owner="Ada")
    at_the_commit(monkeypatch, after=lambda: at_the_look(monkeypatch))
    account.balance = 1
    account.save(if_unchanged=True)
    assert (account.balance, account.updated_at) == (1, None)
    assert Account.objects.get(pk=account.pk).balance == 1
    account.refresh_from_db()
    at_the_commit(monkeypatch, after=lambda: Account.objects.all().delete())
    account.balance = 2
    account.save(if_unchanged=True)
    assert account.balance == 2


def test_nothing_is_written_if_the_row_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account.objects.create(owner="Ada")
    account.balance = 1
    at_the_look(monkeypatch)
    with pytest.raises(Unavailable):
        account.save(if_unchanged=True)
    assert pending() == []
    at_the_look(monkeypatch)
    with pytest.raises(TransactionError, match="not known whether"), atomic(), suppress(Unavailable):
        account.save(if_unchanged=True)
    assert Account.objects.get(pk=account.pk).balance == 0


def test_rows_that_are_older_than_the_column() -> None:
    account = Account.objects.create(owner="Ada")
    connection = connections["default"]
    ref = Account._meta.ref(connection.settings.database_id)
    run_sync(connection.write([ref], UpdateRow(ref, account.pk, {"rev": None}).request))
    old = Account.objects.get(pk=account.pk)
    assert old.revision is None
    old.balance = 1
    old.save(if_unchanged=True)
    assert old.revision == revision(account) == 1
    partial = Account.objects.only("balance").get(pk=account.pk)
    partial.balance = 3
    with pytest.raises(Conflict, match="not read with all columns"):
        partial.save(if_unchanged=True)


def test_inside_a_block_the_version_is_known_after_the_commit() -> None:
    account = Account.objects.create(owner="Ada")
    with atomic():
        account.balance = F("balance") + 5
        account.save(if_unchanged=True)
        for row in (account, Account.objects.get(pk=account.pk)):
            for name in ("balance", "revision"):
                with pytest.raises(AttributeError, match="Appwrite has computed it"):
                    getattr(row, name)
    account.refresh_from_db()
    assert (account.balance, account.revision) == (5, 2)


def test_the_version_cannot_be_set() -> None:
    account = Account.objects.create(owner="Ada")
    with pytest.raises(AttributeError, match="cannot be set"):
        account.revision = 9
    with pytest.raises(AttributeError, match="cannot be set"):
        Account(owner="Eve", revision=9)
    door = TableAPI(Account)
    for change in (door.create, lambda data: door.update(account.id, data)):
        with pytest.raises(TypeError, match="'revision' is the Version column and cannot be set"):
            change({"owner": "Eve", "revision": 9})
    with door.batch() as batch:
        batch.update(account.id, {"revision": 9})
        batch.update(account.id, {"balance": 9})
    assert [result.success for result in batch.results] == [False, True]
    with counted() as costs:
        for value in (9, F("revision") + 1):
            with pytest.raises(FieldError, match="cannot be set"):
                Account.objects.update(revision=value)
        with pytest.raises(FieldError, match="cannot be set"):
            Account.objects.bulk_update([account], ["balance", "revision"])
    assert costs.requests == []


def test_a_table_has_at_most_one_version_column() -> None:
    with pytest.raises(ConfigurationError, match="only one Version column; it has a, b"):

        class Twice(Table):
            a = columns.Version()
            b = columns.Version()


def test_saving_a_deleted_row_if_unchanged_fails() -> None:
    account = Account.objects.create(owner="Ada")
    Account.objects.all().delete()
    account.balance = 1
    with pytest.raises(AppwriteError):
        account.save(if_unchanged=True)
    assert pending() == []
