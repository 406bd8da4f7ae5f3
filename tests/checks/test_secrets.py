"""The API key appears nowhere: not in what is printed, logged, raised or shown on Django's page for errors."""

from __future__ import annotations

import asyncio
import json
import logging
import pprint
import subprocess
import sys
import textwrap
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path

from django_appwrite_orm import checks
from django_appwrite_orm.cache.backend import CacheBackend
from django_appwrite_orm.cache.effects import CacheGetMany
from django_appwrite_orm.conf.load import connection_settings
from django_appwrite_orm.conf.redaction import hide_secrets
from django_appwrite_orm.connection import connections
from django_appwrite_orm.credentials import masked, revealed
from django_appwrite_orm.events.pubsub import ChannelListener, _publisher
from django_appwrite_orm.exceptions import CacheUnavailable, ConfigurationError, Unavailable
from django_appwrite_orm.sansio import Operation, run_sync
from django_appwrite_orm.schema import migrate
from tests.support.library.tables import Book

SECRET = "standard_" + "5ec2e7" * 20
SIGNATURE = "51645" * 4
# Port 9 answers nobody; no test here needs more than a refused connection.
UNREACHABLE = {
    "ENDPOINT": "http://127.0.0.1:9/v1",
    "PROJECT_ID": "p",
    "API_KEY": SECRET,
    "DATABASE_ID": "d",
    "WEBHOOK_SECRET": SIGNATURE,
    "RETRIES": 0,
    "TIMEOUT": 5,
}


def read(request: HttpRequest) -> HttpResponse:
    return HttpResponse(Book.objects.count())


def write(request: HttpRequest) -> HttpResponse:
    return HttpResponse(Book.objects.create(title="x", price=1))


async def aread(request: HttpRequest) -> HttpResponse:
    return HttpResponse(await Book.objects.acount())


def closed(request: HttpRequest) -> HttpResponse:
    """A mistake in a view, with a connection among its variables."""
    connection = connections["default"]
    settings = connection.settings
    raise RuntimeError(f"{connection} {settings}")


urlpatterns = [path("read", read), path("write", write), path("aread", aread), path("closed", closed)]


@pytest.fixture(autouse=True)
def unreachable() -> Iterator[None]:
    with override_settings(APPWRITE_ORM={"default": UNREACHABLE}, ROOT_URLCONF=__name__, DEBUG=True):
        yield


@pytest.mark.parametrize("show", [repr, str, pprint.pformat, "{}".format])
def test_nothing_that_knows_the_key_shows_it(show: Callable[[Any], str]) -> None:
    connection = connections["default"]
    assert connection.settings.api_key == SECRET
    for found in (connection, connection.settings, connection.client, vars(connection)):
        assert SECRET not in show(found)
        assert SIGNATURE not in show(found)


@pytest.mark.parametrize("address", ["/read", "/write", "/closed"])
def test_the_page_for_an_error_does_not_show_it(address: str) -> None:
    answer = Client(raise_request_exception=False).get(address)
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "API_KEY" in page  # it does list the settings
    assert SECRET not in page
    assert SIGNATURE not in page


def test_the_page_for_an_error_in_asynchronous_code_does_not_show_it() -> None:
    async def ask() -> Any:
        return await AsyncClient(raise_request_exception=False).get("/aread")

    answer = asyncio.run(ask())
    assert answer.status_code == 500
    assert SECRET not in answer.content.decode()


def _everything_in(error: BaseException) -> str:
    """What an error reporter could collect: all texts, and the variables of all frames, of an error and its causes."""
    collected = []
    found: BaseException | None = error
    while found is not None:
        collected += [repr(found), repr(found.args), repr(vars(found))]
        collected += [repr(frame.f_locals) for frame, _ in traceback.walk_tb(found.__traceback__)]
        found = found.__cause__ or found.__context__
    return "\n".join(collected)


@pytest.mark.parametrize("ask", [lambda: Book.objects.count(), lambda: Book(title="x", price=1).save()])
def test_no_frame_of_an_unreachable_server_holds_it(ask: Callable[[], object]) -> None:
    with pytest.raises(Unavailable) as caught:
        ask()
    collected = "".join(text for text in _everything_in(caught.value).splitlines() if "UNREACHABLE" not in text)
    assert "127.0.0.1:9" in collected
    assert SECRET not in collected


