"""The Redis channel: messages to and from other services, on a real Redis."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
import redis as redis_client
from django.core.management import CommandError, call_command

from django_appwrite_orm import signals
from django_appwrite_orm.conf.checks import problems
from django_appwrite_orm.conf.load import connection_settings
from django_appwrite_orm.credentials import Secret
from django_appwrite_orm.events import pubsub, realtime
from django_appwrite_orm.events.pubsub import CHANNEL, ChannelListener
from tests.support import redis_server
from tests.support.library.tables import Book, Reader
from tests.support.listening import shown
from tests.support.waiting import soon

LISTENING = "listen_appwrite --channel of 'default': listening"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with redis_server.running() as address:
        yield address


@pytest.fixture
def site(url: str, settings, request: pytest.FixtureRequest) -> Iterator[None]:
    settings.APPWRITE_ORM = {"default": {**settings.APPWRITE_ORM["default"], "CHANNEL_URL": url}}
    request.getfixturevalue("library")
    yield
    pubsub._publisher(Secret(url)).close()
    pubsub._publisher.cache_clear()


@pytest.fixture
def other(url: str) -> Iterator[redis_client.Redis]:
    """Another service."""
    with redis_client.Redis.from_url(url) as client:
        yield client


@pytest.fixture
def said(site: None, other: redis_client.Redis) -> Iterator[Callable[[], dict[str, Any]]]:
    """The next message that another service hears, or an empty one."""
    with other.pubsub(ignore_subscribe_messages=True) as subscription:
        subscription.subscribe(CHANNEL)
        subscription.get_message(timeout=30)

        def heard(timeout: float = 30) -> dict[str, Any]:
            message = subscription.get_message(timeout=timeout)
            return {} if message is None else json.loads(message["data"])

        yield heard


@pytest.fixture
def listening(site: None, other: redis_client.Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChannelListener]:
    monkeypatch.setattr(pubsub, "POLL", 0.05)
    monkeypatch.setattr(realtime.random, "uniform", lambda low, high: 0.01)
    found = ChannelListener("default")
    thread = threading.Thread(target=found.run, daemon=True)
    thread.start()
    assert soon(lambda: LISTENING in shown())  # what was read before is forgotten by then
    yield found
    found.stop()
    thread.join(30)
    assert not thread.is_alive()


def read_both() -> None:
    Book.objects.count()
    Reader.objects.count()
    assert Book.objects.is_updated()
    assert Reader.objects.is_updated()


def test_a_write_is_published(said: Callable[..., dict[str, Any]]) -> None:
    before = time.time() * 1000
    Book.objects.create(title="Dune", price=1)
    message = said()
    assert message["table"] == "books"
    assert before - 1 <= message["timestamp"] <= time.time() * 1000
    assert said(0.1) == {}
    Book.objects.set_updated(False)
    assert said()["source"] == message["source"]


def test_nothing_is_published_without_the_setting(library, url: str, other: redis_client.Redis) -> None:
    with other.pubsub() as subscription:
        subscription.subscribe(CHANNEL)
        subscription.get_message(timeout=30)
        Book.objects.create(title="Dune", price=1)
        assert subscription.get_message(timeout=0.2) is None
    with pytest.raises(CommandError, match="CHANNEL_URL"):
        call_command("listen_appwrite", "--channel", stdout=StringIO())


def test_without_a_channel_no_signal_receiver_is_connected(settings, url: str) -> None:
    """A receiver would cost every asynchronous write a turn in a thread."""

    def is_asked() -> bool:
        return any(key[0] == "django_appwrite_orm.channel" for key, *_ in signals.table_invalidated.receivers)

    assert not is_asked()
    default = settings.APPWRITE_ORM["default"]
    settings.APPWRITE_ORM = {"default": default, "other": {**default, "CHANNEL_URL": url}}
    assert is_asked()
    settings.APPWRITE_ORM = {"default": default}
    assert not is_asked()


def test_a_channel_that_fails_stops_no_write(site: None, settings, caplog: pytest.LogCaptureFixture) -> None:
    default = settings.APPWRITE_ORM["default"]
    settings.APPWRITE_ORM = {"default": {**default, "CHANNEL_URL": "redis://:pass@127.0.0.1:9/0"}}
    Book.objects.create(title="Dune", price=1)
    assert "The change of library.Book could not be published" in caplog.text
    assert "pass" not in caplog.text


@pytest.mark.parametrize("name", ["books", "*"])
def test_messages_of_other_services_invalidate_tables(
    listening: ChannelListener, other: redis_client.Redis, said: Callable[..., dict[str, Any]], name: str
) -> None:
    read_both()
    other.publish(CHANNEL, json.dumps({"table": name, "timestamp": 1}))
    assert soon(lambda: not Book.objects.is_updated())
    assert Reader.objects.is_updated() is (name == "books")
    assert said() == {"table": name, "timestamp": 1}
    assert said(0.2) == {}  # not passed on


def test_messages_of_the_same_cache_are_ignored(
    listening: ChannelListener, other: redis_client.Redis, said: Callable[..., dict[str, Any]]
) -> None:
    Book.objects.set_updated(False)
    message = said()
    assert message["table"] == "books"
    read_both()
    other.publish(CHANNEL, json.dumps(message))  # again, for the first may have been heard before the reads
    other.publish(CHANNEL, json.dumps({"table": Reader._meta.name}))
    assert soon(lambda: not Reader.objects.is_updated())
    assert Book.objects.is_updated()


def test_messages_of_another_cache_are_handled(
    listening: ChannelListener, other: redis_client.Redis, said: Callable[..., dict[str, Any]]
) -> None:
    Book.objects.set_updated(False)
    message = said()
    read_both()
    other.publish(CHANNEL, json.dumps({**message, "source": "another"}))
    assert soon(lambda: not Book.objects.is_updated())


@pytest.mark.parametrize("text", ["not json", "[]", "5", '{"timestamp": 1}', '{"table": "unknown"}', '{"table": 5}'])
def test_other_messages_do_nothing(listening: ChannelListener, other: redis_client.Redis, text: str) -> None:
    read_both()
    other.publish(CHANNEL, text)
    other.publish(CHANNEL, json.dumps({"table": Reader._meta.name}))
    assert soon(lambda: not Reader.objects.is_updated())
    assert Book.objects.is_updated()


def test_a_new_connection_invalidates_every_table(listening: ChannelListener, other: redis_client.Redis) -> None:
    read_both()
    for client in other.client_list():
        if client["sub"] != "0":
            other.client_kill_filter(_id=client["id"])
    assert soon(lambda: not Book.objects.is_updated() and not Reader.objects.is_updated())


def pings(client: redis_client.Redis) -> int:
    """Return how many pings a Redis has received."""
    return int(client.info("commandstats").get("cmdstat_ping", {}).get("calls", 0))


def test_a_silent_redis_is_pinged_and_then_reconnected(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest, settings
) -> None:
    """A connection can break without being closed: the server is pinged, and then connected again."""
    monkeypatch.setattr(pubsub, "QUIET", 0.2)
    monkeypatch.setattr(pubsub, "GIVEN_UP", 3600)
    with redis_server.server() as server, redis_client.Redis.from_url(server.url) as other:
        settings.APPWRITE_ORM = {"default": {**settings.APPWRITE_ORM["default"], "CHANNEL_URL": server.url}}
        monkeypatch.setattr(pubsub, "POLL", 0.05)
        monkeypatch.setattr(realtime.random, "uniform", lambda low, high: 0.01)
        request.getfixturevalue("library")
        found = ChannelListener("default")
        thread = threading.Thread(target=found.run)
        thread.start()
        assert soon(lambda: LISTENING in shown())
        before = pings(other)
        assert soon(lambda: pings(other) >= before + 3)  # each but the first because the one before was answered
        assert caplog.text == ""
        read_both()
        server.freeze()
        monkeypatch.setattr(pubsub, "GIVEN_UP", 0.6)
        assert soon(lambda: "no response to a ping" in caplog.text)
        assert soon(lambda: "waiting" in shown())
        server.thaw()
        assert soon(lambda: not Book.objects.is_updated() and not Reader.objects.is_updated())
        assert soon(lambda: "listening" in shown())
        other.publish(CHANNEL, "{}")
        found.stop()
        thread.join(30)
        assert not thread.is_alive()
    assert "stopped" in shown()


def test_the_setting_is_checked_and_kept_secret(settings) -> None:
    default = settings.APPWRITE_ORM["default"]
    settings.APPWRITE_ORM = {"default": {**default, "CHANNEL_URL": "http://127.0.0.1/"}}
    [problem] = problems("default")
    assert (problem.id, "CHANNEL_URL" in problem.msg) == ("appwrite_orm.E003", True)
    settings.APPWRITE_ORM = {"default": {**default, "CHANNEL_URL": "redis://:5ec2e7@127.0.0.1/0"}}
    found = connection_settings("default")
    assert found.channel_url == "redis://:5ec2e7@127.0.0.1/0"
    assert "5ec2e7" not in repr(found)
