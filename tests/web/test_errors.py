"""An Appwrite that cannot answer: 503, one log line, no stack trace."""

from __future__ import annotations

import logging
from unittest import mock

import pytest
from django.test import Client
from django.utils.translation import override

from django_appwrite_orm.transport.client import Client as AppwriteClient
from django_appwrite_orm.transport.client import Reply
from django_appwrite_orm.web.errors import MESSAGE
from tests.web.conftest import Ask


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("path", ["/books", "/abooks"])
def test_an_unreachable_appwrite_is_a_503(ask: Ask, unreachable, settings, caplog, path: str, debug: bool) -> None:
    settings.DEBUG = debug
    response = ask(path)
    body = response.content.decode()
    assert response.status_code == 503
    assert response["Content-Type"].startswith("text/html")
    assert response["Cache-Control"] == "no-store"
    assert MESSAGE in body
    for inner in ("Traceback", "secret"):
        assert inner not in body
    for reason in ("127.0.0.1:9", "Unavailable"):
        assert (reason in body) == debug
    errors = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.name for record in errors] == ["django_appwrite_orm.web"]
    said = errors[0].getMessage()
    assert path in said
    assert "127.0.0.1:9" in said
    assert "secret" not in caplog.text
    assert "Traceback" not in caplog.text


def test_the_template_of_a_site_is_its_page(ask: Ask, unreachable, settings, tmp_path) -> None:
    (tmp_path / "503.html").write_text("{{ request.path }}: {{ message }} {{ reason }}")
    settings.TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [tmp_path]}]
    response = ask("/books")
    assert (response.status_code, response["Retry-After"]) == (503, "10")
    assert response.content.decode() == f": {MESSAGE} "  # these settings have no context processor for the request


def test_a_template_that_fails_leaves_the_plain_page(ask: Ask, unreachable, settings, tmp_path, caplog) -> None:
    (tmp_path / "503.html").write_text("{% url 'nowhere' %}")
    settings.TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [tmp_path]}]
    assert "<h1>Temporarily unavailable</h1>" in ask("/books").content.decode()
    assert "503.html could not be rendered." in caplog.text


@override("en")  # the middleware leaves the language of the last request active
def test_the_page_is_in_the_language_of_the_visitor(ask: Ask, unreachable, settings) -> None:
    settings.MIDDLEWARE = ["django.middleware.locale.LocaleMiddleware", *settings.MIDDLEWARE]
    german = ask("/books", headers={"Accept-Language": "de-AT"}).content.decode()
    assert '<html lang="de" dir="ltr">' in german
    assert "<h1>Vorübergehend nicht verfügbar</h1><p>Die Daten dieser Website sind zurzeit nicht erreichbar." in german
    headers = {"Accept-Language": "fr", "Accept": "application/json"}
    assert ask("/books", headers=headers).json()["error"].startswith("Les données de ce site sont momentanément")
    # There are no Arabic texts.
    assert '<html lang="en" dir="ltr">' in ask("/books", headers={"Accept-Language": "ar"}).content.decode()


@pytest.mark.parametrize("accept", ["application/json", "application/json, text/html;q=0.9", "application/*"])
def test_json_for_those_who_want_it_first(ask: Ask, unreachable, accept: str) -> None:
    response = ask("/books", headers={"accept": accept})
    assert response.status_code == 503
    assert response.json() == {"error": MESSAGE}


def test_the_reason_in_json_with_debug(ask: Ask, unreachable, settings) -> None:
    settings.DEBUG = True
    found = ask("/books", headers={"accept": "application/json"}).json()
    assert found["error"] == MESSAGE
    assert found["reason"].startswith("Unavailable: No response from http://127.0.0.1:9")


def test_the_reason_is_no_markup(ask: Ask, settings) -> None:
    settings.DEBUG = True
    reply = Reply(503, '{"message": "<script>alert(1)</script>"}', True, None)
    with mock.patch.object(AppwriteClient, "send", return_value=reply):
        body = ask("/books").content.decode()
    assert "&lt;script&gt;" in body
    assert "<script>" not in body


@pytest.mark.parametrize("accept", ["text/html,application/json;q=0.9", "*/*", "image/png"])
def test_html_for_all_others(ask: Ask, unreachable, accept: str) -> None:
    assert ask("/books", headers={"accept": accept})["Content-Type"].startswith("text/html")


def test_a_hit_needs_no_appwrite(settings) -> None:
    Client().get("/books")
    with mock.patch.object(AppwriteClient, "send", side_effect=AssertionError("asked")):
        assert Client().get("/books").status_code == 200


def answering(status: int, retry_after: str | None = None):
    return mock.patch.object(AppwriteClient, "send", return_value=Reply(status, '{"message": "no"}', True, retry_after))


@pytest.fixture
def once(settings) -> None:
    settings.APPWRITE_ORM = {"default": {**settings.APPWRITE_ORM["default"], "RETRIES": 0}}


@pytest.mark.parametrize(("said", "told"), [("7", "7"), (None, "60"), ("soon", "60")])
def test_too_many_requests_say_when_to_come_again(once, said: str | None, told: str) -> None:
    with answering(429, said):
        response = Client().get("/books")
    assert (response.status_code, response["Retry-After"]) == (503, told)


@pytest.mark.parametrize("status", [500, 503, 408])
def test_a_server_that_fails(once, status: int) -> None:
    with answering(status):
        assert Client().get("/books").status_code == 503


@pytest.mark.parametrize("status", [400, 401, 404])
def test_mistakes_of_the_site_stay_visible(once, status: int) -> None:
    """A refused question or a missing permission will not pass by waiting."""
    with answering(status):
        assert Client(raise_request_exception=False).get("/books").status_code == 500


def test_a_hostile_path_stays_on_its_log_line(unreachable, caplog) -> None:
    Client().get("/book/a%0d%0aERROR%20forged")
    assert "\r" not in caplog.records[-1].getMessage()
    assert "\n" not in caplog.records[-1].getMessage()
