"""What may lie in anybody's cache: only what the view offers, and never what may be one person's."""

from __future__ import annotations

import pytest
from django.test import Client

from django_appwrite_orm.web import cache_publicly
from tests.support.cache_headers import PRIVATE, max_age
from tests.support.library.tables import Book
from tests.web.conftest import Ask


@pytest.mark.parametrize("path", ["/public", "/apublic"])
def test_public_where_the_view_asks_for_it(ask: Ask, path: str) -> None:
    for method in ("get", "head", "get"):
        response = ask(path, method)
        assert 0 < max_age(response) <= 300
        assert response["X-Cache-Table"] == "books"
        assert response.has_header("ETag")


def test_never_longer_than_the_oldest_entry_used_lives(ask: Ask) -> None:
    for _ in range(2):  # just stored, and from the cache
        assert 0 < max_age(ask("/public?short")) <= 30


def test_not_what_may_not_be_reused_at_all(ask: Ask) -> None:
    assert ask("/public?bypass")["Cache-Control"] == PRIVATE


def test_not_what_is_read_while_the_table_is_being_written(ask: Ask, monkeypatch) -> None:
    from django_appwrite_orm.connection import connections
    from django_appwrite_orm.sansio import run_sync

    connection = connections["default"]
    keys = connection.table_keys(Book._meta.ref("library"))
    from django.core.cache import cache

    cache.set(keys.leases[0], "somebody", 60)
    assert ask("/public")["Cache-Control"] == PRIVATE
    run_sync(connection.invalidate(Book._meta.ref("library")))
    cache.delete(keys.leases[0])
    assert max_age(ask("/public")) > 0


@pytest.mark.parametrize(
    "query", ["cookie", "raw_cookie", "read_session", "write_session", "vary=Cookie", "vary=*", "vary=authorization"]
)
def test_not_what_may_be_personal(ask: Ask, query: str) -> None:
    response = ask(f"/public?{query}")
    assert response["Cache-Control"] == PRIVATE
    assert response.has_header("ETag")


def test_a_session_that_was_touched_without_a_trace_in_the_headers(ask: Ask, settings) -> None:
    """The session's own middleware says Vary: Cookie; what counts is the session, also where nobody says so."""
    settings.MIDDLEWARE = list(reversed(settings.MIDDLEWARE))
    for query in ("read_session", "write_session", "mark_session"):
        assert PRIVATE in ask(f"/public?{query}")["Cache-Control"]


def test_not_for_a_request_with_credentials(ask: Ask) -> None:
    assert ask("/public", headers={"authorization": "Bearer x"})["Cache-Control"] == PRIVATE


def test_not_in_the_language_of_one_visitor(client: Client, settings) -> None:
    """Its `Vary` does not name the cookie, so a shared cache would show this language to others."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.middleware.locale.LocaleMiddleware"]
    assert max_age(client.get("/public")) > 0
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "de"
    response = client.get("/public")
    assert (response["Content-Language"], response["Vary"]) == ("de", "Accept-Language")
    assert response["Cache-Control"] == PRIVATE
    settings.USE_I18N = False
    assert max_age(client.get("/public")) > 0


def test_other_variations_do_no_harm(ask: Ask) -> None:
    assert max_age(ask("/public?vary=Accept-Language")) > 0


@pytest.mark.parametrize("status", [203, 302, 404, 500])
def test_not_any_other_status(ask: Ask, status: int) -> None:
    assert ask(f"/public?status={status}")["Cache-Control"] == PRIVATE


def test_not_the_answer_to_a_change(ask: Ask) -> None:
    assert ask("/public", "post")["Cache-Control"] == PRIVATE


def test_not_what_goes_on_reading() -> None:
    response = Client().get("/public?stream")
    assert b"".join(response.streaming_content)
    assert response["Cache-Control"] == PRIVATE


def test_the_views_own_header_wins(ask: Ask) -> None:
    assert ask("/public?own")["Cache-Control"] == "no-store"


def test_a_view_that_read_no_table_may_offer_its_answer_too(ask: Ask) -> None:
    response = ask("/public_nothing")
    assert max_age(response) == 300
    assert not response.has_header("X-Cache-Status")


@pytest.mark.parametrize("bad", [0, -1, 1.5, "60", True, None])
def test_a_life_that_is_none_is_refused(bad: object) -> None:
    with pytest.raises(ValueError, match="max_age must be a whole number of seconds"):
        cache_publicly(max_age=bad)
