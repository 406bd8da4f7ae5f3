"""The setting `APPWRITE_ORM`: what may stand in it, and each connection's part as one immutable object.

`problems` is what the system checks print; `connection_settings` is what connections are made from. Neither
ever shows the API key, nor any text that could be one put in the wrong place; and no function here that raises
has it among its local variables, for Django's page for an error under DEBUG shows those.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

from .caching import CachePolicy
from .exceptions import ConfigurationError

DEFAULT_ALIAS = "default"
# 1 to 36 characters, the first a letter or digit: ids of databases, tables, columns, indexes and rows.
VALID_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,35}")
ID_RULE = "1 to 36 characters of A-Z, a-z, 0-9, '.', '-' and '_', the first a letter or a digit"


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """One alias of `APPWRITE_ORM`. `timeout` is in seconds, all repeats of a request included; `memory` in bytes
    and `trust` in seconds are those of the answers this process remembers."""

    alias: str
    endpoint: str
    project_id: str
    database_id: str
    api_key: str = field(repr=False)
    timeout: float = 10.0
    retries: int = 2
    page_size: int = 500
    cache_alias: str = "default"
    cache_prefix: str = "appwrite"
    policy: CachePolicy = field(default_factory=CachePolicy)
    memory: int = 4 * 1024 * 1024
    trust: float = 0.0
    per_request: bool = False
    warm_on_start: bool = False
    auto_migrate: bool = False
    auto_validate: bool = False
    server_version: str = ""
    webhook_url: str = ""
    webhook_secret: str = field(default="", repr=False)
    listen_as: str = ""
    channel_url: str = field(default="", repr=False)


class Problem(NamedTuple):
    """Something wrong in the settings: the id of its check, what, and how to mend it."""

    id: str
    message: str
    hint: str


class _Key(NamedTuple):
    types: Any  # a tuple of types, for isinstance
    default: Any  # the value to use, or _REQUIRED
    minimum: float | None = None


_REQUIRED = object()
_KEYS = {
    "ENDPOINT": _Key((str,), _REQUIRED),
    "PROJECT_ID": _Key((str,), _REQUIRED),
    "API_KEY": _Key((str,), _REQUIRED),
    "DATABASE_ID": _Key((str,), _REQUIRED),
    "TIMEOUT": _Key((int, float), 10.0, minimum=0.001),
    "RETRIES": _Key((int,), 2, minimum=0),
    "PAGE_SIZE": _Key((int,), 500, minimum=1),
    "WARM_ON_START": _Key((bool,), False),
    "AUTO_MIGRATE": _Key((bool,), False),
    "AUTO_VALIDATE": _Key((bool,), False),
    "SERVER_VERSION": _Key((str,), ""),
    "WEBHOOK_URL": _Key((str,), ""),
    "WEBHOOK_SECRET": _Key((str,), ""),
    "LISTEN_AS": _Key((str,), ""),
    "CHANNEL_URL": _Key((str,), ""),
    "CACHE": _Key((dict,), {}),
}
_CACHE_KEYS = {
    "ALIAS": _Key((str,), "default"),
    "TTL": _Key((int, float), CachePolicy().ttl, minimum=0),
    "PREFIX": _Key((str,), "appwrite"),
    "NEGATIVE_TTL": _Key((int, float), None, minimum=0),
    "STALE_WHILE_REVALIDATE": _Key((int, float), 0, minimum=0),
    "STALE_IF_ERROR": _Key((int, float), 0, minimum=0),
    "LARGEST": _Key((int,), None, minimum=1),
    "MEMORY": _Key((int,), 4 * 1024 * 1024, minimum=0),
    "TRUST": _Key((int, float), 0, minimum=0),
    "PER_REQUEST": _Key((bool,), False),
}
# Memcached's keys end at 250 characters; ours need some 50 besides Django's own prefix.
_LONGEST_PREFIX = 100
_SECRETS = ("API_KEY", "WEBHOOK_SECRET", "CHANNEL_URL")
_VERSION = re.compile(r"\d+\.\d+\.\d+.*")
# Appwrite's own bounds for the secret of a webhook.
_WEBHOOK_SECRET_LENGTHS = range(8, 257)
# The local Appwrite always knows this project and key.
_LOCAL_DEFAULTS = {"PROJECT_ID": "local", "API_KEY": "local"}


def configured() -> Mapping[str, Mapping[str, Any]]:
    """The setting as it stands, alias to mapping; empty when it is missing or not a dict of dicts."""
    found = getattr(settings, "APPWRITE_ORM", None)
    if not isinstance(found, dict):
        return {}
    return {alias: value for alias, value in found.items() if isinstance(alias, str) and isinstance(value, dict)}


def connection_settings(alias: str) -> ConnectionSettings:
    """The settings of `alias`. Raises `ConfigurationError` with every problem there is."""
    if alias not in configured():
        known = ", ".join(sorted(configured())) or "none"
        raise ConfigurationError(
            f"APPWRITE_ORM has no connection {alias!r} (there are: {known}). Add it to your settings."
        )
    if found := list(problems(alias)):
        raise ConfigurationError(" ".join(f"{problem.message} {problem.hint}" for problem in found))
    values = {key: _value(alias, key) for key in _KEYS if key not in _SECRETS}
    local = values["ENDPOINT"].startswith("local:")
    cache = {key: values["CACHE"].get(key, spec.default) for key, spec in _CACHE_KEYS.items()}
    return ConnectionSettings(
        alias=alias,
        endpoint=_local_endpoint(values["ENDPOINT"]) if local else values["ENDPOINT"].rstrip("/"),
        project_id=values["PROJECT_ID"],
        database_id=values["DATABASE_ID"],
        api_key=_value(alias, "API_KEY"),
        timeout=float(values["TIMEOUT"]),
        retries=values["RETRIES"],
        page_size=values["PAGE_SIZE"],
        cache_alias=cache["ALIAS"],
        cache_prefix=cache["PREFIX"],
        policy=CachePolicy(
            ttl=cache["TTL"],
            negative_ttl=cache["NEGATIVE_TTL"],
            stale_while_revalidate=cache["STALE_WHILE_REVALIDATE"],
            stale_if_error=cache["STALE_IF_ERROR"],
            largest=cache["LARGEST"],
        ),
        memory=cache["MEMORY"],
        trust=cache["TRUST"],
        per_request=cache["PER_REQUEST"],
        warm_on_start=values["WARM_ON_START"],
        auto_migrate=values["AUTO_MIGRATE"],
        auto_validate=values["AUTO_VALIDATE"],
        server_version=values["SERVER_VERSION"],
        webhook_url=values["WEBHOOK_URL"],
        webhook_secret=_value(alias, "WEBHOOK_SECRET"),
        listen_as=values["LISTEN_AS"],
        channel_url=_value(alias, "CHANNEL_URL"),
    )


def _value(alias: str, key: str) -> Any:
    """What `alias` has for `key`, its default included."""
    given = configured()[alias]
    defaults = _LOCAL_DEFAULTS if _is_local(given) else {}
    return given.get(key, defaults.get(key, _KEYS[key].default))


def _is_local(given: Mapping[str, Any]) -> bool:
    return str(given.get("ENDPOINT", "")).startswith("local:")


def _local_endpoint(endpoint: str) -> str:
    """`local:` with its file spelled out: relative paths start at BASE_DIR, or at the working directory."""
    file = endpoint.removeprefix("local:") or "appwrite.sqlite3"
    if file == ":memory:":
        return endpoint
    return f"local:{os.path.abspath(Path(getattr(settings, 'BASE_DIR', '.')) / file)}"


def setting_problems() -> Iterator[Problem]:
    """What is wrong with the setting as a whole, before any connection is looked at."""
    found = getattr(settings, "APPWRITE_ORM", None)
    if not isinstance(found, dict) or not found:
        state = "is missing" if found is None else "is empty" if found == {} else f"is a {type(found).__name__}"
        hint = "Set it to a dict of connections: {'default': {'ENDPOINT': 'local:', 'DATABASE_ID': 'main'}}."
        yield Problem("E001", f"The setting APPWRITE_ORM {state}.", hint)
        return
    for alias, given in found.items():
        if not isinstance(alias, str) or not alias:
            yield Problem("E001", "APPWRITE_ORM: an alias must be a text.", "Name each connection, such as 'default'.")
        elif not isinstance(given, dict):
            message = f"APPWRITE_ORM[{alias!r}] must be a dict, not {type(given).__name__}."
            yield Problem("E001", message, "Give the connection's settings by key: ENDPOINT, DATABASE_ID and the rest.")


def problems(alias: str) -> Iterator[Problem]:
    """Everything wrong with the settings of `alias`, one of `configured()`."""
    where, given = f"APPWRITE_ORM[{alias!r}]", configured()[alias]
    yield from _key_problems(where, given, _KEYS, set(_LOCAL_DEFAULTS) if _is_local(given) else set())
    for key in ("PROJECT_ID", "DATABASE_ID"):
        if isinstance(given.get(key), str) and given[key] and not VALID_ID.fullmatch(given[key]):
            yield Problem("E007", f"{where}: {key} {_shown(given[key])} is not a valid Appwrite id.", f"Use {ID_RULE}.")
    if _is_unsendable(given.get("API_KEY")):
        message = f"{where}: API_KEY holds a character that cannot be sent in an HTTP header."
        yield Problem("E003", message, "Copy the key again, without spaces, line ends or letters outside ASCII.")
    yield from _endpoint_problems(where, given)
    yield from _listening_problems(where, given)
    yield from _cache_problems(f"{where}['CACHE']", given.get("CACHE", {}))


def _endpoint_problems(where: str, given: Mapping[str, Any]) -> Iterator[Problem]:
    endpoint = given.get("ENDPOINT")
    if not isinstance(endpoint, str) or not endpoint or _is_local(given):
        return
    if not _is_http_url(endpoint) or "?" in endpoint or "#" in endpoint:
        yield Problem(
            "E005",
            f"{where}: ENDPOINT is not an http(s) URL nor 'local:'.",
            "Give a URL such as 'https://cloud.appwrite.io/v1', with no password in it, or 'local:'.",
        )


def _listening_problems(where: str, given: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong with the settings for changes made elsewhere, and for the server's version."""
    version, url, secret, user, channel = (
        given.get(key) if isinstance(given.get(key), str) else ""
        for key in ("SERVER_VERSION", "WEBHOOK_URL", "WEBHOOK_SECRET", "LISTEN_AS", "CHANNEL_URL")
    )
    if version and not _VERSION.fullmatch(version):
        yield Problem("E003", f"{where}: SERVER_VERSION is no version.", "Give it as in '1.9.6', or leave it out.")
    if url and not _is_http_url(url):
        hint = "Give the URL under which Appwrite calls the webhook view, such as 'https://shop.example/appwrite/'."
        yield Problem("E003", f"{where}: WEBHOOK_URL is not an http(s) URL.", hint)
    if secret and len(secret) not in _WEBHOOK_SECRET_LENGTHS:
        yield Problem("E003", f"{where}: WEBHOOK_SECRET is too short or too long.", "Use 8 to 256 characters.")
    if user and not VALID_ID.fullmatch(user):
        yield Problem("E007", f"{where}: LISTEN_AS is not a valid Appwrite id.", f"Use {ID_RULE}.")
    if channel and not channel.startswith(("redis://", "rediss://", "unix://")):
        yield Problem("E003", f"{where}: CHANNEL_URL is no Redis URL.", "Give one such as 'redis://127.0.0.1:6379/0'.")


