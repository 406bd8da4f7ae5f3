"""Caches that cannot keep what is promised, and where the middleware stands."""

from __future__ import annotations

import sys
import types
from functools import partial
from typing import Any

import pytest
from django.core.cache.backends.redis import RedisCache, RedisSerializer
from django.core.checks import run_checks
from django.test import override_settings
from redis.crc import key_slot

from django_appwrite_orm.checks import check_caches, check_middleware

DJANGO = "django.core.cache.backends."
REDIS = "redis://cache:6379/0"
VALKEY = "django_valkey.cache.ValkeyCache"
JSON = "django_redis.serializers.json.JSONSerializer"
MSGPACK = "django_redis.serializers.msgpack.MSGPackSerializer"


class OwnRedis(RedisCache):
    """A project's own backend inherits what its base does."""


class OwnSerializer(RedisSerializer):
    """Still pickles."""


class Plain:
    """Makes text, and nothing else, of what it reads."""


def found(backend: str, debug: bool = False, location: Any = REDIS, **options: Any) -> list[str]:
    caches = {"default": {"BACKEND": backend, "LOCATION": location, "OPTIONS": options}}
    with override_settings(CACHES=caches, DEBUG=debug):
        messages = check_caches()
    assert all(message.hint and "CACHES['default']" in message.msg for message in messages)
    return [str(message.id).removeprefix("appwrite_orm.") for message in messages]


