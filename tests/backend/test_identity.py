"""Models read and written with a user's permissions, and what must never cross from one user to another."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.exception import response_for_exception
from django.core.management import call_command
from django.db import NotSupportedError, OperationalError, connections, transaction
from django.db.models import Count, Q
from django.db.transaction import TransactionManagementError
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from django_appwrite_orm.backend.atomic.commit import owned
from django_appwrite_orm.backend.model_table import table_of
from django_appwrite_orm.backend.pending_changes import Action, Change
from django_appwrite_orm.connection import connections as appwrite
from django_appwrite_orm.credentials import Credentials
from django_appwrite_orm.models import as_guest, as_user
from django_appwrite_orm.plans import Request, TableRef
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.web import AppwriteCacheMiddleware
from tests.support.costs import counted

from .shop.models import Note

NOTES = Note.objects.using("users")


def ask(method: str, path: str, **body: object) -> Any:
    return run_sync(appwrite["default"].send(Request(method, path, body=body or None))).data


@pytest.fixture(autouse=True)
def users(shop: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database for users beside that of the key, and notes that only who wrote them may read."""
    own, databases = connections.settings, {"default": dict(connections.settings["default"])}
    databases["users"] = {"ENGINE": databases["default"]["ENGINE"], "NAME": "default", "OPTIONS": {"identity": "user"}}
    options = {"permissions": ['create("users")'], "row_security": True}
    monkeypatch.setattr(Note, "Appwrite", type("Appwrite", (), options), raising=False)
    vars(Note._meta).pop("_appwrite_table", None)
    call_command("migrate", run_syncdb=True, verbosity=0)
    connections.settings = connections.configure_settings(databases)
    yield
    connections["users"].close()
    del connections["users"]
    connections.settings = own
    vars(Note._meta).pop("_appwrite_table", None)


def token(user_id: str) -> str:
    """Create a user, and return a JWT of theirs."""
    ask("POST", "/users", userId=user_id, email=f"{user_id}@example.com", password="long enough", name=user_id)
    return str(ask("POST", f"/users/{user_id}/jwts")["jwt"])


@pytest.fixture
def ada(users: None) -> str:
    return token("ada")


@pytest.fixture
def bob(users: None) -> str:
    return token("bob")


@pytest.fixture
def notes(ada: str, bob: str) -> None:
    for jwt, text in ((ada, "from Ada"), (bob, "from Bob")):
        with as_user("users", jwt=jwt):
            NOTES.create(text=text)


def texts(queryset: Any = NOTES) -> list[str]:
    return sorted(queryset.values_list("text", flat=True))


@pytest.mark.usefixtures("notes")
def test_each_user_reads_their_own_rows(ada: str, bob: str) -> None:
    with as_user("users", jwt=ada):
        assert texts() == ["from Ada"]
        assert NOTES.count() == 1
        assert not NOTES.filter(text="from Bob").exists()
        with as_user("users", jwt=bob):
            assert texts() == ["from Bob"]
        assert texts() == ["from Ada"]
    with as_guest("users"):
        assert texts() == []
        with pytest.raises(OperationalError):
            NOTES.create(text="x")
    assert texts(Note.objects.all()) == ["from Ada", "from Bob"]


@pytest.mark.usefixtures("notes")
def test_queries_in_memory_are_those_of_the_user(ada: str, bob: str) -> None:
    in_memory = NOTES.values("text").annotate(count=Count("pk"))
    assert "in memory" in Note.objects.values("text").annotate(count=Count("pk")).explain()
    for jwt, text in ((ada, "from Ada"), (bob, "from Bob"), (ada, "from Ada")):
        with as_user("users", jwt=jwt, ttl=60):
            assert list(in_memory.all()) == [{"text": text, "count": 1}]


@pytest.mark.usefixtures("notes")
def test_cached_results_are_separate_for_each_user(ada: str, bob: str) -> None:
    with counted() as costs:
        for _ in range(2):
            for jwt, expected in ((ada, ["from Ada"]), (bob, ["from Bob"])):
                with as_user("users", jwt=jwt, ttl=60):
                    assert texts() == expected
            with as_guest("users", ttl=60):
                assert texts() == []
            assert len(texts(Note.objects.all())) == 2
    assert len(costs.requests) == 4
    with as_user("users", jwt=ada, ttl=60):
        NOTES.create(text="again")
    with as_user("users", jwt=ada, ttl=60):
        assert texts() == ["again", "from Ada"]
    assert len(texts(Note.objects.all())) == 3


@pytest.mark.usefixtures("notes")
def test_reads_as_a_user_are_cached_only_by_request(ada: str) -> None:
    with counted() as costs, as_user("users", jwt=ada):
        assert texts() == texts() == ["from Ada"]
    assert len(costs.requests) == 2


