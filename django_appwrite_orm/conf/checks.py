"""Problems of the setting APPWRITE_ORM, as messages of Django's checks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error

from ..plans.limits import WEBHOOK_SECRET_LENGTHS
from . import ID_RULE, VALID_ID, configured, is_local, shown
from .connection_settings import CACHE_OPTIONS, LOCAL_DEFAULTS, OPTIONS
from .option import misspelt, option_problems

_VERSION = re.compile(r"\d+\.\d+\.\d+.*")
# Keys of memcached have at most 250 characters; ours need about 50 besides Django's own prefix.
_LONGEST_PREFIX = 100


def setting_problems() -> Iterator[CheckMessage]:
    """Yield the problems of the setting as a whole, before any connection is looked at."""
    setting = getattr(settings, "APPWRITE_ORM", None)
    if not isinstance(setting, dict) or not setting:
        state = "is missing" if setting is None else "is empty" if setting == {} else f"is a {type(setting).__name__}"
        hint = "Set it to a dict of connections: {'default': {'ENDPOINT': 'local:', 'DATABASE_ID': 'main'}}."
        yield Error(f"The setting APPWRITE_ORM {state}.", hint=hint, id="appwrite_orm.E001")
        return
    for alias, options in setting.items():
        if not isinstance(alias, str) or not alias:
            hint = "Name each connection, such as 'default'."
            yield Error("APPWRITE_ORM: an alias must be a string.", hint=hint, id="appwrite_orm.E001")
        elif not isinstance(options, dict):
            message = f"APPWRITE_ORM[{alias!r}] must be a dict, not {type(options).__name__}."
            hint = "Set it to a dict with ENDPOINT, DATABASE_ID and the other settings."
            yield Error(message, hint=hint, id="appwrite_orm.E001")


def problems(alias: str) -> Iterator[CheckMessage]:
    """Yield all problems of the settings of `alias`, one of `configured()`."""
    where, options = f"APPWRITE_ORM[{alias!r}]", configured()[alias]
    intended = misspelt(options, OPTIONS)
    corrected = {intended.get(key, key): value for key, value in options.items()}
    endpoint = corrected.get("ENDPOINT")
    # One that is not a URL may be meant as "local:", where these are left out.
    needs_project = not isinstance(endpoint, str) or not endpoint or _is_http_url(endpoint)
    yield from option_problems(where, options, OPTIONS, frozenset() if needs_project else LOCAL_DEFAULTS.keys())
    local = is_local(options)
    yield from _local_problems(where, options)
    for key in ("DATABASE_ID", "SERVER_ID") if local else ("PROJECT_ID", "DATABASE_ID", "SERVER_ID"):
        if isinstance(options.get(key), str) and options[key] and not VALID_ID.fullmatch(options[key]):
            yield Error(
                f"{where}: {key} {shown(options[key])} is not a valid Appwrite id.",
                hint=f"Use {ID_RULE}.",
                id="appwrite_orm.E007",
            )
    if not local and _is_unsendable(options.get("API_KEY")):
        message = f"{where}: API_KEY holds a character that cannot be sent in an HTTP header."
        hint = "Copy the key again, without spaces, line ends or letters outside ASCII."
        yield Error(message, hint=hint, id="appwrite_orm.E003")
    yield from _endpoint_problems(where, options)
    yield from _listening_problems(where, options)
    yield from _cache_problems(f"{where}['CACHE']", options.get("CACHE", {}))


def _local_problems(where: str, options: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """Yield an error for another project or key than the local Appwrite's, whose requests would get a 404 or 401."""
    if not is_local(options):
        return
    for key, only in LOCAL_DEFAULTS.items():
        if isinstance(options.get(key), str) and options[key] not in ("", only):
            message = f"{where}: {key} must be {only!r} for the local Appwrite."
            yield Error(message, hint=f"Leave {key} out where ENDPOINT begins with 'local:'.", id="appwrite_orm.E003")


