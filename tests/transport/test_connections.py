"""Several connections: aliases, tables and calls that name one, and a router that decides while the site runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import ContextVar
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import override_settings

from django_appwrite_orm import Table, columns, orm
from django_appwrite_orm.connection import connections
from django_appwrite_orm.credentials import ConnectionRef, Credentials
from django_appwrite_orm.exceptions import ConfigurationError
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import migrate
from tests.support.library.tables import Book, Reader

tenant: ContextVar[str | None] = ContextVar("tenant", default=None)


def by_tenant(table: type[Table]) -> str | None:
    return tenant.get() if table is Book else None


def confused(table: type[Table]) -> object:
    return 5


@pytest.fixture
def two(settings, tmp_path) -> Iterator[None]:
    """Two databases in one project, and the table of books in both."""
    default = {**settings.APPWRITE_ORM["default"], "ENDPOINT": f"local:{tmp_path}/a.sqlite3"}
    settings.APPWRITE_ORM = {"default": default, "other": {**default, "DATABASE_ID": "branch"}}
    for alias in ("default", "other"):
        run_sync(migrate([Book, Reader], alias))
    yield
    connections.reset()


def test_each_call_may_name_its_connection(two: None) -> None:
    Book.objects.create(title="here", price=1)
    there = Book.objects.using("other").create(title="there", price=1)
    assert [book.title for book in Book.objects.all()] == ["here"]
    assert [book.title for book in Book.objects.using("other").all()] == ["there"]
    assert [book.title for book in orm.table("books", using="other").all()] == ["there"]
    there.price = 2
    there.save()  # where it came from
    assert Book.objects.using("other").get().price == 2
    assert Book.objects.get().price == 1


def test_a_write_makes_misses_only_where_it_was_made(two: None) -> None:
    list(Book.objects.all())
    list(Book.objects.using("other").all())
    Book.objects.using("other").create(title="new", price=1)
    assert Book.objects.is_updated()
    assert not Book.objects.using("other").is_updated()


def test_a_table_may_name_its_connection(two: None) -> None:
    class Loan(Table):
        title = columns.String(size=10)

        class Meta:
            name = "loans"
            using = "other"

    run_sync(migrate([Loan], "other"))
    Loan.objects.create(title="x")
    assert Loan.objects.db == "other"
    assert Loan.objects.count() == 1


def test_a_router_decides_at_each_call(two: None, settings) -> None:
    settings.APPWRITE_ORM_ROUTER = f"{__name__}.by_tenant"
    token = tenant.set("other")
    Book.objects.create(title="of the tenant", price=1)
    assert Book.objects.count() == 1
    assert Reader.objects.db == "default"
    assert Book.objects.using("default").count() == 0
    tenant.reset(token)
    assert Book.objects.count() == 0


def test_a_router_counts_while_the_setting_names_it(two: None) -> None:
    token = tenant.set("other")
    assert Book.objects.db == "default"
    with override_settings(APPWRITE_ORM_ROUTER=f"{__name__}.by_tenant"):
        assert Book.objects.db == "other"
    assert Book.objects.db == "default"
    tenant.reset(token)


def test_the_connection_of_a_user_is_not_kept(two: None) -> None:
    """It holds the user's secret."""
    user = ConnectionRef("other", Credentials.of_user(jwt="token"))
    assert connections[user].settings.alias == "other"
    assert connections[user] is not connections["other"]
    assert connections[ConnectionRef("other")] is connections["other"]
    assert set(connections) <= {"default", "other"}


@pytest.mark.parametrize(
    ("path", "said"), [("no.such.router", "cannot be imported"), (f"{__name__}.confused", "returned int for Book")]
)
def test_a_router_that_cannot_route(settings, path: str, said: str) -> None:
    settings.APPWRITE_ORM_ROUTER = path
    with pytest.raises(ConfigurationError, match=said):
        Book.objects.all()


def test_an_unknown_alias(two: None) -> None:
    with pytest.raises(ConfigurationError, match=r"no connection 'third' \(it has: default, other\)"):
        Book.objects.using("third").count()


def test_what_concerns_all_caches_concerns_every_connection(two: None, settings) -> None:
    """A router, or a call, may have led to any of them."""
    settings.APPWRITE_ORM_ROUTER = f"{__name__}.by_tenant"
    token = tenant.set("other")
    list(Book.objects.all())
    tenant.reset(token)
    list(Book.objects.all())
    list(Book.objects.all())
    counts = orm.stats()["books"]
    assert (counts["misses"], counts["hits"]) == (2, 1)
    orm.clear_caches()
    assert not Book.objects.is_updated()
    assert not Book.objects.using("other").is_updated()
    orm.reset_stats()
    assert orm.stats()["books"]["reads"] == 0


@pytest.mark.parametrize(("options", "dropped"), [({}, ["default", "other"]), ({"database": "other"}, ["other"])])
def test_clearing_by_the_command(two: None, options: dict[str, str], dropped: list[str]) -> None:
    for alias in ("default", "other"):
        list(Book.objects.using(alias).all())
    call_command("clear_appwrite", "books", stdout=StringIO(), **options)
    assert [alias for alias in ("default", "other") if not Book.objects.using(alias).is_updated()] == dropped