@pytest.mark.usefixtures("notes")
def test_without_a_user_everything_is_refused() -> None:
    with counted() as costs:
        for action in (lambda: list(NOTES.all()), NOTES.count, lambda: NOTES.create(text="x"),
                       lambda: NOTES.update(text="x"), NOTES.all().delete,
                       lambda: list(NOTES.filter(Q(text="a") ^ Q(text="b")))):  # fmt: skip
            with pytest.raises(OperationalError, match=r"there is none here: use it inside `with as_user\('users'"):
                action()
    assert costs.requests == []


@pytest.mark.usefixtures("notes")
def test_a_queryset_that_is_left_over_does_not_become_that_of_the_key(ada: str) -> None:
    with as_user("users", jwt=ada):
        queryset = NOTES.all()
        (note,) = NOTES.all()
    with pytest.raises(OperationalError):
        list(queryset)
    with pytest.raises(OperationalError):
        note.save()


@pytest.mark.usefixtures("notes")
def test_a_request_that_is_refused_to_a_user_is_a_403(ada: str) -> None:
    """A JWT ends after 15 minutes: that is no fault of the site."""
    refused = []
    with as_user("users", jwt="ended"):
        for action in (texts, lambda: NOTES.create(text="x"), NOTES.count):
            with pytest.raises(OperationalError, match="user_jwt_invalid") as caught:
                action()
            refused.append(caught.value)
    for error in refused:
        assert response_for_exception(RequestFactory().get("/"), error).status_code == 403
    with as_user("users", jwt=ada):
        assert texts() == ["from Ada"]


@pytest.mark.usefixtures("notes")
def test_changes_are_made_as_the_user(ada: str, bob: str) -> None:
    foreign = Note.objects.get(text="from Bob")
    with as_user("users", jwt=ada):
        note = NOTES.get()
        note.text = "changed"
        note.save()
        with pytest.raises(OperationalError, match="user_unauthorized"):
            NOTES.filter(pk=foreign.pk).update(text="taken")
        assert NOTES.filter(text="from Bob").update(text="taken") == 0
        assert NOTES.filter(text="from Bob").delete()[0] == 0
        for text in ("b", "c"):
            NOTES.create(text=text)
        assert NOTES.filter(text__in=["b", "c"]).update(text="d") == 2
        assert texts() == ["changed", "d", "d"]
        assert NOTES.filter(text="d").delete()[0] == 2
    assert texts(Note.objects.all()) == ["changed", "from Bob"]


@pytest.mark.usefixtures("notes")
def test_a_block_is_committed_as_the_user_who_made_its_changes(ada: str, bob: str) -> None:
    with as_user("users", jwt=ada), transaction.atomic(using="users"):
        NOTES.create(text="new")
        assert texts() == ["from Ada", "new"]
        with as_user("users", jwt=bob), pytest.raises(TransactionManagementError, match="changes of another user"):
            texts()
    with as_user("users", jwt=bob):
        assert texts() == ["from Bob"]
    with as_user("users", jwt=ada):
        assert texts() == ["from Ada", "new"]


def permissions(text: str) -> list[str]:
    rows = ask("GET", f"/tablesdb/{appwrite['default'].settings.database_id}/tables/shop_note/rows")["rows"]
    return next(sorted(row["$permissions"]) for row in rows if row["text"] == text)


@transaction.atomic(using="users")
def create_and_change() -> None:
    NOTES.create(text="b")
    NOTES.filter(text="from Ada").update(text="c")


@pytest.mark.usefixtures("notes")
def test_rows_of_a_block_belong_to_their_user_as_those_outside_do(ada: str, bob: str) -> None:
    with as_user("users", jwt=ada):
        create_and_change()
        NOTES.bulk_create([Note(text="d"), Note(text="e")])
        assert texts() == ["b", "c", "d", "e"]
    with as_user("users", jwt=bob):
        assert texts() == ["from Bob"]
    assert permissions("b") == permissions("c") == permissions("d") == permissions("e")
    assert permissions("b") == ['delete("user:ada")', 'read("user:ada")', 'update("user:ada")']


@pytest.mark.usefixtures("notes")
def test_rows_are_not_created_in_a_block_without_the_id_of_their_user() -> None:
    @transaction.atomic(using="users")
    def create_two() -> None:
        NOTES.create(text="b")
        NOTES.create(text="c")

    for identity in (as_user("users", session="opaque"), as_guest("users")):
        with identity, counted() as costs, pytest.raises(NotSupportedError, match="Nothing was written"):
            create_two()
        assert not [request for request in costs.requests if not request.startswith("GET")]
    assert texts(Note.objects.all()) == ["from Ada", "from Bob"]


