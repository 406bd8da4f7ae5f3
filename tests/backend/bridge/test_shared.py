"""What the Table and its model share: the cache, versions, transactions, connections."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DataError, OperationalError, connection, connections, router, transaction
from django.db.models import F
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from django_appwrite_orm.backend.router import ROUTER
from django_appwrite_orm.connection import connections as appwrite
from django_appwrite_orm.exceptions import Conflict, NotSupportedError
from django_appwrite_orm.models import as_user, model_of
from django_appwrite_orm.plans import Request
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.signals import cache_read, table_invalidated

from .tables import Author, Counted, Diary, Factory, Gadget, Story, Uncached

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture
def reads() -> Iterator[list[tuple[Any, str]]]:
    """The reads of the test: their senders, and what the cache had."""
    seen: list[tuple[Any, str]] = []

    def note(sender: Any, status: str, **kwargs: Any) -> None:
        seen.append((sender, status))

    cache_read.connect(note)
    yield seen
    cache_read.disconnect(note)


def test_each_sees_what_the_other_writes_at_once(reads: list[tuple[Any, str]]) -> None:
    model = model_of(Factory)
    row = Factory.objects.create(name="a")
    assert model.objects.get(pk=row.id).name == "a"
    assert Factory.objects.get(id=row.id).name == "a"
    reads.clear()
    assert [model.objects.get(pk=row.id).name, Factory.objects.get(id=row.id).name] == ["a", "a"]
    assert reads == [(Factory, "HIT"), (Factory, "HIT")]
    row.name = "b"
    row.save()
    assert model.objects.get(pk=row.id).name == "b"
    assert [one.name for one in model.objects.all()] == ["b"]
    instance = model.objects.get(pk=row.id)
    instance.name = "c"
    instance.save()
    assert Factory.objects.get(id=row.id).name == "c"
    assert Factory.objects.filter(name="c").count() == model.objects.filter(name="c").count() == 1
    model.objects.filter(name="c").update(name="d")
    assert [one.name for one in Factory.objects.all()] == ["d"]
    Factory.objects.filter(name="d").delete()
    assert model.objects.count() == Factory.objects.count() == 0
    model.objects.bulk_create([model(name="x"), model(name="y")])
    assert {one.name for one in Factory.objects.all()} == {"x", "y"}
    Factory.objects.all().delete()
    assert not model.objects.exists()


def test_they_read_the_same_entry_of_a_row(reads: list[tuple[Any, str]]) -> None:
    row = Factory.objects.create(name="a")
    Factory.objects.get(id=row.id)
    reads.clear()
    assert model_of(Factory).objects.get(pk=row.id).name == "a"
    assert reads == [(Factory, "HIT")]


def test_results_in_memory_are_dropped_by_writes_of_the_table() -> None:
    model = model_of(Gadget)
    factory = Factory.objects.create(name="north")
    row = Gadget.objects.create(name="a", factory=factory)
    assert [one.pk for one in model.objects.filter(factory__name="north")] == [row.id]
    factory.name = "south"
    factory.save()
    assert list(model.objects.filter(factory__name="north")) == []
    assert [one.pk for one in model.objects.filter(factory__name="south")] == [row.id]


def test_the_cache_policy_is_that_of_the_table(reads: list[tuple[Any, str]]) -> None:
    Uncached.objects.create(name="a")
    for _ in range(2):
        assert model_of(Uncached).objects.get().name == "a"
        assert model_of(Uncached).objects.distinct().get().name == "a"
    assert {status for sender, status in reads if sender is Uncached} == {"BYPASS"}


def test_writes_of_the_model_are_signalled_as_those_of_the_table() -> None:
    senders = []

    def note(sender: Any, **kwargs: Any) -> None:
        senders.append(sender)

    table_invalidated.connect(note)
    try:
        model_of(Factory).objects.create(name="a")
    finally:
        table_invalidated.disconnect(note)
    assert senders == [Factory]


def test_a_deletion_of_the_model_is_seen_at_the_other_end_of_a_relationship() -> None:
    author = Author.objects.create(name="Ada")
    row = Story.objects.create(title="x", author=author)
    assert Story.objects.get(id=row.id).author_id == author.id
    model_of(Author).objects.get(pk=author.id).delete()
    assert Story.objects.get(id=row.id).author_id is None
    assert model_of(Story).objects.get(pk=row.id).author_id is None


def test_every_change_of_the_model_counts_the_version() -> None:
    model = model_of(Counted)
    instance = model.objects.create(name="a")
    assert instance.revision == 1
    old = Counted.objects.get(id=instance.pk)
    instance.name = "b"
    instance.save()
    assert instance.revision == 2
    old.name = "mine"
    with pytest.raises(Conflict):
        old.save(if_unchanged=True)
    model.objects.filter(pk=instance.pk).update(name="c")
    model.objects.filter(pk=instance.pk).update(stock=F("stock") + 1)
    instance.name = "d"
    model.objects.bulk_update([instance], ["name"])
    model.objects.bulk_create(
        [model(id=instance.pk, name="e")], update_conflicts=True, unique_fields=["id"], update_fields=["name"]
    )
    row = Counted.objects.get(id=instance.pk)
    assert (row.revision, row.name, row.stock) == (6, "e", 1)
    row.name = "f"
    row.save(if_unchanged=True)
    assert model.objects.get().revision == 7


def test_versions_are_counted_in_a_block() -> None:
    model = model_of(Counted)
    with transaction.atomic():
        new = model.objects.create(name="new")
        new.name = "changed"
        new.save()
        assert model.objects.get(pk=new.pk).revision == 2
    assert (Counted.objects.get(id=new.pk).name, Counted.objects.get(id=new.pk).revision) == ("changed", 1)
    with transaction.atomic():
        new.name = "again"
        new.save()
        assert model.objects.get(pk=new.pk).revision == 2
        row = Counted.objects.get(id=new.pk)
        row.stock = 4
        row.save()
    row = Counted.objects.get(id=new.pk)
    assert (row.name, row.stock, row.revision) == ("again", 4, 2)


def test_expressions_of_the_table_in_one_block_all_count() -> None:
    row = Counted.objects.create(name="a")
    with transaction.atomic():
        for _ in range(3):
            row.stock = F("stock") + 2
            row.save()
            assert model_of(Counted).objects.get().stock in (2, 4, 6)
        new = Counted.objects.create(name="b")
        new.stock = F("stock") + 5
        new.save()
    assert Counted.objects.get(id=row.id).stock == 6
    assert Counted.objects.get(id=new.id).stock == 5


def test_both_write_in_one_block() -> None:
    model = model_of(Factory)
    with transaction.atomic():
        model.objects.create(name="a")
        Factory.objects.create(name="b")
        assert {one.name for one in model.objects.all()} == {"a", "b"}
        transaction.set_rollback(True)
    assert Factory.objects.count() == model.objects.count() == 0
    with transaction.atomic():
        instance = model.objects.create(name="a")
        row = Factory.objects.create(name="b")
        assert Factory.objects.get(id=instance.pk).name == "a"
        assert model.objects.get(pk=row.id).name == "b"
    assert {one.name for one in Factory.objects.all()} == {"a", "b"}


def test_rows_with_relationships_are_written_in_a_block() -> None:
    author = Author.objects.create(name="Ada")
    story = Story.objects.create(title="x")
    model = model_of(Story)
    with transaction.atomic():
        instance = model.objects.get()
        instance.author_id = author.id
        instance.save()
        new = model.objects.create(title="y", author_id=author.id)
        assert {one.pk for one in model.objects.filter(author=author.id)} == {story.id, new.pk}
    assert {one.id for one in Story.objects.filter(author=author.id)} == {story.id, new.pk}
    with transaction.atomic():
        model_of(Author).objects.get().delete()
    assert {one.author_id for one in Story.objects.all()} == {None}
    with pytest.raises(NotSupportedError, match=r"Story\.labels: links to many"), transaction.atomic():
        Story.objects.create(title="z", labels=[])


def test_a_link_to_a_row_that_the_block_makes_later_is_written_after_it() -> None:
    authors, stories = model_of(Author), model_of(Story)
    story = stories.objects.create(title="x")
    with transaction.atomic():
        story.title = "y"
        story.save()
        story.author = authors.objects.create(name="Ada")
        story.save()
    assert [(one.title, one.author_id) for one in Story.objects.all()] == [("y", story.author_id)]


def test_a_link_is_moved_before_the_row_that_it_led_to_is_deleted() -> None:
    authors, stories = model_of(Author), model_of(Story)
    ada, bob = authors.objects.create(name="Ada"), authors.objects.create(name="Bob")
    story = stories.objects.create(title="x", author=ada)
    with transaction.atomic():
        ada.name = "Eva"
        ada.save()
        story.author = bob
        story.save()
        ada.delete()
        passing = authors.objects.create(name="Cid")
        other = stories.objects.create(title="z", author=passing)
        passing.delete()  # sets the link of the new row to null
    assert {one.id: one.author_id for one in Story.objects.all()} == {story.pk: bob.pk, other.pk: None}
    assert [one.id for one in Author.objects.all()] == [bob.pk]


def test_many_rows_are_few_operations_of_a_block() -> None:
    model = model_of(Counted)
    with transaction.atomic():
        model.objects.bulk_create([model(name=f"row {number}") for number in range(120)])
    with transaction.atomic():
        model.objects.update(name="new")
    assert set(model.objects.values_list("name", "revision")) == {("new", 2)}
    model.objects.all().delete()  # in a block of Django's
    assert Counted.objects.count() == 0


def test_a_changed_row_among_many_is_counted_once() -> None:
    model = model_of(Counted)
    rows = model.objects.bulk_create([model(name=f"row {number}") for number in range(5)])
    with transaction.atomic():
        model.objects.filter(pk=rows[0].pk).update(stock=F("stock") + 1)
        model.objects.update(name="new")
    assert {(row.name, row.stock) for row in Counted.objects.all()} == {("new", 0), ("new", 1)}
    assert sorted(row.revision for row in Counted.objects.all()) in ([2, 2, 2, 2, 2], [2, 2, 2, 2, 3])


def test_the_server_adds_to_whole_numbers() -> None:
    instance = model_of(Factory).objects.create(name="a")
    counted = model_of(Counted).objects.create(name="a")
    with CaptureQueriesContext(connection) as statements:
        model_of(Counted).objects.filter(pk=counted.pk).update(stock=F("stock") + 2)
    assert len(statements) == 1
    gadget = model_of(Gadget).objects.create(name="a", stock=999, price="1.50", factory=instance)
    model_of(Gadget).objects.update(stock=F("stock") + 1, price=F("price") + 1)
    assert (Gadget.objects.get().stock, str(Gadget.objects.get().price)) == (1000, "2.50")
    with pytest.raises(DataError, match="At most 1000, not 1001"):
        model_of(Gadget).objects.filter(pk=gadget.pk).update(stock=F("stock") + 1)


def test_a_link_to_a_row_that_is_not_there_is_read_as_its_id() -> None:
    Story.objects.create(title="x", author_id="nobody")
    assert model_of(Story).objects.get().author_id == "nobody"
    assert model_of(Story).objects.distinct().get().author_id == "nobody"
    with pytest.raises(model_of(Author).DoesNotExist):
        _ = model_of(Story).objects.get().author


@pytest.fixture
def users() -> Iterator[list[str]]:
    """A database for users beside that of the key, and the JWTs of two users."""
    own, databases = connections.settings, {"default": dict(connections.settings["default"])}
    databases["users"] = {"ENGINE": databases["default"]["ENGINE"], "NAME": "default", "OPTIONS": {"identity": "user"}}
    connections.settings = connections.configure_settings(databases)
    yield [token("ada"), token("bob")]
    connections["users"].close()
    del connections["users"]
    connections.settings = own


def token(user_id: str) -> str:
    """Create a user, and return a JWT of theirs."""

    def ask(path: str, **body: object) -> Any:
        return run_sync(appwrite["default"].send(Request("POST", path, body=body or None))).data

    ask("/users", userId=user_id, email=f"{user_id}@example.com", password="long enough", name=user_id)
    return str(ask(f"/users/{user_id}/jwts")["jwt"])


@pytest.mark.parametrize("routers", [[], [ROUTER]])
def test_users_read_and_write_their_own_rows(users: list[str], routers: list[str]) -> None:
    model = model_of(Diary)
    rows = model.objects.using("users")
    with override_settings(DATABASE_ROUTERS=routers):
        for jwt in users:
            with as_user("users", jwt=jwt, ttl=60):
                first = rows.create(text="first")
                rows.create(text="second", parent=first)
        for jwt in (*users, *users):
            with as_user("users", jwt=jwt, ttl=60):
                assert rows.count() == 2
                second = rows.get(text="second")
                assert second.parent._state.db == "users"
                assert [part.pk for part in second.parent.parts.all()] == [second.pk]
                second.text += "!"
                second.save()
                assert second._state.db == "users"
                second.text = "second"
                second.save()
        assert model.objects.count() == Diary.objects.count() == 4
        mine = model.objects.filter(text="first")[0]
        with as_user("users", jwt=users[0]):
            others = [row for row in model.objects.all() if not rows.filter(pk=row.pk).exists()]
            assert len(others) == 2
            with pytest.raises(OperationalError):
                others[0].save(using="users", force_update=True)
        assert mine._state.db == "default"


def test_a_text_that_follows_a_reference_reads_it_as_the_user(users: list[str]) -> None:
    model = model_of(Diary)
    with as_user("users", jwt=users[0]):
        first = model.objects.using("users").create(text="first")
        model.objects.using("users").create(text="second", parent=first)
        second = model.objects.using("users").get(text="second")
        assert str(second) == "second in first"
    with pytest.raises(Diary.DoesNotExist):  # a guest may not read the first one
        str(second)
    assert str(model.objects.get(pk=second.pk)) == "second in first"


def test_a_text_takes_the_related_row_that_was_read_with_it(reads: list[tuple[Any, str]]) -> None:
    model = model_of(Diary)
    first = model.objects.create(text="first")
    model.objects.create(text="second", parent=first)
    (second,) = model.objects.select_related("parent").filter(text="second")
    reads.clear()
    assert str(second) == "second in first"
    assert reads == []


@pytest.fixture
def two_databases(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any) -> Iterator[None]:
    """SQLite is the default database; Appwrite is another one."""
    both = {
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "main.sqlite3")},
        "appwrite": {"ENGINE": "django_appwrite_orm.backend", "NAME": "default"},
    }
    monkeypatch.setattr(settings, "DATABASES", both)
    own, connections.settings = connections.settings, connections.configure_settings(both)
    usual = connections["default"]
    del connections["default"]
    try:
        with django_db_blocker.unblock():
            yield
            connections.close_all()
    finally:
        connections.settings = own
        connections["default"] = usual
        if hasattr(connections._connections, "appwrite"):
            del connections["appwrite"]


@pytest.mark.usefixtures("two_databases")
def test_the_router_leads_to_the_database_of_the_table() -> None:
    with override_settings(DATABASE_ROUTERS=[ROUTER]):
        model = model_of(Factory)
        assert router.db_for_read(model) == router.db_for_write(model) == "appwrite"
        instance = model.objects.create(name="a")
        assert instance._state.db == "appwrite"
        assert Factory.objects.get().name == "a"
        assert model.check(databases=["default", "appwrite"]) == []


@pytest.mark.usefixtures("two_databases")
def test_a_missing_router_is_named() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"is database 'appwrite'.*Add DATABASE_ROUTERS = \['"):
        model_of(Factory)


@pytest.mark.usefixtures("two_databases")
def test_a_missing_database_is_named() -> None:
    del connections.settings["appwrite"]
    message = r"shop\.Factory are on the connection 'default' of APPWRITE_ORM.*Add DATABASES\['appwrite'\] = \{'ENGINE'"
    with pytest.raises(ImproperlyConfigured, match=message):
        model_of(Factory)


def test_permissions_of_a_row_are_those_of_both() -> None:
    ada, bob = 'read("user:ada")', 'update("user:bob")'
    instance = model_of(Diary).objects.create(text="a", permissions=[ada])
    row = Diary.objects.get(id=instance.pk)
    assert instance.permissions == row.permissions == [ada]
    row.permissions = [bob]
    row.save()
    instance.refresh_from_db()
    assert instance.permissions == [bob]
    instance.permissions = [ada, bob]
    for made in (copy.copy(instance), copy.deepcopy(instance), pickle.loads(pickle.dumps(instance))):
        assert made.permissions == [ada, bob]
    with transaction.atomic():
        instance.save()
        assert Diary.objects.get(id=instance.pk).permissions == [ada, bob]
        row.permissions = [ada]
        row.save()
        assert row.permissions == [ada]
    assert model_of(Diary).objects.get().permissions == [ada]