@pytest.mark.parametrize(
    "wrong",
    [
        {"TIMEOUT": "x"},
        {"API_KEY": SECRET.encode()},
        {"API_KEY": SECRET + "\r\nX: y"},
        {"API_KEY": [SECRET]},
        {"PROJECT_ID": SECRET},
        {"DATABASE_ID": SECRET},
        {"ENDPOINT": SECRET},
        {"ENDPOINT": f"https://key:{SECRET}@example.com/v1"},
        {"APIKEY": SECRET},
        {SECRET: "API_KEY"},
        {"SERVER_ID": SECRET},
        {"SERVER_VERSION": SECRET},
        {"LISTEN_AS": SECRET},
        {"WEBHOOK_URL": SECRET},
        {"CHANNEL_URL": SECRET},
        {"CACHE": {"ALIAS": SECRET}},
        {"CACHE": {"PREFIX": SECRET}},
        {"CACHE": {SECRET: "default"}},
    ],
)
def test_settings_that_are_wrong_do_not_show_it(wrong: dict[str, Any]) -> None:
    with override_settings(APPWRITE_ORM={"default": {**UNREACHABLE, **wrong}}):
        with pytest.raises(ConfigurationError) as caught:
            connection_settings("default")
        messages = [*checks.check_settings(), *checks.check_tables(), *checks.check_caches()]
    assert SECRET not in repr(caught.value) + _variables_of(caught.value)
    assert messages
    assert SECRET not in "".join(f"{message} {message!r}" for message in messages)