@pytest.mark.parametrize(
    ("backend", "options", "expected"),
    [
        (DJANGO + "locmem.LocMemCache", {}, ["W001"]),
        (DJANGO + "dummy.DummyCache", {}, ["W001"]),
        (DJANGO + "filebased.FileBasedCache", {}, ["W002"]),
        (DJANGO + "db.DatabaseCache", {}, ["W002"]),
        (DJANGO + "redis.RedisCache", {}, ["W003"]),
        (DJANGO + "redis.RedisCache", {"serializer": f"{__name__}.OwnSerializer"}, ["W003"]),
        (DJANGO + "redis.RedisCache", {"serializer": OwnSerializer}, ["W003"]),
        (DJANGO + "redis.RedisCache", {"serializer": f"{__name__}.Plain"}, []),
        (DJANGO + "memcached.PyMemcacheCache", {}, ["W003"]),
        (DJANGO + "memcached.PyLibMCCache", {}, ["W003"]),
        ("django_redis.cache.RedisCache", {}, ["W003"]),
        ("django_redis.cache.RedisCache", {"SERIALIZER": "django_redis.serializers.pickle.PickleSerializer"}, ["W003"]),
        ("django_redis.cache.RedisCache", {"SERIALIZER": "not.there"}, ["W003"]),
        ("django_redis.cache.RedisCache", {"SERIALIZER": JSON}, []),
        ("django_redis.cache.RedisCache", {"SERIALIZER": "django_appwrite_orm.contrib.redis_json.JSONSerializer"}, []),
        ("django_redis.cache.RedisCache", {"SERIALIZER": MSGPACK}, []),
        (VALKEY, {}, ["W003"]),
        (VALKEY, {"SERIALIZER": "django_valkey.serializers.json.JSONSerializer"}, []),
        (VALKEY, {"SERIALIZER": "django_valkey.serializers.msgspec.MsgSpecJsonSerializer"}, []),
        (VALKEY, {"SERIALIZER": "django_appwrite_orm.contrib.redis_json.JSONSerializer"}, []),
        ("django_valkey.cluster_cache.cache.ClusterValkeyCache", {"SERIALIZER": JSON}, ["W006"]),
        (f"{__name__}.OwnRedis", {}, ["W003"]),
        ("not.there.Cache", {}, ["E008"]),
    ],
)
def test_backends(backend: str, options: dict[str, Any], expected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("msgpack", "msgspec"):  # need not be installed
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    assert found(backend, **options) == expected


@pytest.mark.parametrize("option", ["ignore_exc", "default_noreply"])
def test_a_memcached_that_hides_what_became_of_a_call(option: str) -> None:
    assert found(DJANGO + "memcached.PyMemcacheCache", **{option: True}) == ["W003", "W005"]
    assert found(DJANGO + "memcached.PyMemcacheCache", **{option: False}) == ["W003"]


@pytest.mark.parametrize(
    ("backend", "options", "between"),
    [
        (DJANGO + "memcached.PyMemcacheCache", {}, ",;"),
        (DJANGO + "redis.RedisCache", {"serializer": f"{__name__}.Plain"}, ",;"),
        ("django_redis.cache.RedisCache", {"SERIALIZER": JSON}, ","),
        (VALKEY, {"SERIALIZER": JSON}, ","),
    ],
)
def test_several_servers(backend: str, options: dict[str, Any], between: str) -> None:
    """Of memcached, and replicas of Redis: one that was away, or lags, brings deleted tokens back."""
    for location in (["a:1", "b:1"], ("a:1", "b:1"), *(f"a:1{mark}b:1" for mark in between)):
        assert "W007" in found(backend, location=location, **options)
    for location in ("a:1", ["a:1"], ("a:1",), ""):
        assert "W007" not in found(backend, location=location, **options)


LIBRARIES = pytest.mark.parametrize(
    ("backend", "library"), [("django_redis.cache.RedisCache", "django_redis"), (VALKEY, "django_valkey")]
)


@LIBRARIES
def test_shards_are_no_replicas(backend: str, library: str) -> None:
    options = {"SERIALIZER": JSON, "CLIENT_CLASS": f"{library}.client.ShardClient"}
    assert found(backend, location=["a:1", "b:1"], **options) == []


@LIBRARIES
def test_replicas_that_sentinel_names(backend: str, library: str) -> None:
    options = {
        "SERIALIZER": JSON,
        "CONNECTION_FACTORY": f"{library}.pool.SentinelConnectionFactory",
        "SENTINELS": [("127.0.0.1", 26379)],
    }
    sentinel = partial(found, backend, location="redis://shop/0", **options)
    assert sentinel() == []
    assert sentinel(CLIENT_CLASS=f"{library}.client.SentinelClient") == ["W007"]


@pytest.mark.parametrize(
    ("prefix", "key_prefix", "fits"),
    [
        ("{appwrite}", "", True),
        ("a{b}c", "", True),
        ("appwrite", "{site}", True),
        ("appwrite", "", False),
        ("{}appwrite", "", False),
        ("appwrite}", "{", True),
        ("}appwrite{", "", False),
    ],
)
@pytest.mark.parametrize("place", ["OPTIONS", "DJANGO_REDIS_CONNECTION_FACTORY"])
def test_the_keys_of_a_cluster_need_one_slot(
    prefix: str, key_prefix: str, fits: bool, place: str, settings: Any
) -> None:
    factory = "django_appwrite_orm.contrib.redis_cluster.ClusterConnectionFactory"
    options = {"SERIALIZER": JSON}
    if place == "OPTIONS":
        options["CONNECTION_FACTORY"] = factory
    else:
        settings.DJANGO_REDIS_CONNECTION_FACTORY = factory
    cache = {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": REDIS, "OPTIONS": options}
    settings.CACHES = {"default": {**cache, "KEY_PREFIX": key_prefix}}
    settings.APPWRITE_ORM = {
        "default": {"ENDPOINT": "local::memory:", "DATABASE_ID": "d", "CACHE": {"PREFIX": prefix}},
    }
    problems = check_caches()
    assert [problem.id for problem in problems] == ([] if fits else ["appwrite_orm.E017"])
    tag = key_slot(f"{key_prefix}:1:{prefix}:one".encode()) == key_slot(f"{key_prefix}:1:{prefix}:two".encode())
    assert tag is fits  # what redis-py, and so the server, says


def test_the_cluster_of_another_cache_is_nothing_to_a_cache_without_one(settings: Any) -> None:
    settings.DJANGO_REDIS_CONNECTION_FACTORY = "django_appwrite_orm.contrib.redis_cluster.ClusterConnectionFactory"
    settings.CACHES = {"default": {"BACKEND": DJANGO + "redis.RedisCache", "LOCATION": REDIS}}
    assert "appwrite_orm.E017" not in [problem.id for problem in check_caches()]


def test_the_tag_of_the_package_takes_in_its_caches() -> None:
    """`check --tag appwrite_orm` is what the documentation calls all checks of the package."""
    caches = {"default": {"BACKEND": DJANGO + "locmem.LocMemCache"}}
    with override_settings(CACHES=caches, DEBUG=False):
        assert "appwrite_orm.W001" in [message.id for message in run_checks(tags=["appwrite_orm"])]


def test_a_cache_of_one_process_is_fine_while_developing() -> None:
    assert found(DJANGO + "locmem.LocMemCache", debug=True) == []
    assert found(DJANGO + "db.DatabaseCache", debug=True) == ["W002"]


def test_only_caches_that_connections_use_are_judged_and_once() -> None:
    caches = {
        "default": {"BACKEND": DJANGO + "db.DatabaseCache"},
        "rows": {"BACKEND": "django_redis.cache.RedisCache", "OPTIONS": {"SERIALIZER": JSON}},
        "other": {"BACKEND": DJANGO + "filebased.FileBasedCache"},
    }
    connection = {"ENDPOINT": "local::memory:", "DATABASE_ID": "d"}
    rows = {**connection, "CACHE": {"ALIAS": "rows"}}
    with override_settings(CACHES=caches, APPWRITE_ORM={"default": rows, "second": rows}):
        assert check_caches() == []
    with override_settings(CACHES=caches, APPWRITE_ORM={"default": connection, "second": connection}):
        assert [message.id for message in check_caches()] == ["appwrite_orm.W002"]


def test_a_connection_with_wrong_settings_does_not_break_this_check() -> None:
    wrong = {"CACHE": {"ALIAS": ["default"]}}
    with override_settings(APPWRITE_ORM={"default": wrong, "second": {"CACHE": "x"}}):
        assert check_caches() == []


def test_no_cache_is_opened() -> None:
    from django.core.cache import caches

    with override_settings(CACHES={"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": REDIS}}):
        check_caches()
        assert caches.all(initialized_only=True) == []


def test_the_middleware_that_is_in_a_wrong_place() -> None:
    ours, theirs = (
        "django_appwrite_orm.web.AppwriteCacheMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
    )
    with override_settings(MIDDLEWARE=[ours, theirs]):
        assert check_middleware() == []
    with override_settings(MIDDLEWARE=[theirs, ours]):
        (message,) = check_middleware()
    assert message.id == "appwrite_orm.W004"
    assert "is before" in message.msg
    assert message.hint == "Move SessionMiddleware below AppwriteCacheMiddleware in MIDDLEWARE."
