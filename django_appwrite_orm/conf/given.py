"""`APPWRITE_ORM` as it stands, and the keys a connection has there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed

from ..caching import LONGEST_TIMEOUT
from .keys import REQUIRED, Key

DEFAULT_ALIAS = "default"

KEYS = {
    "ENDPOINT": Key((str,), REQUIRED),
    "PROJECT_ID": Key((str,), REQUIRED),
    "API_KEY": Key((str,), REQUIRED),
    "DATABASE_ID": Key((str,), REQUIRED),
    "TIMEOUT": Key((int, float), 10.0, minimum=0.001, maximum=LONGEST_TIMEOUT),
    "RETRIES": Key((int,), 2, minimum=0),
    "PAGE_SIZE": Key((int,), 500, minimum=1),
    "HEAD_LIMIT": Key((int,), 32_768, minimum=4096),
    "WARM_ON_START": Key((bool,), False),
    "AUTO_MIGRATE": Key((bool,), False),
    "AUTO_VALIDATE": Key((bool,), False),
    "SERVER_VERSION": Key((str,), ""),
    "SERVER_ID": Key((str,), ""),
    "WEBHOOK_URL": Key((str,), ""),
    "WEBHOOK_SECRET": Key((str,), ""),
    "LISTEN_AS": Key((str,), ""),
    "CHANNEL_URL": Key((str,), ""),
    "LOCAL_STRICT": Key((bool,), False),
    "ALLOW_IN_TESTS": Key((bool,), False),
    "CACHE": Key((dict,), {}),
}
# The local Appwrite always knows this project and key.
LOCAL_DEFAULTS = {"PROJECT_ID": "local", "API_KEY": "local"}
# What connections have where they say nothing, and in place of what they say: see `replacing`.
_in_place: tuple[Mapping[str, Any], Mapping[str, Any]] | None = None


def configured() -> Mapping[str, Mapping[str, Any]]:
    """The setting as it stands, alias to mapping; empty when it is missing or not a dict of dicts. Inside
    `replacing`, with those values in every connection."""
    found = getattr(settings, "APPWRITE_ORM", None)
    if not isinstance(found, dict):
        return {}
    given = {alias: value for alias, value in found.items() if isinstance(alias, str) and isinstance(value, dict)}
    if _in_place is None:
        return given
    usual, instead = _in_place
    return {alias: {**usual, **value, **instead} for alias, value in given.items()}


@contextmanager
def replacing(values: Mapping[str, Any], *, usual: Mapping[str, Any]) -> Iterator[None]:
    """Inside, every connection has these values by key, whatever APPWRITE_ORM says or is overridden with, and those of
    `usual` where it says nothing. For the tests of projects: the whole process is concerned."""
    global _in_place
    before, _in_place = _in_place, (usual, values)
    try:
        _tell_changed(enter=True)
        yield
    finally:
        _in_place = before
        _tell_changed(enter=False)


def _tell_changed(*, enter: bool) -> None:
    setting_changed.send(sender=replacing, setting="APPWRITE_ORM", value=configured(), enter=enter)


def value_of(alias: str, key: str) -> Any:
    """What `alias` has for `key`, its default included."""
    given = configured()[alias]
    defaults = LOCAL_DEFAULTS if is_local(given) else {}
    return given.get(key, defaults.get(key, KEYS[key].default))


def is_local(given: Mapping[str, Any]) -> bool:
    """Whether this connection opens the local Appwrite."""
    return str(given.get("ENDPOINT", "")).startswith("local:")