def _cache_problems(where: str, cache: Any) -> Iterator[Problem]:
    if not isinstance(cache, dict):
        return
    yield from _key_problems(where, cache, _CACHE_KEYS, set())
    alias, prefix = cache.get("ALIAS", "default"), cache.get("PREFIX", "")
    if isinstance(alias, str) and alias not in settings.CACHES:
        hint = f"Add {alias!r} to CACHES, or name one of: {', '.join(sorted(settings.CACHES))}."
        yield Problem("E006", f"{where}: there is no cache {alias!r} in CACHES.", hint)
    if isinstance(prefix, str) and (len(prefix) > _LONGEST_PREFIX or _is_unsendable(prefix)):
        hint = f"Use at most {_LONGEST_PREFIX} printable ASCII characters without spaces, as memcached's keys demand."
        yield Problem("E003", f"{where}: PREFIX cannot be part of a cache key.", hint)


def _key_problems(
    where: str, given: Mapping[str, Any], known: Mapping[str, _Key], optional: set[str]
) -> Iterator[Problem]:
    for key in given.keys() - known.keys():
        hint = f"Remove it, or use one of: {', '.join(known)}."
        yield Problem("E004", f"{where}: unknown key {_shown(key)}.", hint)
    for key, spec in known.items():
        if key not in given:
            if spec.default is _REQUIRED and key not in optional:
                yield Problem("E002", f"{where}: {key} is missing.", f"Add {key} to the connection's settings.")
            continue
        value = given[key]
        names = " or ".join(kind.__name__ for kind in spec.types)
        if spec.default is _REQUIRED and value in (None, ""):
            yield Problem("E002", f"{where}: {key} is empty.", f"Set {key}; an environment variable may be unset.")
        elif not isinstance(value, spec.types) or (isinstance(value, bool) and bool not in spec.types):
            yield Problem(
                "E003", f"{where}: {key} must be {names}, not {type(value).__name__}.", f"Give {key} as {names}."
            )
        elif spec.minimum is not None and not spec.minimum <= value < float("inf"):
            yield Problem("E003", f"{where}: {key} is {value!r}.", f"Give a number of at least {spec.minimum:g}.")


def _shown(value: object) -> str:
    """A text as it may be printed: one as long as an API key is counted instead."""
    if not isinstance(value, str):
        return f"of type {type(value).__name__}"
    return repr(value) if len(value) <= 40 else f"(a text of {len(value)} characters)"


def _is_http_url(text: str) -> bool:
    """Whether `text` is a whole http(s) URL that can be sent, without a user name or password."""
    try:
        parts = urlsplit(text)
        usable = parts.port != 0 and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
    return usable and parts.scheme in ("http", "https") and not _is_unsendable(text)


def _is_unsendable(value: object) -> bool:
    return isinstance(value, str) and not (value.isascii() and value.isprintable() and " " not in value)
