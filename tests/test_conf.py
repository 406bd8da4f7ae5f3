"""The setting APPWRITE_ORM: what is refused, in which words, and what becomes of what is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from django_appwrite_orm.cache import CachePolicy
from django_appwrite_orm.checks import check_settings
from django_appwrite_orm.conf.connection_settings import CacheSettings
from django_appwrite_orm.conf.load import connection_settings
from django_appwrite_orm.connection import connections
from django_appwrite_orm.exceptions import ConfigurationError

SECRET = "standard_" + "5ec2e7" * 40
REMOTE = {"ENDPOINT": "https://cloud.appwrite.io/v1", "PROJECT_ID": "p", "API_KEY": SECRET, "DATABASE_ID": "d"}
LOCAL = {"ENDPOINT": "local::memory:", "DATABASE_ID": "d"}


def found(**changes: Any) -> list[tuple[str, str]]:
    """What the check says of REMOTE with these changes; None takes a key out."""
    given = {key: value for key, value in {**REMOTE, **changes}.items() if value is not ...}
    with override_settings(APPWRITE_ORM={"default": given}):
        messages = check_settings()
    assert all(message.hint for message in messages)
    assert SECRET not in str([str(message) for message in messages])
    return [(message.id, message.msg) for message in messages]


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"TIMEOUT": 301}, "Use a number of seconds, at least 0.001 and at most 300."),
        ({"CACHE": {"MEMORY": -1}}, "Use a number of bytes, at least 0."),
        ({"RETRIES": -1}, "Use a number of at least 0."),
    ],
)
def test_the_hint_names_the_unit_and_the_bounds(changes: dict[str, Any], hint: str) -> None:
    with override_settings(APPWRITE_ORM={"default": {**REMOTE, **changes}}):
        assert [message.hint for message in check_settings()] == [hint]


def test_right_settings_have_no_problem() -> None:
    assert found() == []
    assert found(CACHE={"ALIAS": "other", "TTL": 0, "PREFIX": "x"}, TIMEOUT=0.5, RETRIES=0, PAGE_SIZE=1) == []
    with override_settings(APPWRITE_ORM={"default": LOCAL}):
        assert check_settings() == []


def test_a_project_and_a_key_that_the_local_appwrite_does_not_know_are_refused() -> None:
    assert found(ENDPOINT="local:", PROJECT_ID="local", API_KEY="local") == []
    for project in ("shop", "..."):
        assert found(ENDPOINT="local:", PROJECT_ID=project) == [
            (
                "appwrite_orm.E003",
                f"APPWRITE_ORM['default']: {key} must be 'local' for the local Appwrite.",
            )
            for key in ("PROJECT_ID", "API_KEY")
        ]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (None, "The setting APPWRITE_ORM is missing."),
        ({}, "The setting APPWRITE_ORM is empty."),
        ([REMOTE], "The setting APPWRITE_ORM is a list."),
        ({1: REMOTE}, "APPWRITE_ORM: an alias must be a string."),
        ({"": REMOTE}, "APPWRITE_ORM: an alias must be a string."),
        ({"default": "https://example.com"}, "APPWRITE_ORM['default'] must be a dict, not str."),
    ],
)
def test_the_setting_itself(setting: object, message: str) -> None:
    with override_settings(APPWRITE_ORM=setting):
        assert [(error.id, error.msg) for error in check_settings()] == [("appwrite_orm.E001", message)]


def test_a_setting_that_is_not_there() -> None:
    from django.conf import settings

    with override_settings():
        del settings.APPWRITE_ORM
        assert [error.msg for error in check_settings()] == ["The setting APPWRITE_ORM is missing."]


WHERE = "APPWRITE_ORM['default']"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"PROJECT_ID": ...}, ("E002", f"{WHERE}: PROJECT_ID is missing.")),
        ({"API_KEY": ""}, ("E002", f"{WHERE}: API_KEY is empty.")),
        ({"API_KEY": None}, ("E002", f"{WHERE}: API_KEY is empty.")),
        ({"ENDPOINT": ...}, ("E002", f"{WHERE}: ENDPOINT is missing.")),
        ({"API_KEY": 5}, ("E003", f"{WHERE}: API_KEY must be str, not int.")),
        ({"API_KEY": [SECRET]}, ("E003", f"{WHERE}: API_KEY must be str, not list.")),
        (
            {"API_KEY": SECRET + "\n"},
            ("E003", f"{WHERE}: API_KEY holds a character that cannot be sent in an HTTP header."),
        ),
        (
            {"API_KEY": SECRET + "ä"},
            ("E003", f"{WHERE}: API_KEY holds a character that cannot be sent in an HTTP header."),
        ),
        ({"TIMEOUT": "10"}, ("E003", f"{WHERE}: TIMEOUT must be int or float, not str.")),
        ({"TIMEOUT": 0}, ("E003", f"{WHERE}: TIMEOUT is 0.")),
        ({"TIMEOUT": 301}, ("E003", f"{WHERE}: TIMEOUT is 301.")),
        ({"TIMEOUT": float("nan")}, ("E003", f"{WHERE}: TIMEOUT is nan.")),
        ({"TIMEOUT": float("inf")}, ("E003", f"{WHERE}: TIMEOUT is inf.")),
        ({"RETRIES": True}, ("E003", f"{WHERE}: RETRIES must be int, not bool.")),
        ({"RETRIES": -1}, ("E003", f"{WHERE}: RETRIES is -1.")),
        ({"PAGE_SIZE": 0}, ("E003", f"{WHERE}: PAGE_SIZE is 0.")),
        ({"WARM_ON_START": 1}, ("E003", f"{WHERE}: WARM_ON_START must be bool, not int.")),
        ({"CACHE": "default"}, ("E003", f"{WHERE}: CACHE must be dict, not str.")),
        ({"CACHE": {"TTL": -1}}, ("E003", f"{WHERE}['CACHE']: TTL is -1.")),
        ({"CACHE": {"PREFIX": "a b"}}, ("E003", f"{WHERE}['CACHE']: PREFIX cannot be part of a cache key.")),
        ({"CACHE": {"PREFIX": "a" * 101}}, ("E003", f"{WHERE}['CACHE']: PREFIX cannot be part of a cache key.")),
        ({"APIKEY": SECRET}, ("E004", f"{WHERE}: unknown key 'APIKEY'.")),
        ({SECRET: "API_KEY"}, ("E004", f"{WHERE}: unknown key (a text of 249 characters).")),
        ({5: SECRET}, ("E004", f"{WHERE}: unknown key of type int.")),
        ({"CACHE": {"LIFE": 5}}, ("E004", f"{WHERE}['CACHE']: unknown key 'LIFE'.")),
        ({"CACHE": {"ALIAS": "none"}}, ("E006", f"{WHERE}['CACHE']: there is no cache 'none' in CACHES.")),
        ({"PROJECT_ID": "a b"}, ("E007", f"{WHERE}: PROJECT_ID 'a b' is not a valid Appwrite id.")),
        ({"DATABASE_ID": "_x"}, ("E007", f"{WHERE}: DATABASE_ID '_x' is not a valid Appwrite id.")),
        (
            {"PROJECT_ID": SECRET},
            ("E007", f"{WHERE}: PROJECT_ID (a text of 249 characters) is not a valid Appwrite id."),
        ),
    ],
)
def test_a_connection(changes: dict[Any, Any], expected: tuple[str, str]) -> None:
    changes = {str(key) if isinstance(key, str) else key: value for key, value in changes.items()}
    given = {key: value for key, value in {**REMOTE, **changes}.items() if value is not ...}
    with override_settings(APPWRITE_ORM={"default": given}):
        messages = check_settings()
    assert [(message.id.removeprefix("appwrite_orm."), message.msg) for message in messages] == [expected]
    assert SECRET not in "".join(f"{message}{message.hint}{message!r}" for message in messages)


@pytest.mark.parametrize(
    "endpoint",
    [
        "cloud.appwrite.io/v1",
        "ftp://example.com",
        "https://",
        "https:///v1",
        "http://[::1",
        "http://example.com:99999/v1",
        "http://example.com:0/v1",
        "https://example.com/v1?key=" + SECRET,
        "https://example.com/v1#x",
        "https://exa mple.com/v1",
        "https://example.com/v1\n",
        SECRET,
        "https://user:" + SECRET + "@example.com/v1",
    ],
)
def test_an_invalid_endpoint_is_reported(endpoint: str) -> None:
    assert [identity for identity, _ in found(ENDPOINT=endpoint)] == ["appwrite_orm.E005"]


def test_an_endpoint_that_may_be_meant_as_local_needs_no_project_and_key() -> None:
    for endpoint in ("local", "memory"):
        ids = [identity for identity, _ in found(ENDPOINT=endpoint, PROJECT_ID=..., API_KEY=...)]
        assert ids == ["appwrite_orm.E005"]
    for endpoint in (..., "", "https://cloud.appwrite.io/v1"):
        missing = found(ENDPOINT=endpoint, PROJECT_ID=..., API_KEY=...)
        assert any("PROJECT_ID is missing" in text for _, text in missing)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"SERVER_VERSION": "one"}, "E003"),
        ({"SERVER_VERSION": 1.9}, "E003"),
        ({"WEBHOOK_URL": "http://[::1"}, "E003"),
        ({"WEBHOOK_URL": "shop.example/appwrite"}, "E003"),
        ({"WEBHOOK_SECRET": "short"}, "E003"),
        ({"WEBHOOK_SECRET": SECRET * 2}, "E003"),
        ({"LISTEN_AS": "a b"}, "E007"),
    ],
)
def test_settings_for_changes_made_elsewhere(changes: dict[str, Any], expected: str) -> None:
    assert [identity for identity, _ in found(**changes)] == [f"appwrite_orm.{expected}"]


def test_all_problems_are_said_at_once_also_where_a_connection_is_made() -> None:
    wrong = {"ENDPOINT": "x", "PROJECT_ID": "a b", "TIMEOUT": -1, "API_KEY": SECRET}
    with override_settings(APPWRITE_ORM={"default": wrong}), pytest.raises(ConfigurationError) as caught:
        connections["default"]
    message = str(caught.value)
    assert all(part in message for part in ("ENDPOINT is neither", "PROJECT_ID 'a b'", "TIMEOUT is -1", "DATABASE_ID"))
    assert SECRET not in message


def test_an_unknown_alias_names_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match=r"no connection 'archive' \(it has: default\)"):
        connections["archive"]


def test_what_is_left_out_has_a_default() -> None:
    with override_settings(APPWRITE_ORM={"default": REMOTE}):
        found = connection_settings("default")
    assert (found.timeout, found.retries, found.page_size, found.warm_on_start) == (10.0, 2, 500, False)
    assert found.cache == CacheSettings(alias="default", prefix="appwrite", policy=CachePolicy(ttl=300))


def test_the_local_appwrite_needs_neither_project_nor_key(tmp_path: Path) -> None:
    given = {"ENDPOINT": "local:data/app.sqlite3", "DATABASE_ID": "d"}
    with override_settings(APPWRITE_ORM={"default": given}, BASE_DIR=tmp_path):
        found = connection_settings("default")
    assert (found.project_id, found.api_key) == ("local", "local")
    assert found.endpoint == f"local:{tmp_path}/data/app.sqlite3"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("https://example.com/v1/", "https://example.com/v1"),
        ("HTTPS://Example.com:443/v1", "https://example.com/v1"),
        ("http://example.com:/Some/v1", "http://example.com/Some/v1"),
        ("http://[::1]:80/v1", "http://[::1]/v1"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
        ("https://example.com:80/v1", "https://example.com:80/v1"),
    ],
)
def test_an_endpoint_is_the_same_however_it_is_written(given: str, found: str) -> None:
    """Cache keys are made from it: two spellings would be two caches, and what one of them writes old in the other."""
    with override_settings(APPWRITE_ORM={"default": {**REMOTE, "ENDPOINT": given}}):
        assert connection_settings("default").endpoint == found


def test_changed_settings_take_effect() -> None:
    with override_settings(APPWRITE_ORM={"default": {**LOCAL, "RETRIES": 5}}):
        assert connections["default"].settings.retries == 5
    assert connections["default"].settings.retries == 2
