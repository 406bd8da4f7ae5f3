"""What servers of each version can do."""

from __future__ import annotations

import pytest

from django_appwrite_orm.connection import connections
from django_appwrite_orm.credentials import Credentials
from django_appwrite_orm.transport import Features
from django_appwrite_orm.transport.client import OTHER_IDENTITIES
from tests.support.costs import counted
from tests.support.faulty_servers import Fault, answer, faulty
from tests.transport.conftest import Drive


@pytest.mark.parametrize(
    ("version", "form", "aggregates"),
    [("1.8.0", "1.8.0", False), ("1.9.6-RC1", "1.9.6", False), ("2.5.0", "1.9.6", True), ("2.10.1", "1.9.6", True)],
)
def test_response_format_and_aggregates_follow_the_version(version: str, form: str, aggregates: bool) -> None:
    features = Features.of(version)
    assert (features.response_format, features.has("aggregates")) == (form, aggregates)


def test_no_version() -> None:
    with pytest.raises(ValueError, match="'new' is not a version"):
        Features.of("new")


def test_the_server_is_asked_once(drive: Drive) -> None:
    with counted() as costs:
        first = drive(connections["default"].features())
        assert drive(connections["default"].features()) is first
    assert costs.requests == ["GET /health/version"]
    assert first.version == (1, 9, 6)


def test_nor_when_the_settings_say_it(settings, drive: Drive) -> None:
    settings.APPWRITE_ORM = {"default": {**settings.APPWRITE_ORM["default"], "SERVER_VERSION": "2.5.0"}}
    with counted() as costs:
        assert drive(connections["default"].features()).has("aggregates")
    assert costs.requests == []


def test_whoever_asks_it_is_asked_once_and_without_a_key(drive: Drive) -> None:
    connection = connections["default"]
    with counted() as costs:
        for identity in (Credentials.of_guest(), Credentials.of_user(jwt="j.w.t"), Credentials.of_guest()):
            assert drive(connection.speaking_for(identity).features()).version == (1, 9, 6)
        assert drive(connection.features()).version == (1, 9, 6)
    assert costs.requests == ["GET /health/version"]


def test_a_server_that_answers_no_key_says_its_version(settings, drive: Drive) -> None:
    """As 1.9.6 does, with 401 to any key."""
    with faulty(answer(200, {"version": "2.5.0"})) as server:
        server_settings = {"ENDPOINT": server.endpoint, "PROJECT_ID": "p", "API_KEY": "k"}
        settings.APPWRITE_ORM = {"default": {**settings.APPWRITE_ORM["default"], **server_settings}}
        assert drive(connections["default"].features()).has("aggregates")
        assert drive(connections["default"].ask_version()).data == {"version": "2.5.0"}
    assert [set(received.headers) & OTHER_IDENTITIES for received in server.received] == [set(), set()]


@pytest.mark.parametrize(
    ("reply", "times"),
    [
        (answer(401, {"type": "general_unauthorized_scope", "code": 401}), 1),
        (answer(200, {"version": "cloud"}), 1),
        (answer(503, {"code": 503}), 2),  # which may pass
        (answer(200, {"ok": True}), 2),
    ],
)
def test_a_server_that_does_not_say_its_version_is_an_old_one(
    settings, drive: Drive, caplog: pytest.LogCaptureFixture, reply: Fault, times: int
) -> None:
    with faulty(reply) as server:
        server_settings = {"ENDPOINT": server.endpoint, "PROJECT_ID": "p", "API_KEY": "k", "RETRIES": 0}
        settings.APPWRITE_ORM = {"default": {**settings.APPWRITE_ORM["default"], **server_settings}}
        for _ in range(2):
            assert not drive(connections["default"].features()).has("aggregates")
        connections.reset()
    assert len(server.received) == times
    assert "SERVER_VERSION" in caplog.text
