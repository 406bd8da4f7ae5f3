"""Caches that cannot keep what the cache protocol promises, by the backend's class alone: none is opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from ..conf import configured, problems
from .finding import Finding

_DJANGO = "django.core.cache.backends."
_PER_PROCESS = {_DJANGO + "locmem.LocMemCache", _DJANGO + "dummy.DummyCache"}
_WITHOUT_ATOMIC_ADD = {_DJANGO + "filebased.FileBasedCache", _DJANGO + "db.DatabaseCache"}
_MEMCACHED = {_DJANGO + "memcached.BaseMemcachedCache"}
_DJANGO_REDIS = "django_redis.cache.RedisCache"
# Serializers of django-redis that make data of what they read, and nothing else.
_SAFE = {"django_redis.serializers.json.JSONSerializer", "django_redis.serializers.msgpack.MSGPackSerializer"}
_PICKLING = {_DJANGO + "redis.RedisSerializer"}


def cache_problems() -> Iterator[Finding]:
    """Each cache that a connection uses, once."""
    for alias in dict.fromkeys(_used()):
        yield from _problems(alias, settings.CACHES[alias])


def _used() -> Iterator[str]:
    """The cache aliases of the connections whose settings are right."""
    for alias, given in configured().items():
        if not list(problems(alias)):
            yield given.get("CACHE", {}).get("ALIAS", "default")


def _problems(alias: str, cache: Mapping[str, Any]) -> Iterator[Finding]:
    where, path = f"CACHES[{alias!r}]", cache.get("BACKEND", "")
    families = _families(path)
    if not families:
        yield Finding("E008", f"{where}: BACKEND {path!r} cannot be imported.", "Install it, or mend its path.")
    if families & _PER_PROCESS and not settings.DEBUG:
        yield Finding(
            "W001",
            f"{where} ({path}) is a cache of one process: it shares no answers, and changes made by other processes"
            " stay unseen for as long as an answer lives.",
            "Use a shared cache such as Redis where more than one process serves.",
        )
    if families & _WITHOUT_ATOMIC_ADD:
        yield Finding(
            "W002",
            f"{where} ({path}) has no atomic add: two writers at once can leave an outdated answer for as long as"
            " it lives.",
            "Use Redis or memcached.",
        )
    if families & _MEMCACHED or _unpickles(families, cache.get("OPTIONS") or {}):
        yield Finding(
            "W003",
            f"{where} ({path}) unpickles what it reads: who can write to the cache server can run code here.",
            "Use django_redis.cache.RedisCache with OPTIONS = {'SERIALIZER':"
            " 'django_redis.serializers.json.JSONSerializer'}.",
        )


def _unpickles(families: set[str], options: Mapping[str, Any]) -> bool:
    if _DJANGO_REDIS in families:
        return not _families(options.get("SERIALIZER")) & _SAFE
    if _DJANGO + "redis.RedisCache" in families:
        return options.get("serializer") is None or bool(_families(options["serializer"]) & _PICKLING)
    return False


def _families(given: Any) -> set[str]:
    """The paths of a class, or of the class at a path, and of all its bases; empty when it cannot be imported."""
    try:
        found = import_string(given) if isinstance(given, str) else given
    except ImportError:
        return set()
    if not isinstance(found, type):
        return set()
    return {f"{base.__module__}.{base.__qualname__}" for base in found.__mro__}
