"""Requests with a user's permissions, or a guest's, and what must never cross from one to another."""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Iterator
from contextlib import suppress

import pytest
from django.core.exceptions import PermissionDenied as DjangosPermissionDenied

from django_appwrite_orm import Permission, Role, Table, columns
from django_appwrite_orm.cache import recording
from django_appwrite_orm.connection import connections
from django_appwrite_orm.credentials import ConnectionRef
from django_appwrite_orm.exceptions import NotFound, PermissionDenied, UserPermissionDenied
from django_appwrite_orm.plans import Request
from django_appwrite_orm.querysets import QuerySet, atomic
from django_appwrite_orm.registry import registry
from django_appwrite_orm.sansio import run_sync
from tests.support.costs import counted
from tests.support.tables import prepare


class Folder(Table):
    name = columns.String(required=True)

    class Meta:
        row_security = True
        permissions = [Permission.create(Role.users())]


class Letter(Table):
    text = columns.String(required=True)
    number = columns.Integer()
    folder = columns.Reference(Folder)

    class Meta:
        row_security = True
        permissions = [Permission.create(Role.users())]


def ask(method: str, path: str, **body: object) -> dict:
    return run_sync(connections["default"].send(Request(method, path, body=body or None))).data


def user(user_id: str) -> str:
    """Makes a user, anew where a server still has one from before; a JWT of theirs."""
    with suppress(NotFound):
        ask("DELETE", f"/users/{user_id}")
    ask("POST", "/users", userId=user_id, email=f"{user_id}@example.com", password="long enough", name=user_id)
    return ask("POST", f"/users/{user_id}/jwts")["jwt"]


@pytest.fixture(autouse=True)
def office() -> Iterator[None]:
    for table in (Folder, Letter):
        registry.add(table)
    prepare(Folder, Letter)
    yield
    for table in (Folder, Letter):
        registry.discard(table)


@pytest.fixture
def ada() -> QuerySet[Letter]:
    return Letter.objects.as_user(jwt=user("ada"))


@pytest.fixture
def bob() -> QuerySet[Letter]:
    return Letter.objects.as_user(jwt=user("bob"))


def texts(rows) -> list[str]:
    return [row.text for row in rows]


def test_each_identity_reads_its_own_rows(ada, bob) -> None:
    letter = ada.create(text="from Ada")
    bob.create(text="from Bob")
    assert texts(ada.all()) == ["from Ada"]
    assert texts(bob.all()) == ["from Bob"]
    assert texts(Letter.objects.all()) == ["from Ada", "from Bob"]
    assert ada.get(pk=letter.pk) == letter
    with pytest.raises(Letter.DoesNotExist):
        bob.get(pk=letter.pk)
    assert texts(Letter.objects.as_guest()) == []
    with pytest.raises(PermissionDenied):
        Letter.objects.as_guest().create(text="x")


def test_cached_results_are_separate_for_each_identity(ada, bob) -> None:
    ada.create(text="from Ada")
    bob.create(text="from Bob")
    with counted() as costs:
        for _ in range(2):
            assert texts(ada.cached(60)) == ["from Ada"]
            assert texts(bob.cached(60)) == ["from Bob"]
            assert texts(Letter.objects.as_guest().cached(60)) == []
            assert len(Letter.objects.all()) == 2
    assert len(costs.requests) == 4
    # A write of anybody ends the answers of all.
    ada.create(text="again")
    assert len(ada.cached(60)) == 2
    assert len(bob.cached(60)) == 1
    assert len(Letter.objects.all()) == 3


def test_reads_as_a_user_are_cached_only_by_request(ada) -> None:
    ada.create(text="from Ada")
    with counted() as costs:
        assert ada.count() == ada.all().count() == 1
    assert (len(costs.requests), costs.cache) == (2, [])


def test_a_response_that_depends_on_a_user_is_private(ada) -> None:
    with recording() as record:
        list(ada.cached(60))
    assert record.expires == 0


def test_another_connection_is_asked_for_the_same_user(ada, settings) -> None:
    settings.APPWRITE_ORM = {**settings.APPWRITE_ORM, "again": settings.APPWRITE_ORM["default"]}
    ada.create(text="from Ada")
    assert ada.using("again").db.credentials == ada.db.credentials
    assert texts(ada.using("again")) == ["from Ada"]
    assert texts(Letter.objects.as_guest().using("again")) == []


def test_rows_keep_the_identity_they_were_read_with(ada, bob) -> None:
    folder = Folder.objects.as_user(jwt=ada.db.credentials.secret).create(name="secret")
    letter = ada.create(text="from Ada", folder=folder)
    mine = ada.get(pk=letter.pk)
    mine.text = "changed"
    mine.save()
    assert mine.folder.name == "secret"
    assert copy.deepcopy(mine).folder.name == "secret"
    assert texts(mine.folder.letter_set) == ["changed"]
    # Bob may read this one, but not change it, and not see where it leads.
    theirs = bob.create(text="shared", folder_id=folder.pk)
    with pytest.raises(Folder.DoesNotExist):
        theirs.folder  # noqa: B018
    with pytest.raises(Folder.DoesNotExist):
        bob.select_related("folder").get(text="shared").folder  # noqa: B018
    Letter.objects.filter(pk=letter.pk).update(number=1)
    shared = Letter.objects.get(pk=letter.pk)
    shared.permissions = [*shared.permissions, Permission.read(Role.user("bob"))]
    shared.save()
    read = bob.get(pk=letter.pk)
    read.text = "Bob was here"
    with pytest.raises(PermissionDenied) as caught:
        read.save()
    assert isinstance(caught.value, DjangosPermissionDenied)  # which Django answers with 403