def test_the_id_of_a_user_is_read_from_a_token_that_has_a_valid_one(ada: str) -> None:
    def with_claims(claims: object) -> Credentials:
        return Credentials.of_user(jwt=f"x.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()}.x")

    new = Change(Action.CREATE, table_of(Note)._meta, TableRef("main", "shop_note"), "one")
    assert Credentials.of_user(jwt=ada).user_id == "ada"
    assert owned([new], Credentials.of_user(jwt=ada))[0].permissions is not None
    for claims in ({}, [], 3, {"userId": 3}, {"userId": ""}, {"userId": 'a")'}, {"userId": "a" * 37}):
        with pytest.raises(NotSupportedError, match="whose id is in a JWT alone"):
            owned([new], with_claims(claims))
        assert owned([replace(new, permissions=())], with_claims(claims)) == [replace(new, permissions=())]
    for text in ("opaque", "a.b.c", "a.!.c"):
        assert Credentials.of_user(jwt=text).user_id is None
    deep = base64.urlsafe_b64encode(b"[" * 20_000).decode().rstrip("=")
    assert Credentials.of_user(jwt=f"header.{deep}.signature").user_id is None
    assert Credentials.of_user(session=ada.partition(".")[0]).user_id is None
    assert Credentials.of_guest().user_id is None


@pytest.mark.usefixtures("notes")
def test_a_table_of_the_key_joins_no_block_of_a_user(ada: str) -> None:
    with as_user("users", jwt=ada), transaction.atomic(using="users"):
        NOTES.create(text="new")
        assert texts(Note.objects.all()) == ["from Ada", "from Bob"]
        Note.objects.create(text="by the key")
        assert "by the key" in texts(Note.objects.all())


@pytest.mark.usefixtures("notes")
def test_threads_have_their_own_user(ada: str, bob: str) -> None:
    start = threading.Barrier(4)

    def read(jwt: str) -> list[list[str]]:
        try:
            with as_user("users", jwt=jwt, ttl=60):
                start.wait()
                return [texts() for _ in range(20)]
        finally:
            connections["users"].close()

    with ThreadPoolExecutor(4) as pool, as_user("users", jwt=ada, ttl=60):
        results = list(pool.map(read, [ada, bob, ada, bob]))
    assert results == [[["from Ada"]] * 20, [["from Bob"]] * 20] * 2


@pytest.mark.usefixtures("notes")
def test_a_thread_does_not_inherit_the_user(ada: str) -> None:
    def read() -> str:
        try:
            texts()
        except OperationalError as error:
            return str(error)
        return "read"

    with as_user("users", jwt=ada), ThreadPoolExecutor(1) as pool:
        assert "there is none here" in pool.submit(read).result()


@pytest.mark.usefixtures("notes")
def test_tasks_have_their_own_user(ada: str, bob: str) -> None:
    async def read(jwt: str) -> list[list[str]]:
        with as_user("users", jwt=jwt, ttl=60):
            results = []
            for _ in range(5):
                results.append(sorted([note.text async for note in NOTES.all()]))
                results.append(await sync_to_async(texts)())
            return results

    async def main() -> list[list[list[str]]]:
        return list(await asyncio.gather(*[read(jwt) for jwt in (ada, bob, ada, bob)]))

    assert asyncio.run(main()) == [[["from Ada"]] * 10, [["from Bob"]] * 10] * 2


def test_secrets_are_in_no_query_log(ada: str) -> None:
    with as_user("users", jwt=ada), CaptureQueriesContext(connections["users"]) as context:
        NOTES.create(text="x")
        texts()
    assert len(context) == 2
    assert not any(ada in query["sql"] for query in context.captured_queries)


def test_only_a_database_for_users_takes_one(ada: str) -> None:
    with (
        pytest.raises(ImproperlyConfigured, match=r"DATABASES\['default'\] is not for users"),
        as_user("default", jwt=ada),
    ):
        pass
    with pytest.raises(ValueError, match="jwt or session"), as_user("users"):
        pass
    assert table_of(Note)._meta.row_security


@pytest.mark.usefixtures("notes")
def test_a_user_does_not_see_a_fragment_with_the_rows_of_the_key(ada: str) -> None:
    template = Template(
        '{% load appwrite_cache %}{% cachetables 300 notes tables="shop.Note" %}'
        "{% for note in notes %}{{ note.text }}.{% endfor %}{% endcachetables %}"
    )

    def page(rows: Any) -> str:
        def view(request: HttpRequest) -> HttpResponse:
            return HttpResponse(template.render(Context({"notes": rows})))

        return AppwriteCacheMiddleware(view)(RequestFactory().get("/")).content.decode()  # type: ignore[union-attr]

    both = "from Ada.from Bob."
    assert page(Note.objects.order_by("text")) == page(Note.objects.order_by("text")) == both
    for identity, text in ((as_user("users", jwt=ada, ttl=60), "from Ada."), (as_guest("users", ttl=60), "")):
        with identity:
            assert page(NOTES.all()) == text
    assert page(Note.objects.order_by("text")) == both
