"""Checks of the class and options of each cache backend: does it keep the cache protocol? No cache is opened."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.core.checks import CheckMessage, Error, Warning
from django.utils.module_loading import import_string

from ..cache.backend import is_shared
from ..conf import configured
from ..conf.checks import problems
from ..conf.test_runs import is_test_command

_DJANGO = "django.core.cache.backends."
_WITHOUT_ATOMIC_ADD = {_DJANGO + "filebased.FileBasedCache", _DJANGO + "db.DatabaseCache"}
_MEMCACHED = {_DJANGO + "memcached.BaseMemcachedCache"}
# A fork of django-redis with the same options. Only the base class knows its cache for a Cluster too.
_DJANGO_VALKEY = "django_valkey.base.BaseValkeyCache"
_DJANGO_REDIS = {"django_redis.cache.RedisCache", _DJANGO_VALKEY}
_DJANGO_S_OWN_REDIS = _DJANGO + "redis.RedisCache"
# Serializers of django-redis and django-valkey that read plain data and cannot run code.
_SAFE = {
    "django_appwrite_orm.contrib.redis_json.JSONSerializer",
    "django_redis.serializers.json.JSONSerializer",
    "django_redis.serializers.msgpack.MSGPackSerializer",
    "django_valkey.serializers.json.JSONSerializer",
    "django_valkey.serializers.msgpack.MSGPackSerializer",
    "django_valkey.serializers.msgspec.MsgSpecJsonSerializer",
    "django_valkey.serializers.msgspec.MsgSpecMsgPackSerializer",
}
_PICKLING = {_DJANGO + "redis.RedisSerializer"}
# Options of redis-py and valkey-py that repeat a call without a response.
_REPEATING = {"retry", "retry_on_error", "retry_on_timeout"}

# Options of pymemcache that hide failures from the caller.
_HIDING = {"default_noreply", "ignore_exc"}
# With this client, several servers are shards, not replicas.
_SHARDS = {"django_redis.client.sharded.ShardClient", "django_valkey.client.sharded.ShardClient"}
# This one reads from the replicas that Sentinel names.
_SENTINEL = {"django_redis.client.sentinel.SentinelClient", "django_valkey.client.sentinel.SentinelClient"}
_CLUSTER_OF_VALKEY = "django_valkey.cluster_cache.cache.ClusterValkeyCache"
_CLUSTER = "django_appwrite_orm.contrib.redis_cluster.ClusterConnectionFactory"
# What Redis Cluster takes for the slot of a key: the text in the first braces, unless it is empty.
_TAG = re.compile(r"^[^{]*\{[^}]+\}")


def cache_problems() -> Iterator[CheckMessage]:
    """Yield the problems of each cache that a connection uses."""
    prefixes = defaultdict[str, dict[str, str]](dict)
    for connection, options in configured().items():
        if not list(problems(connection)):
            cache = options.get("CACHE", {})
            prefixes[cache.get("ALIAS", "default")][connection] = cache.get("PREFIX", "")
    for alias, by_connection in prefixes.items():
        yield from _problems(alias, settings.CACHES[alias])
        yield from _cluster_problems(settings.CACHES[alias], by_connection)


def _cluster_problems(cache: Mapping[str, Any], prefixes: Mapping[str, str]) -> Iterator[CheckMessage]:
    factory = (cache.get("OPTIONS") or {}).get("CONNECTION_FACTORY")
    factory = factory or getattr(settings, "DJANGO_REDIS_CONNECTION_FACTORY", None)
    if not _DJANGO_REDIS & families_of(cache.get("BACKEND")) or _CLUSTER not in families_of(factory):
        return
    for connection, prefix in prefixes.items():
        if not _TAG.match(f"{cache.get('KEY_PREFIX') or ''}:{prefix}"):
            yield Error(
                f"APPWRITE_ORM[{connection!r}]: its cache is a Redis Cluster, which refuses a call for keys of several"
                " slots. Every read would go to Appwrite.",
                hint='Set CACHE["PREFIX"] to a text in braces, such as "{appwrite}": its keys then have one slot.',
                id="appwrite_orm.E017",
            )


def _problems(alias: str, cache: Mapping[str, Any]) -> Iterator[CheckMessage]:
    where, path = f"CACHES[{alias!r}]", cache.get("BACKEND", "")
    options, backend = cache.get("OPTIONS") or {}, class_at(path)
    if backend is None:
        yield Error(
            f"{where}: BACKEND {path!r} cannot be imported.",
            hint="Install it, or correct its path.",
            id="appwrite_orm.E008",
        )
        return
    families = families_of(backend)
    if not is_shared(backend) and not settings.DEBUG and not is_test_command():
        yield Warning(
            f"{where} ({path}) is local to one process: it does not see the changes that other processes make, and"
            " serves outdated results until they expire.",
            hint="Use a shared cache such as Redis if the site runs more than one process.",
            id="appwrite_orm.W001",
        )
    if families & _WITHOUT_ATOMIC_ADD:
        yield Warning(
            f"{where} ({path}) has no atomic add: two writers at once can leave an outdated result until it expires.",
            hint="Use Redis or memcached.",
            id="appwrite_orm.W002",
        )
    if families & _MEMCACHED or _unpickles(families, options):
        yield Warning(
            f"{where} ({path}) unpickles what it reads: anyone who can write to the cache server can run code here.",
            hint="Use django_redis.cache.RedisCache with OPTIONS = {'SERIALIZER':"
            " 'django_appwrite_orm.contrib.redis_json.JSONSerializer'}.",
            id="appwrite_orm.W003",
        )
    if families & _MEMCACHED:
        yield from _memcached_problems(where, cache.get("LOCATION"), options)
    if families & {*_DJANGO_REDIS, _DJANGO_S_OWN_REDIS}:
        yield from _replica_problems(where, cache.get("LOCATION"), families, options)
        yield from _redis_problems(where, options, ignores=_ignores_failures(families, options))
    if _CLUSTER_OF_VALKEY in families:
        yield Warning(
            f"{where} ({path}) repeats calls without a response, and reads the keys of one look-up at different"
            " moments: a token that was deleted in between can seem valid.",
            hint=f"Use django_redis.cache.RedisCache with OPTIONS = {{'CONNECTION_FACTORY': '{_CLUSTER}'}}, which"
            " connects to a Cluster of Valkey too.",
            id="appwrite_orm.W006",
        )


def _memcached_problems(where: str, location: Any, options: Mapping[str, Any]) -> Iterator[CheckMessage]:
    if hiding := sorted(key for key in _HIDING if options.get(key)):
        yield Warning(
            f"{where} hides failed calls ({', '.join(hiding)}): a token that could not be deleted seems to be deleted,"
            " and an outdated result stays until it expires.",
            hint="Remove these options: when a cache fails, rows are read from and written to Appwrite without it.",
            id="appwrite_orm.W005",
        )
    if (count := _number_of_servers(location, "[;,]")) > 1:
        yield Warning(
            f"{where} has {count} memcached servers: while one does not respond, its keys go to the others. When it is"
            " back, it still has the tokens that were deleted in the meantime, and serves their outdated results.",
            hint="Name a cache with one server in CACHE['ALIAS'] of the connection.",
            id="appwrite_orm.W007",
        )


def _replica_problems(
    where: str, location: Any, families: set[str], options: Mapping[str, Any]
) -> Iterator[CheckMessage]:
    client = families_of(options.get("CLIENT_CLASS")) if families & _DJANGO_REDIS else set()
    if client & _SENTINEL:
        yield Warning(
            f"{where} reads from the replicas that Sentinel names. A replica that lags still has tokens that were"
            " deleted, and serves their outdated results.",
            hint="Leave out CLIENT_CLASS: the SentinelConnectionFactory then uses the primary.",
            id="appwrite_orm.W007",
        )
        return
    count = _number_of_servers(location, "," if families & _DJANGO_REDIS else "[;,]")
    if count > 1 and not client & _SHARDS:
        yield Warning(
            f"{where} has {count} Redis servers: all but the first are used as replicas, for reading. A replica that"
            " lags still has tokens that were deleted, and serves their outdated results.",
            hint="Give LOCATION the primary only, or name another cache in CACHE['ALIAS'] of the connection.",
            id="appwrite_orm.W007",
        )


def _number_of_servers(location: Any, separators: str) -> int:
    if isinstance(location, str):
        return len(re.split(separators, location))
    return len(location) if isinstance(location, Collection) else 1


def _redis_problems(where: str, options: Mapping[str, Any], *, ignores: bool) -> Iterator[CheckMessage]:
    if ignores:
        yield Warning(
            f"{where} ignores its own failures: a failed call looks like one that found no entry.",
            hint="Remove IGNORE_EXCEPTIONS (or DJANGO_REDIS_IGNORE_EXCEPTIONS, DJANGO_VALKEY_IGNORE_EXCEPTIONS): when a"
            " cache fails, rows are read from and written to Appwrite without it. If other data needs the option, keep"
            " it in another cache.",
            id="appwrite_orm.W005",
        )
    pool = options.get("CONNECTION_POOL_KWARGS") or {}
    if repeating := sorted(key for key in _REPEATING if options.get(key) or pool.get(key)):
        yield Warning(
            f"{where} repeats calls that time out ({', '.join(repeating)}): the late copy of an `add` can bring back a"
            " token that was deleted in between.",
            hint="Remove these options: while a cache does not respond, rows are read from and written to Appwrite.",
            id="appwrite_orm.W006",
        )


def _ignores_failures(families: set[str], options: Mapping[str, Any]) -> bool:
    if not families & _DJANGO_REDIS:
        return False
    product = "VALKEY" if _DJANGO_VALKEY in families else "REDIS"
    return bool(options.get("IGNORE_EXCEPTIONS", getattr(settings, f"DJANGO_{product}_IGNORE_EXCEPTIONS", False)))


def _unpickles(families: set[str], options: Mapping[str, Any]) -> bool:
    if families & _DJANGO_REDIS:
        return not families_of(options.get("SERIALIZER")) & _SAFE
    if _DJANGO_S_OWN_REDIS in families:
        return options.get("serializer") is None or bool(families_of(options["serializer"]) & _PICKLING)
    return False


def families_of(cls_or_path: Any) -> set[str]:
    """Return the paths of a class and of its bases; empty when it cannot be imported."""
    cls = class_at(cls_or_path)
    return set() if cls is None else {f"{base.__module__}.{base.__qualname__}" for base in cls.__mro__}


def class_at(cls_or_path: Any) -> type | None:
    """Return a class, or that at a path; None where there is none."""
    try:
        value = import_string(cls_or_path) if isinstance(cls_or_path, str) else cls_or_path
    except ImportError:
        return None
    return value if isinstance(value, type) else None


_HINT = "Set maxmemory-policy to noeviction: a full Redis then refuses new results and keeps its fences."
# The value of maxmemory_policy in `INFO memory` for a Redis that evicts nothing.
_NO_EVICTION = "noeviction"


def eviction_problems(alias: str) -> Iterator[CheckMessage]:
    """Yield a warning if the cache `alias` is a Redis that may evict fences.

    The policy comes from INFO, because managed services refuse CONFIG.
    """
    where, families = f"CACHES[{alias!r}]", families_of(settings.CACHES[alias].get("BACKEND"))
    cache: Any = caches[alias]  # neither backend has types
    try:
        if families & _DJANGO_REDIS:
            memory = cache.client.get_client(write=True).info("memory")
        elif _DJANGO_S_OWN_REDIS in families:
            memory = cache._cache.get_client(None, write=True).info("memory")
        else:
            return
        policy, limit = str(memory["maxmemory_policy"]), int(memory["maxmemory"])
    except Exception as error:  # any error of the client, or a field that the server leaves out
        message = f"{where}: this Redis does not report its eviction policy ({type(error).__name__}: {error})."
        yield Warning(message, hint=f"Look it up in the settings of the Redis server. {_HINT}", id="appwrite_orm.W042")
        return
    if limit and policy != _NO_EVICTION:
        evicted = "fences first, because they have the shortest TTL" if policy == "volatile-ttl" else "fences too"
        message = f"{where}: when this Redis is full ({limit:,} bytes), {policy} evicts {evicted}."
        yield Warning(
            f"{message} A write with an unclear outcome can then leave an outdated result.",
            hint=_HINT,
            id="appwrite_orm.W041",
        )