def _endpoint_problems(where: str, options: Mapping[str, Any]) -> Iterator[CheckMessage]:
    endpoint = options.get("ENDPOINT")
    if not isinstance(endpoint, str) or not endpoint or is_local(options):
        return
    if not _is_http_url(endpoint) or "?" in endpoint or "#" in endpoint:
        hint = "Set it to a URL such as 'https://cloud.appwrite.io/v1', without a password, or to 'local:'."
        yield Error(f"{where}: ENDPOINT is neither an http(s) URL nor 'local:'.", hint=hint, id="appwrite_orm.E005")


def _listening_problems(where: str, options: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """Yield the problems of the options for changes made elsewhere, and of the server's version."""
    version, url, secret, user, channel = (
        options.get(key) if isinstance(options.get(key), str) else ""
        for key in ("SERVER_VERSION", "WEBHOOK_URL", "WEBHOOK_SECRET", "LISTEN_AS", "CHANNEL_URL")
    )
    if version and not _VERSION.fullmatch(version):
        hint = "Write it as '1.9.6', or remove it."
        yield Error(f"{where}: SERVER_VERSION is not a version.", hint=hint, id="appwrite_orm.E003")
    if url and not _is_http_url(url):
        hint = "Set it to the URL at which Appwrite calls the webhook view, such as 'https://shop.example/appwrite/'."
        yield Error(f"{where}: WEBHOOK_URL is not an http(s) URL.", hint=hint, id="appwrite_orm.E003")
    if secret and len(secret) not in WEBHOOK_SECRET_LENGTHS:
        hint = "Use 8 to 256 characters."
        yield Error(f"{where}: WEBHOOK_SECRET is too short or too long.", hint=hint, id="appwrite_orm.E003")
    if user and not VALID_ID.fullmatch(user):
        yield Error(f"{where}: LISTEN_AS is not a valid Appwrite id.", hint=f"Use {ID_RULE}.", id="appwrite_orm.E007")
    if channel and not _is_redis_url(channel):
        hint = (
            "Write it as 'redis://127.0.0.1:6379/0', with '/', '?', '#' and '@' in a password as %2F, %3F, %23 and %40."
        )
        yield Error(f"{where}: CHANNEL_URL is not a Redis URL.", hint=hint, id="appwrite_orm.E003")


def _cache_problems(where: str, options: Any) -> Iterator[CheckMessage]:
    """Yield the problems of the dict CACHE; that it is not a dict is reported by its own option."""
    if not isinstance(options, dict):
        return
    yield from option_problems(where, options, CACHE_OPTIONS)
    alias, prefix = options.get("ALIAS", "default"), options.get("PREFIX", "")
    if isinstance(alias, str) and alias not in settings.CACHES:
        hint = f"Add it to CACHES, or name one of: {', '.join(sorted(settings.CACHES))}."
        yield Error(f"{where}: there is no cache {shown(alias)} in CACHES.", hint=hint, id="appwrite_orm.E006")
    if isinstance(prefix, str) and (len(prefix) > _LONGEST_PREFIX or _is_unsendable(prefix)):
        hint = f"Use at most {_LONGEST_PREFIX} printable ASCII characters without spaces, as memcached's keys demand."
        yield Error(f"{where}: PREFIX cannot be part of a cache key.", hint=hint, id="appwrite_orm.E003")


def _is_unsendable(value: object) -> bool:
    """Whether this is a text that cannot be part of a header, a URL or a cache key."""
    return isinstance(value, str) and not (value.isascii() and value.isprintable() and " " not in value)


def _is_redis_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("redis", "rediss", "unix") and parts.port != 0 and parts.netloc.count("@") <= 1
    except ValueError:
        return False


def _is_http_url(text: str) -> bool:
    """Whether `text` is a whole http(s) URL that can be sent, without a user name or password."""
    try:
        parts = urlsplit(text)
        usable = parts.port != 0 and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
    return usable and parts.scheme in ("http", "https") and not _is_unsendable(text)
