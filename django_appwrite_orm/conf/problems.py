"""Everything wrong with the settings, in words that name the key and never show a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from .cache import cache_problems
from .given import KEYS, LOCAL_DEFAULTS, configured, is_local
from .keys import ID_RULE, VALID_ID, Problem, is_unsendable, key_problems, misspelt, shown

_VERSION = re.compile(r"\d+\.\d+\.\d+.*")
# Appwrite's own bounds for the secret of a webhook.
_WEBHOOK_SECRET_LENGTHS = range(8, 257)


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
    meant = misspelt(given, KEYS)
    corrected = {meant.get(key, key): value for key, value in given.items()}
    yield from key_problems(where, given, KEYS, LOCAL_DEFAULTS.keys() if is_local(corrected) else frozenset())
    local = is_local(given)
    yield from _local_problems(where, given)
    for key in ("DATABASE_ID", "SERVER_ID") if local else ("PROJECT_ID", "DATABASE_ID", "SERVER_ID"):
        if isinstance(given.get(key), str) and given[key] and not VALID_ID.fullmatch(given[key]):
            yield Problem("E007", f"{where}: {key} {shown(given[key])} is not a valid Appwrite id.", f"Use {ID_RULE}.")
    if not local and is_unsendable(given.get("API_KEY")):
        message = f"{where}: API_KEY holds a character that cannot be sent in an HTTP header."
        yield Problem("E003", message, "Copy the key again, without spaces, line ends or letters outside ASCII.")
    yield from _endpoint_problems(where, given)
    yield from _listening_problems(where, given)
    yield from cache_problems(f"{where}['CACHE']", given.get("CACHE", {}))


def _local_problems(where: str, given: Mapping[str, Any]) -> Iterator[Problem]:
    """A project or a key that the local Appwrite does not know: it would answer every request with 404 or 401."""
    if not is_local(given):
        return
    for key, only in LOCAL_DEFAULTS.items():
        if isinstance(given.get(key), str) and given[key] not in ("", only):
            message = f"{where}: {key} is not that of the local Appwrite, which is {only!r}."
            yield Problem("E003", message, f"Leave {key} out where ENDPOINT begins with 'local:'.")


def _endpoint_problems(where: str, given: Mapping[str, Any]) -> Iterator[Problem]:
    endpoint = given.get("ENDPOINT")
    if not isinstance(endpoint, str) or not endpoint or is_local(given):
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
    if channel and not _is_redis_url(channel):
        hint = "Give one such as 'redis://127.0.0.1:6379/0', with '/', '?', '#' and '@' of a password as %2F, %3F ..."
        yield Problem("E003", f"{where}: CHANNEL_URL is not a Redis URL.", hint)


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
    return usable and parts.scheme in ("http", "https") and not is_unsendable(text)
