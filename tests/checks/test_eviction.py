"""What is said of a Redis that would evict fences, of one that does not tell, and of clients that hide or repeat."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import redis as redis_client
from django.core.cache import caches
from django.core.checks import CheckMessage, run_checks
from django.test import override_settings

from django_appwrite_orm.checks import check_caches
from django_appwrite_orm.registry import registry
from django_appwrite_orm.sansio import run_sync
from django_appwrite_orm.schema import migrate
from tests.support import redis_server

pytestmark = pytest.mark.usefixtures("no_migrations")

JSON = {"SERIALIZER": "django_redis.serializers.json.JSONSerializer"}
BACKENDS = {
    "django-redis": {"BACKEND": "django_redis.cache.RedisCache", "OPTIONS": JSON},
    "django": {"BACKEND": "django.core.cache.backends.redis.RedisCache"},
    "django-valkey": {"BACKEND": "django_valkey.cache.ValkeyCache", "OPTIONS": JSON},
}


@pytest.fixture(scope="module", params=redis_server.PROGRAMS)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    with redis_server.running(request.param) as address:
        yield address


@pytest.fixture
def client(url: str) -> Iterator[redis_client.Redis]:
    with redis_client.Redis.from_url(url) as client:
        client.config_set("maxmemory", 0)
        client.config_set("maxmemory-policy", "noeviction")
        yield client
        client.acl_deluser("limited")


def deployed(cache: dict[str, Any], url: str) -> list[CheckMessage]:
    """What `check --deploy` says of the caches, with two connections to one of them."""
    connection = {"ENDPOINT": "local::memory:", "DATABASE_ID": "library"}
    both = {"default": connection, "again": connection}
    with override_settings(CACHES={"default": {**cache, "LOCATION": url}}, APPWRITE_ORM=both):
        run_sync(migrate(registry.all()))
        found = run_checks(tags=["appwrite_orm"], include_deployment_checks=True)
        caches["default"].close()
    return [message for message in found if message.id.startswith("appwrite_orm.W04")]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("policy", "limit", "said"),
    [
        ("noeviction", "50mb", None),
        ("allkeys-lru", "0", None),
        ("allkeys-lru", "50mb", "allkeys-lru evicts fences too"),
        ("volatile-ttl", "50mb", "volatile-ttl evicts fences first"),
    ],
)
def test_what_a_full_redis_evicts(
    backend: str, policy: str, limit: str, said: str | None, url: str, client: redis_client.Redis
) -> None:
    client.config_set("maxmemory-policy", policy)
    client.config_set("maxmemory", limit)
    found = deployed(BACKENDS[backend], url)
    assert [message.id for message in found] == (["appwrite_orm.W041"] if said else [])
    assert all(str(said) in message.msg and "noeviction" in message.hint for message in found)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_redis_that_does_not_say(backend: str, url: str, client: redis_client.Redis) -> None:
    """As managed ones, which keep such commands to themselves."""
    client.acl_setuser("limited", enabled=True, passwords=["+secret"], keys=["*"], commands=["+@all", "-info"])
    (found,) = deployed(BACKENDS[backend], url.replace("redis://", "redis://limited:secret@"))
    assert found.id == "appwrite_orm.W042"
    assert "does not report its eviction policy" in found.msg
    assert "noeviction" in found.hint
    assert "secret" not in f"{found!r}{found}"


def test_other_backends_are_not_asked() -> None:
    assert deployed({"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}, "") == []


@pytest.mark.parametrize(
    ("backend", "options", "settings", "expected"),
    [
        ("django-redis", {"IGNORE_EXCEPTIONS": True}, {}, "W005"),
        ("django-redis", {}, {"DJANGO_REDIS_IGNORE_EXCEPTIONS": True}, "W005"),
        ("django-redis", {"IGNORE_EXCEPTIONS": False}, {"DJANGO_REDIS_IGNORE_EXCEPTIONS": True}, None),
        ("django", {"serializer": f"{__name__}.Plain"}, {"DJANGO_REDIS_IGNORE_EXCEPTIONS": True}, None),
        ("django-valkey", {}, {"DJANGO_VALKEY_IGNORE_EXCEPTIONS": True}, "W005"),
        ("django-valkey", {}, {"DJANGO_REDIS_IGNORE_EXCEPTIONS": True}, None),
        ("django-valkey", {"CONNECTION_POOL_KWARGS": {"retry_on_timeout": True}}, {}, "W006"),
        ("django-redis", {"CONNECTION_POOL_KWARGS": {"retry_on_timeout": True}}, {}, "W006"),
        ("django-redis", {"CONNECTION_POOL_KWARGS": {"retry_on_timeout": False}}, {}, None),
        ("django", {"serializer": f"{__name__}.Plain", "retry_on_timeout": True}, {}, "W006"),
    ],
)
def test_clients_that_hide_or_repeat(
    backend: str, options: dict[str, Any], settings: dict[str, Any], expected: str | None
) -> None:
    cache = {**BACKENDS[backend], "OPTIONS": {**BACKENDS[backend].get("OPTIONS", {}), **options}}
    with override_settings(CACHES={"default": cache}, **settings):
        assert [message.id for message in check_caches()] == ([f"appwrite_orm.{expected}"] if expected else [])


class Plain:
    """Makes text, and nothing else, of what it reads."""