def _variables_of(error: BaseException) -> str:
    """Those of the frames below the test itself."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename != __file__]
    assert frames
    return repr([frame.f_locals for frame in frames])


def test_a_mistake_while_a_connection_is_made_does_not_show_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("connection_settings.CachePolicy", "load.ConnectionSettings"):
        with monkeypatch.context() as patch:
            patch.setattr(f"django_appwrite_orm.conf.{name}", lambda nothing: None)  # other arguments: TypeError
            with pytest.raises(TypeError) as caught:
                connections["default"]
        assert SECRET not in repr(caught.value) + _variables_of(caught.value)
        assert SIGNATURE not in repr(caught.value) + _variables_of(caught.value)


def test_no_log_line_holds_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "django_appwrite_orm"):
        for ask in (Book.objects.count, Book(title="x", price=1).save):
            with pytest.raises(Unavailable):
                ask()
        with override_settings(APPWRITE_ORM={"default": {"ENDPOINT": "local::memory:", "DATABASE_ID": "library"}}):
            run_sync(migrate([Book]))
            Book.objects.count()
    assert any(record.name.startswith("django_appwrite_orm") for record in caplog.records)
    assert SECRET not in caplog.text + repr([vars(record) for record in caplog.records])


PASSWORD = "open" + "5e5a3e" * 3
CHANNEL = f"redis://user:{PASSWORD}@127.0.0.1:9/0"


@pytest.fixture
def channel() -> Iterator[dict[str, Any]]:
    """A channel whose Redis does not answer, in settings as they are after Django has started."""
    given = {**UNREACHABLE, "ENDPOINT": "local::memory:", "PROJECT_ID": "local", "API_KEY": "local"}
    given |= {"DATABASE_ID": "library", "CHANNEL_URL": CHANNEL}
    hide_secrets(given)
    with override_settings(APPWRITE_ORM={"default": given}):
        yield given
    _publisher.cache_clear()


@pytest.mark.parametrize("show", [repr, str, pprint.pformat, "{}".format])
def test_nothing_that_knows_the_channel_shows_its_password(channel: dict[str, Any], show: Callable[[Any], str]) -> None:
    connection = connections["default"]
    assert revealed(connection.settings.channel_url) == CHANNEL
    for found in (connection, connection.settings, vars(connection), channel):
        assert PASSWORD not in show(found)


@pytest.mark.parametrize("query", ["", "?socket_timeout=soon"])
def test_a_channel_that_is_away_shows_no_password(channel: dict[str, Any], query: str, caplog, monkeypatch) -> None:
    with override_settings(APPWRITE_ORM={"default": {**channel, "CHANNEL_URL": CHANNEL + query}}):
        run_sync(migrate([Book]))
        with caplog.at_level(logging.DEBUG):
            Book.objects.create(title="x", price=1)
            listener = ChannelListener("default")
            monkeypatch.setattr(listener._stop, "wait", lambda seconds: listener.stop())
            if query:
                with pytest.raises(ConfigurationError) as caught:
                    listener.run()
                assert PASSWORD not in _everything_below(caught.value)
            else:
                listener.run()
    assert "could not be published to other services" in caplog.text
    assert PASSWORD not in caplog.text + repr([vars(record) for record in caplog.records])


def _everything_below(error: BaseException) -> str:
    found, collected = error, []
    while found is not None:
        collected += [repr(found), repr(found.args)]
        collected += [
            repr(frame.f_locals)
            for frame, _ in traceback.walk_tb(found.__traceback__)
            if frame.f_code.co_filename != __file__
        ]
        found = found.__cause__ or found.__context__
    return "\n".join(collected)


@pytest.mark.parametrize(
    "wrong",
    [
        f"redis://:{PASSWORD}/x@127.0.0.1:9/0",
        f"redis://127.0.0.1:{PASSWORD}/0",
        f"redis://a:b@{PASSWORD}@c/0",
        PASSWORD,
    ],
)
def test_a_channel_url_that_is_wrong_is_not_shown(wrong: str) -> None:
    with override_settings(APPWRITE_ORM={"default": {**UNREACHABLE, "CHANNEL_URL": wrong}}):
        (message,) = checks.check_settings()
        with pytest.raises(ConfigurationError) as caught:
            connections["default"]
    assert message.id == "appwrite_orm.E003"
    assert PASSWORD not in f"{message} {message!r} {message.hint}" + _everything_below(caught.value)


@pytest.mark.parametrize("location", [f"redis://:{PASSWORD}/x@127.0.0.1:9/0", f"redis://:{PASSWORD}@127.0.0.1:9/0"])
def test_a_cache_that_fails_does_not_show_its_password(location: str, caplog) -> None:
    options = {"SERIALIZER": "django_redis.serializers.json.JSONSerializer"}
    cache = {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": location, "OPTIONS": options}
    with (
        override_settings(CACHES={"default": cache}),
        caplog.at_level(logging.DEBUG),
        pytest.raises(CacheUnavailable) as caught,
    ):
        run_sync(_look())
    assert "Cache 'default' failed" in caplog.text
    assert PASSWORD not in caplog.text + str(caught.value)


def _look() -> Operation[Any]:
    return (yield from CacheGetMany(CacheBackend("default"), ["key"]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no redis://user:pw@host:1/0 here", "no redis://[hidden]@host:1/0 here"),
        ("redis://host:1/0 a@b", "redis://host:1/0 a@b"),
        ("Port could not be cast to integer value as 'pw'", "Port could not be cast to integer value as [hidden]"),
    ],
)
def test_urls_in_the_errors_of_others_are_masked(text: str, expected: str) -> None:
    assert masked(ValueError(text)) == expected


@pytest.mark.parametrize(
    "misplaced", [{"CACHE": {"ALIAS": SECRET}}, {"APIKEY": SECRET}, {"PROJECT_ID": SECRET}, {"ENDPOINT": SECRET}]
)
def test_a_key_in_the_wrong_place_is_not_on_the_page_for_an_error(misplaced: dict[str, Any]) -> None:
    given = {**UNREACHABLE, **misplaced, "CHANNEL_URL": CHANNEL, "WEBHOOK_URL": "https://shop.example/" + "a" * 40}
    hide_secrets(given)
    with override_settings(APPWRITE_ORM={"default": given}):
        page = Client(raise_request_exception=False).get("/read").content.decode()
    assert "shop.example" in page
    assert SECRET not in page
    assert PASSWORD not in page


def test_settings_that_are_hidden_are_still_texts() -> None:
    given = {"API_KEY": SECRET, "CACHE": {"ALIAS": "default", "PREFIX": SECRET}, "RETRIES": 2, "WEBHOOK_SECRET": ""}
    hide_secrets(given)
    assert json.loads(json.dumps(given)) == given
    assert f"{given['API_KEY']}" == SECRET
    assert repr(given["CACHE"]) == "{'ALIAS': 'default', 'PREFIX': '[hidden]'}"
    hide_secrets(None)


def test_starting_django_and_checking_asks_no_network() -> None:
    """In a process of its own, where every attempt to reach a network is an error."""
    program = f"""
        import sys

        def refuse(event, arguments):
            if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.bind"):
                raise RuntimeError(f"network: {{event}} {{arguments}}")

        sys.addaudithook(refuse)
        from django.conf import settings
        settings.configure(
            INSTALLED_APPS=["django_appwrite_orm", "tests.support.library"],
            CACHES={{"default": {{"BACKEND": "django_redis.cache.RedisCache", "LOCATION": "redis://cache.invalid:6379/0"}}}},
            APPWRITE_ORM={{"default": {{**{UNREACHABLE!r}, "ENDPOINT": "https://appwrite.invalid/v1"}}}},
            DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        )
        import django
        django.setup()
        from django.core.management import call_command
        from django_appwrite_orm.registry import registry
        assert [table.__name__ for table in registry.all()] == ["Book", "Reader", "Everything"], registry.all()
        call_command("check")
        assert repr(settings.APPWRITE_ORM["default"]["API_KEY"]) == "'[hidden]'"
        import socket
        try:
            socket.create_connection(("127.0.0.1", 9), timeout=1)
        except RuntimeError:
            print("guarded")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("guarded")
    assert "W003" in done.stderr + done.stdout
    assert SECRET not in done.stderr + done.stdout