def test_row_by_row_where_the_bulk_routes_are_refused(ada, bob) -> None:
    bob.create(text="from Bob", number=0)
    assert len(ada.bulk_create([Letter(text=f"l{n}", number=n) for n in range(3)])) == 3
    assert ada.filter(number__gt=0).update(text="changed") == 2
    assert texts(ada.order_by("number")) == ["l0", "changed", "changed"]
    assert ada.filter(number__lt=2).delete()[0] == 2
    assert texts(Letter.objects.all()) == ["from Bob", "changed"]


def test_atomic_for_a_user(ada, bob) -> None:
    with atomic(ada.db):
        ada.create(text="one")
        ada.create(text="two")
        assert texts(bob.all()) == []
    assert texts(ada.all()) == ["one", "two"]


def test_concurrent_reads_of_several_identities(ada, bob) -> None:
    async def one(rows: QuerySet[Letter], name: str) -> list[str]:
        for n in range(5):
            await rows.acreate(text=f"{name}{n}")
        return [row.text async for row in rows.all()]

    async def both() -> list[list[str]]:
        return await asyncio.gather(one(ada, "a"), one(bob, "b"))

    assert asyncio.run(both()) == [[f"a{n}" for n in range(5)], [f"b{n}" for n in range(5)]]


def test_secrets_are_in_no_repr_log_or_traceback(ada, caplog: pytest.LogCaptureFixture) -> None:
    secret = ada.db.credentials.secret.reveal()
    caplog.set_level("DEBUG")
    letter = ada.cached(60).create(text="x")
    list(ada.cached(60))
    connection = connections[ada.db]
    for text in (
        str(ada.db),
        repr(ada.db),
        repr(ada),
        repr(letter),
        repr(connection),
        repr(ada.db.credentials),
        caplog.text,
    ):
        assert secret not in text
    assert secret not in str(connection.keys)
    for thing in (ada.db, letter):
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(thing)
    with pytest.raises(NotFound) as refused:
        run_sync(connection.send(Request("GET", "/tablesdb/library/tables/nothing/rows")))
    assert secret not in str(refused.value)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (Letter.objects.as_user(jwt="j.w.t"), {"x-appwrite-jwt": "j.w.t"}),
        (Letter.objects.as_user(session="s3cret"), {"x-appwrite-session": "s3cret"}),
        (Letter.objects.as_guest(), {}),
        (Letter.objects.as_user(jwt="j").as_guest(), {}),
    ],
)
def test_what_a_request_carries_instead_of_the_key(rows: QuerySet[Letter], expected: dict) -> None:
    headers = connections[rows.db].client._outgoing(Request("GET", "/x"), "").headers
    words = ("key", "jwt", "session", "authorization", "cookie")
    assert {name: value for name, value in headers.items() if name.endswith(words)} == expected


@pytest.mark.parametrize("given", [{}, {"jwt": "a", "session": "b"}])
def test_one_way_to_identify_a_user_is_given(given: dict) -> None:
    with pytest.raises(ValueError, match="either jwt or session"):
        Letter.objects.as_user(**given)


@pytest.mark.parametrize("given", [{"jwt": ""}, {"jwt": "a b"}, {"session": "a\r\nb"}, {"jwt": "ä"}])
def test_secrets_that_cannot_be_sent_are_refused_as_the_server_refuses_others(given: dict) -> None:
    with pytest.raises(UserPermissionDenied, match=r"The (jwt|session) is empty or holds") as refused:
        Letter.objects.as_user(**given)
    assert "a b" not in str(refused.value)


def test_a_connection_and_its_credentials_are_one_value() -> None:
    ada, again = (Letter.objects.as_user(jwt="j.w.t").db for _ in range(2))
    assert (ada, hash(ada), str(ada)) == (again, hash(again), str(again))
    assert ada not in (Letter.objects.as_user(jwt="other").db, Letter.objects.as_guest().db, "default")
    assert ConnectionRef.of(ada) is ada
    assert ConnectionRef.of("default") == ConnectionRef("default") != ada
    assert connections[ConnectionRef("default")] is connections["default"]
    assert copy.deepcopy(ada) is copy.copy(ada) is ada
    assert "j.w.t" not in repr(ada)
    assert pickle.loads(pickle.dumps(ConnectionRef("default"))) == ConnectionRef("default")


def test_without_a_user_a_queryset_has_a_plain_alias() -> None:
    assert type(Letter.objects.db) is str
    assert ConnectionRef("default").on("other") == "other"
