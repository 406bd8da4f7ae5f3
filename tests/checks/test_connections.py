"""What the settings say of the servers: one under two names."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import InvalidCacheBackendError
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from django_appwrite_orm.checks import check_settings
from django_appwrite_orm.connection import connections
from tests.support.library.tables import Book
from tests.support.tables import prepare

REMOTE = {"ENDPOINT": "https://appwrite.example/v1", "PROJECT_ID": "shop", "API_KEY": "key", "DATABASE_ID": "main"}
INTERNAL = {**REMOTE, "ENDPOINT": "http://appwrite/v1"}
LOCAL = {"PROJECT_ID": "local", "API_KEY": "local"}


def keys(settings, given: dict[str, Any]) -> tuple[object, ...]:
    settings.APPWRITE_ORM = {"default": given}
    found = connections["default"].keys
    return found.table(("main", "books")), found.entry("plan"), found.statistics


def test_two_urls_of_one_server_share_their_keys_by_its_id(settings) -> None:
    one, other = keys(settings, REMOTE), keys(settings, INTERNAL)
    assert all(a != b for a, b in zip(one, other, strict=True))
    same = {"SERVER_ID": "fra"}
    assert keys(settings, {**REMOTE, **same}) == keys(settings, {**INTERNAL, **same})
    assert keys(settings, {**REMOTE, **same}) != keys(settings, {**REMOTE, "SERVER_ID": "nyc"})


def test_without_an_id_the_keys_are_what_they_have_always_been(settings) -> None:
    table, envelope, statistics = keys(settings, REMOTE)
    assert table.token == "appwrite:3097f9da78401e1672e885353ef96790:token"
    assert envelope == "appwrite:e0448296fddcf3ca76ae2f423931ceb2"
    assert statistics == "appwrite:f7a800e38fcbd0df5dbf2a7d1bb40a46"


def test_a_write_through_one_name_of_a_file_is_seen_through_the_other(settings, tmp_path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "alias").symlink_to(tmp_path / "real")
    settings.APPWRITE_ORM = {
        alias: {"ENDPOINT": f"local:{tmp_path / folder / 'a.sqlite3'}", "DATABASE_ID": "main"}
        for alias, folder in (("default", "real"), ("worker", "alias"))
    }
    prepare(Book)
    book = Book.objects.create(title="old", price=1)
    assert Book.objects.get(pk=book.pk).title == "old"
    Book.objects.using("worker").filter(pk=book.pk).update(title="new")
    assert Book.objects.get(pk=book.pk).title == "new"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({}, {}, ["appwrite_orm.W008"]),
        ({"SERVER_ID": "fra"}, {}, ["appwrite_orm.W008"]),
        ({"SERVER_ID": "fra"}, {"SERVER_ID": "fra"}, []),
        ({"SERVER_ID": "fra"}, {"SERVER_ID": "nyc"}, []),
        ({}, {"PROJECT_ID": "other"}, []),
        ({}, {"ENDPOINT": "https://APPWRITE.example:443/v1/"}, []),
        ({**LOCAL, "ENDPOINT": "local:a.sqlite3"}, {**LOCAL, "ENDPOINT": "local:b.sqlite3"}, []),
    ],
)
def test_one_project_at_two_endpoints(
    settings, one: dict[str, Any], other: dict[str, Any], expected: list[str]
) -> None:
    settings.APPWRITE_ORM = {"default": {**REMOTE, **one}, "worker": {**INTERNAL, **other}}
    messages = check_settings()
    assert [message.id for message in messages] == expected
    assert all("'default'" in message.msg and "SERVER_ID" in message.hint for message in messages)


@pytest.mark.parametrize(
    "endpoint", ["https://appwrite.example", "https://appwrite.example/", "https://a.example/v1/x"]
)
def test_an_endpoint_without_v1(settings, endpoint: str) -> None:
    settings.APPWRITE_ORM = {"default": {**REMOTE, "ENDPOINT": endpoint}}
    (message,) = check_settings()
    assert message.id == "appwrite_orm.E015"
    assert "APPWRITE_ORM['default']: ENDPOINT https://a" in message.msg
    assert "/v1: that is the path" in message.hint
    assert connections["default"].settings.endpoint == endpoint.rstrip("/")  # a proxy may add it


@pytest.mark.parametrize("endpoint", ["https://appwrite.example/v1", "https://example/appwrite/v1/"])
def test_an_endpoint_with_v1(settings, endpoint: str) -> None:
    settings.APPWRITE_ORM = {"default": {**REMOTE, "ENDPOINT": endpoint}}
    assert check_settings() == []


@pytest.mark.parametrize(("endpoint", "key"), [("local::memory:", "ENDPONT"), ("https://a.example/v1", "endpoint")])
def test_a_misspelt_key_is_one_error(settings, endpoint: str, key: str) -> None:
    account = {} if endpoint.startswith("local:") else {"PROJECT_ID": "p", "API_KEY": "k"}
    settings.APPWRITE_ORM = {"default": {key: endpoint, "DATABASE_ID": "main", **account}}
    (message,) = check_settings()
    assert (message.id, message.hint) == ("appwrite_orm.E004", "Did you mean 'ENDPOINT'?")
    assert repr(key) in message.msg


def test_a_key_that_resembles_none_lists_all(settings) -> None:
    settings.APPWRITE_ORM = {"default": {**REMOTE, "COLOUR": "blue"}}
    (message,) = check_settings()
    assert "use one of: ENDPOINT, PROJECT_ID" in message.hint


def test_one_misspelt_key_does_not_stand_for_two(settings) -> None:
    settings.APPWRITE_ORM = {"default": {"ENDPONT": "local:", "ENDPIONT": "local:", "DATABASE_ID": "main"}}
    assert [message.id for message in check_settings()] == ["appwrite_orm.E004"] * 2


def deployed(settings, **given: Any) -> list[str]:
    settings.APPWRITE_ORM = {"default": {"ENDPOINT": "local::memory:", "DATABASE_ID": "library", **given}}
    prepare()
    messages = run_checks(tags=["appwrite_orm"], include_deployment_checks=True)
    return [message.id for message in messages if message.id in ("appwrite_orm.E016", "appwrite_orm.E040")]


def test_a_local_server_is_not_deployed(settings) -> None:
    assert deployed(settings) == ["appwrite_orm.E016"]
    settings.DEBUG = True
    assert deployed(settings) == []
    settings.DEBUG = False
    assert deployed(settings, **{**REMOTE, "ENDPOINT": "http://127.0.0.1:9/v1", "RETRIES": 0}) == ["appwrite_orm.E040"]


def test_a_plain_check_names_the_cache_that_cannot_be_made(settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "nowhere.Cache"}}
    with pytest.raises(SystemCheckError, match=r"E008.*nowhere\.Cache"):
        call_command("check")


def test_a_cache_that_rows_do_not_use_is_django_s_affair(settings) -> None:
    settings.CACHES = {**settings.CACHES, "broken": {"BACKEND": "nowhere.Cache"}}
    with pytest.raises(InvalidCacheBackendError, match="nowhere"):
        call_command("check")
