"""X-Cache-Status and X-Cache-Table, the private default, ETags and 304s, through WSGI and ASGI."""

from __future__ import annotations

import asyncio

import pytest
from django.test import AsyncClient

from django_appwrite_orm.exceptions import ConfigurationError
from tests.support.library.tables import Book, Reader
from tests.web.conftest import Ask

# Each view kind under each door: a synchronous view under ASGI runs in a thread, and must be seen all the same.
BOOKS = pytest.mark.parametrize("path", ["/books", "/abooks"])


def seen(response) -> tuple[str | None, str | None]:
    return response.get("X-Cache-Status"), response.get("X-Cache-Table")


@BOOKS
def test_a_miss_then_a_hit_then_a_miss_after_a_change(ask: Ask, path: str) -> None:
    assert seen(ask(path)) == ("MISS", "books")
    assert seen(ask(path)) == ("HIT", "books")
    Book.objects.create(title="Dune", price=9)
    changed = ask(path)
    assert seen(changed) == ("MISS", "books")
    assert changed.content == b"1 books"


@pytest.mark.parametrize("path", ["/two", "/atwo"])
def test_several_tables_give_the_worst_status_and_the_names_in_order(ask: Ask, path: str) -> None:
    ask(path)
    assert seen(ask(path)) == ("BYPASS", "library_reader, books")


def test_a_response_that_read_no_table_is_left_alone(ask: Ask) -> None:
    response = ask("/nothing")
    assert seen(response) == (None, None)
    assert not response.has_header("Cache-Control")
    assert not response.has_header("ETag")


@BOOKS
def test_private_unless_the_view_says_otherwise(ask: Ask, path: str) -> None:
    assert ask(path)["Cache-Control"] == "private, no-cache"
    assert ask(path, "post")["Cache-Control"] == "private, no-cache"


def test_the_views_own_cache_control_stays(ask: Ask) -> None:
    response = ask("/own?says=max-age%3D7")
    assert response["Cache-Control"] == "max-age=7"
    assert response.has_header("ETag")
    assert seen(response) == ("MISS", "books")


def test_what_must_not_be_stored_gets_no_etag(ask: Ask) -> None:
    assert not ask("/own?says=No-Store").has_header("ETag")


@BOOKS
@pytest.mark.parametrize("method", ["get", "head"])
def test_304_for_a_client_that_has_the_answer(ask: Ask, path: str, method: str) -> None:
    first = ask(path)
    again = ask(path, method, headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert again["ETag"] == first["ETag"]
    assert again["Cache-Control"] == "private, no-cache"
    assert seen(again) == ("HIT", "books")


def test_a_compressed_answers_weak_etag_is_known_too(ask: Ask) -> None:
    assert ask("/books", headers={"if-none-match": f"W/{ask('/books')['ETag']}"}).status_code == 304


@BOOKS
def test_another_body_has_another_etag(ask: Ask, path: str) -> None:
    first = ask(path)
    Book.objects.create(title="Dune", price=9)
    changed = ask(path, headers={"if-none-match": first["ETag"]})
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_no_etag_and_no_304_but_for_get_and_head_with_status_200(ask: Ask) -> None:
    assert not ask("/books", "post").has_header("ETag")
    missing = ask("/book/nowhere", headers={"if-none-match": "*"})
    assert missing.status_code == 404
    assert not missing.has_header("ETag")
    assert seen(missing) == ("MISS", "books")


def test_an_empty_body_has_no_etag(ask: Ask) -> None:
    """Also that of a view which answers HEAD without a body, whose GET would have another ETag."""
    for method in ("get", "head"):
        response = ask("/without_body", method)
        assert response.status_code == 200
        assert not response.has_header("ETag")


def test_the_views_own_etag_stays_and_counts(ask: Ask) -> None:
    assert ask("/own_etag")["ETag"] == '"mine"'
    assert ask("/own_etag", headers={"if-none-match": '"mine"'}).status_code == 304


def test_reads_while_a_response_streams_are_not_noted() -> None:
    from django.test import Client

    response = Client().get("/streamed")
    assert b"".join(response.streaming_content) == b"0 readers"
    assert seen(response) == ("MISS", "books")
    assert not response.has_header("ETag")
    assert list(response.wsgi_request.appwrite_reads.tables) == ["books"]


def test_reads_while_an_asynchronous_response_streams_are_not_noted() -> None:
    async def exchange():
        response = await AsyncClient().get("/astreamed")
        return response, b"".join([part async for part in response.streaming_content])

    response, body = asyncio.run(exchange())
    assert body == b"0 readers"
    assert seen(response) == ("MISS", "books")
    assert not response.has_header("ETag")
    assert list(response.asgi_request.appwrite_reads.tables) == ["books"]


def test_reads_of_work_that_outlives_the_request_are_not_noted() -> None:
    async def exchange():
        response = await AsyncClient().get("/works_on")
        response.asgi_request.answered.set()
        await response.asgi_request.work
        return response

    response = asyncio.run(exchange())
    assert seen(response) == ("MISS", "books")
    assert list(response.asgi_request.appwrite_reads.tables) == ["books"]


def test_requests_at_the_same_time_do_not_mix() -> None:
    async def together():
        client = AsyncClient()
        return await asyncio.gather(*(client.get(path) for path in ("/abooks", "/readers", "/books", "/nothing")))

    assert [response.get("X-Cache-Table") for response in asyncio.run(together())] == [
        "books", "library_reader", "books", None
    ]  # fmt: skip


def test_a_view_sees_what_it_has_read_so_far(ask: Ask) -> None:
    assert ask("/reads").json() == {"books": "MISS"}
    assert ask("/reads").json() == {"books": "HIT"}


@pytest.mark.parametrize("path", ["/book/", "/abook/"])
def test_get_object_or_404(ask: Ask, path: str) -> None:
    dune = Book.objects.create(title="Dune", price=9)
    assert ask(path + dune.id).content == b"Dune"
    assert ask(path + "nowhere").status_code == 404


def test_a_table_name_cannot_break_the_header(ask: Ask, monkeypatch) -> None:
    monkeypatch.setattr(Reader._meta, "_id", Reader._meta.id)
    monkeypatch.setattr(Reader._meta, "name", "Lé, \r\nSet-Cookie: x")
    assert ask("/readers")["X-Cache-Table"] == "L%C3%A9%2C %0D%0ASet-Cookie%3A x"


def test_a_site_may_keep_names_and_times_to_itself(ask: Ask, settings) -> None:
    settings.APPWRITE_ORM_DETAIL_HEADERS = False
    response = ask("/two")
    assert not response.has_header("X-Cache-Table")
    assert not response.has_header("Server-Timing")
    assert "books" not in str(response.headers)
    assert response["X-Cache-Status"] == "BYPASS"
    assert response["Cache-Status"] == "django-appwrite-orm; fwd=bypass"


@pytest.mark.parametrize("wrong", ["no", 0, None])
def test_the_switch_is_on_or_off(ask: Ask, settings, wrong: object) -> None:
    settings.APPWRITE_ORM_DETAIL_HEADERS = wrong
    with pytest.raises(ConfigurationError, match="APPWRITE_ORM_DETAIL_HEADERS must be True or False"):
        ask("/books")
