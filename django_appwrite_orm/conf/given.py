"""`APPWRITE_ORM` as it stands, and the keys a connection has there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

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
    "WARM_ON_START": Key((bool,), False),
    "AUTO_MIGRATE": Key((bool,), False),
    "AUTO_VALIDATE": Key((bool,), False),
    "SERVER_VERSION": Key((str,), ""),
    "WEBHOOK_URL": Key((str,), ""),
    "WEBHOOK_SECRET": Key((str,), ""),
    "LISTEN_AS": Key((str,), ""),
    "CHANNEL_URL": Key((str,), ""),
    "LOCAL_STRICT": Key((bool,), False),
    "CACHE": Key((dict,), {}),
}
# The local Appwrite always knows this project and key.
LOCAL_DEFAULTS = {"PROJECT_ID": "local", "API_KEY": "local"}


def configured() -> Mapping[str, Mapping[str, Any]]:
    """The setting as it stands, alias to mapping; empty when it is missing or not a dict of dicts."""
    found = getattr(settings, "APPWRITE_ORM", None)
    if not isinstance(found, dict):
        return {}
    return {alias: value for alias, value in found.items() if isinstance(alias, str) and isinstance(value, dict)}


def value_of(alias: str, key: str) -> Any:
    """What `alias` has for `key`, its default included."""
    given = configured()[alias]
    defaults = LOCAL_DEFAULTS if is_local(given) else {}
    return given.get(key, defaults.get(key, KEYS[key].default))


def is_local(given: Mapping[str, Any]) -> bool:
    """Whether this connection opens the local Appwrite."""
    return str(given.get("ENDPOINT", "")).startswith("local:")
