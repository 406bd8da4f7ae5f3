"""What a key of the settings may hold, and what is said of one that holds something else."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.signals import setting_changed

from .cache import LONGEST_TIMEOUT, CachePolicy
from .credentials import HIDDEN, Secret
from .exceptions import ConfigurationError
from .test_runs import is_test_command, is_test_run, note_test_command, refusal
from .transport import IN_MEMORY, local_file

# 1 to 36 characters, the first a letter or digit: ids of databases, tables, columns, indexes and rows.
VALID_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,35}")
ID_RULE = "1 to 36 characters of A-Z, a-z, 0-9, '.', '-' and '_', the first a letter or a digit"


class Key(NamedTuple):
    """The value of a key: its types; its default, or `REQUIRED`; its least and its greatest number."""

    types: Any  # a tuple of types
    default: Any
    minimum: float | None = None
    maximum: float = float("inf")


REQUIRED = object()
# Characters of a text in the settings that is printed. Real API keys are longer.
LONGEST_SHOWN = 40


def key_problems(
    where: str, given: Mapping[str, Any], known: Mapping[str, Key], optional: Set[str] = frozenset()
) -> Iterator[CheckMessage]:
    """What is wrong with the keys of `given`, each by itself. Those `optional` may be missing though required, and so
    may those that are misspelt."""
    meant = misspelt(given, known)
    for key in given:
        if key not in known:
            near = meant.get(key) or next(iter(_near(key, known)), None)
            hint = f"Did you mean {near!r}?" if near else f"Remove it, or use one of: {', '.join(known)}."
            yield Error(f"{where}: unknown key {shown(key)}.", hint=hint, id="appwrite_orm.E004")
    optional = {*optional, *meant.values()}
    for key, spec in known.items():
        if key not in given:
            if spec.default is REQUIRED and key not in optional:
                hint = f"Add {key} to the connection's settings."
                yield Error(f"{where}: {key} is missing.", hint=hint, id="appwrite_orm.E002")
            continue
        value = given[key]
        names = " or ".join(kind.__name__ for kind in spec.types)
        if spec.default is REQUIRED and value in (None, ""):
            hint = f"Set {key}; an environment variable may be unset."
            yield Error(f"{where}: {key} is empty.", hint=hint, id="appwrite_orm.E002")
        elif not isinstance(value, spec.types) or (isinstance(value, bool) and bool not in spec.types):
            yield Error(
                f"{where}: {key} must be {names}, not {type(value).__name__}.",
                hint=f"Give {key} as {names}.",
                id="appwrite_orm.E003",
            )
        elif spec.minimum is not None and not (spec.minimum <= value <= spec.maximum and value < float("inf")):
            most = f" and at most {spec.maximum:g}" if spec.maximum < float("inf") else ""
            hint = f"Give a number of at least {spec.minimum:g}{most}."
            yield Error(f"{where}: {key} is {value!r}.", hint=hint, id="appwrite_orm.E003")


def misspelt(given: Mapping[str, Any], known: Mapping[str, Key]) -> dict[str, str]:
    """Unknown keys of `given`, each with the key that was meant by it: one that is not there otherwise."""
    meant: dict[str, str] = {}
    for key in given:
        if key not in known:
            free = [name for name in known if name not in given and name not in meant.values()]
            if near := _near(key, free):
                meant[key] = near[0]
    return meant


def _near(key: object, names: Iterable[str]) -> list[str]:
    return difflib.get_close_matches(key.upper(), names, n=1, cutoff=0.75) if isinstance(key, str) else []


def shown(value: object) -> str:
    """A text as it may be printed: one as long as an API key is counted instead."""
    if not isinstance(value, str):
        return f"of type {type(value).__name__}"
    return repr(value) if len(value) <= LONGEST_SHOWN else f"(a text of {len(value)} characters)"


def is_unsendable(value: object) -> bool:
    """Whether this is a text that cannot be part of a header, a URL or a cache key."""
    return isinstance(value, str) and not (value.isascii() and value.isprintable() and " " not in value)


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


_VERSION = re.compile(r"\d+\.\d+\.\d+.*")
# Appwrite's own bounds for the secret of a webhook.
_WEBHOOK_SECRET_LENGTHS = range(8, 257)


def setting_problems() -> Iterator[CheckMessage]:
    """What is wrong with the setting as a whole, before any connection is looked at."""
    found = getattr(settings, "APPWRITE_ORM", None)
    if not isinstance(found, dict) or not found:
        state = "is missing" if found is None else "is empty" if found == {} else f"is a {type(found).__name__}"
        hint = "Set it to a dict of connections: {'default': {'ENDPOINT': 'local:', 'DATABASE_ID': 'main'}}."
        yield Error(f"The setting APPWRITE_ORM {state}.", hint=hint, id="appwrite_orm.E001")
        return
    for alias, given in found.items():
        if not isinstance(alias, str) or not alias:
            hint = "Name each connection, such as 'default'."
            yield Error("APPWRITE_ORM: an alias must be a text.", hint=hint, id="appwrite_orm.E001")
        elif not isinstance(given, dict):
            message = f"APPWRITE_ORM[{alias!r}] must be a dict, not {type(given).__name__}."
            hint = "Give the connection's settings by key: ENDPOINT, DATABASE_ID and the rest."
            yield Error(message, hint=hint, id="appwrite_orm.E001")


def problems(alias: str) -> Iterator[CheckMessage]:
    """Everything wrong with the settings of `alias`, one of `configured()`."""
    where, given = f"APPWRITE_ORM[{alias!r}]", configured()[alias]
    meant = misspelt(given, KEYS)
    corrected = {meant.get(key, key): value for key, value in given.items()}
    yield from key_problems(where, given, KEYS, LOCAL_DEFAULTS.keys() if is_local(corrected) else frozenset())
    local = is_local(given)
    yield from _local_problems(where, given)
    for key in ("DATABASE_ID", "SERVER_ID") if local else ("PROJECT_ID", "DATABASE_ID", "SERVER_ID"):
        if isinstance(given.get(key), str) and given[key] and not VALID_ID.fullmatch(given[key]):
            yield Error(
                f"{where}: {key} {shown(given[key])} is not a valid Appwrite id.",
                hint=f"Use {ID_RULE}.",
                id="appwrite_orm.E007",
            )
    if not local and is_unsendable(given.get("API_KEY")):
        message = f"{where}: API_KEY holds a character that cannot be sent in an HTTP header."
        hint = "Copy the key again, without spaces, line ends or letters outside ASCII."
        yield Error(message, hint=hint, id="appwrite_orm.E003")
    yield from _endpoint_problems(where, given)
    yield from _listening_problems(where, given)
    yield from cache_problems(f"{where}['CACHE']", given.get("CACHE", {}))


def _local_problems(where: str, given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """A project or a key that the local Appwrite does not know: it would answer every request with 404 or 401."""
    if not is_local(given):
        return
    for key, only in LOCAL_DEFAULTS.items():
        if isinstance(given.get(key), str) and given[key] not in ("", only):
            message = f"{where}: {key} is not that of the local Appwrite, which is {only!r}."
            yield Error(message, hint=f"Leave {key} out where ENDPOINT begins with 'local:'.", id="appwrite_orm.E003")


def _endpoint_problems(where: str, given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    endpoint = given.get("ENDPOINT")
    if not isinstance(endpoint, str) or not endpoint or is_local(given):
        return
    if not _is_http_url(endpoint) or "?" in endpoint or "#" in endpoint:
        hint = "Give a URL such as 'https://cloud.appwrite.io/v1', with no password in it, or 'local:'."
        yield Error(f"{where}: ENDPOINT is not an http(s) URL nor 'local:'.", hint=hint, id="appwrite_orm.E005")


def _listening_problems(where: str, given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """What is wrong with the settings for changes made elsewhere, and for the server's version."""
    version, url, secret, user, channel = (
        given.get(key) if isinstance(given.get(key), str) else ""
        for key in ("SERVER_VERSION", "WEBHOOK_URL", "WEBHOOK_SECRET", "LISTEN_AS", "CHANNEL_URL")
    )
    if version and not _VERSION.fullmatch(version):
        hint = "Give it as in '1.9.6', or leave it out."
        yield Error(f"{where}: SERVER_VERSION is not a version.", hint=hint, id="appwrite_orm.E003")
    if url and not _is_http_url(url):
        hint = "Give the URL under which Appwrite calls the webhook view, such as 'https://shop.example/appwrite/'."
        yield Error(f"{where}: WEBHOOK_URL is not an http(s) URL.", hint=hint, id="appwrite_orm.E003")
    if secret and len(secret) not in _WEBHOOK_SECRET_LENGTHS:
        hint = "Use 8 to 256 characters."
        yield Error(f"{where}: WEBHOOK_SECRET is too short or too long.", hint=hint, id="appwrite_orm.E003")
    if user and not VALID_ID.fullmatch(user):
        yield Error(f"{where}: LISTEN_AS is not a valid Appwrite id.", hint=f"Use {ID_RULE}.", id="appwrite_orm.E007")
    if channel and not _is_redis_url(channel):
        hint = "Give one such as 'redis://127.0.0.1:6379/0', with '/', '?', '#' and '@' of a password as %2F, %3F ..."
        yield Error(f"{where}: CHANNEL_URL is not a Redis URL.", hint=hint, id="appwrite_orm.E003")


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


CACHE_KEYS = {
    "ALIAS": Key((str,), "default"),
    "TTL": Key((int, float), CachePolicy().ttl, minimum=0),
    "PREFIX": Key((str,), "appwrite"),
    "NEGATIVE_TTL": Key((int, float), None, minimum=0),
    "STALE_WHILE_REVALIDATE": Key((int, float), 0, minimum=0),
    "STALE_IF_ERROR": Key((int, float), 0, minimum=0),
    "LARGEST": Key((int,), None, minimum=1),
    "MEMORY": Key((int,), 4 * 1024 * 1024, minimum=0),
    "TRUST": Key((int, float), 0, minimum=0),
    "PER_REQUEST": Key((bool,), False),
}
# Memcached's keys end at 250 characters; ours need some 50 besides Django's own prefix.
LONGEST_PREFIX = 100


@dataclass(frozen=True, slots=True)
class CacheSettings:
    """`memory` in bytes and `trust` in seconds are those of the answers this process remembers."""

    alias: str = "default"
    prefix: str = "appwrite"
    policy: CachePolicy = field(default_factory=CachePolicy)
    memory: int = 4 * 1024 * 1024
    trust: float = 0.0
    per_request: bool = False

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> CacheSettings:
        """From the dict CACHE, in which no problem was found."""
        values = {key: given.get(key, spec.default) for key, spec in CACHE_KEYS.items()}
        policy = CachePolicy(
            ttl=values["TTL"],
            negative_ttl=values["NEGATIVE_TTL"],
            stale_while_revalidate=values["STALE_WHILE_REVALIDATE"],
            stale_if_error=values["STALE_IF_ERROR"],
            largest=values["LARGEST"],
        )
        return cls(
            alias=values["ALIAS"],
            prefix=values["PREFIX"],
            policy=policy,
            memory=values["MEMORY"],
            trust=values["TRUST"],
            per_request=values["PER_REQUEST"],
        )


def cache_problems(where: str, given: Any) -> Iterator[CheckMessage]:
    """Everything wrong with the dict CACHE; that it is not a dict is said by others."""
    if not isinstance(given, dict):
        return
    yield from key_problems(where, given, CACHE_KEYS)
    alias, prefix = given.get("ALIAS", "default"), given.get("PREFIX", "")
    if isinstance(alias, str) and alias not in settings.CACHES:
        hint = f"Add it to CACHES, or name one of: {', '.join(sorted(settings.CACHES))}."
        yield Error(f"{where}: there is no cache {shown(alias)} in CACHES.", hint=hint, id="appwrite_orm.E006")
    if isinstance(prefix, str) and (len(prefix) > LONGEST_PREFIX or is_unsendable(prefix)):
        hint = f"Use at most {LONGEST_PREFIX} printable ASCII characters without spaces, as memcached's keys demand."
        yield Error(f"{where}: PREFIX cannot be part of a cache key.", hint=hint, id="appwrite_orm.E003")


_USUAL_PORTS = {"http": ":80", "https": ":443"}
_SECRETS = ("API_KEY", "WEBHOOK_SECRET", "CHANNEL_URL")


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """One alias of `APPWRITE_ORM`. `timeout` is in seconds, all repeats of a request included."""

    alias: str
    endpoint: str
    project_id: str
    database_id: str
    api_key: Secret = field(repr=False)
    timeout: float = 10.0
    retries: int = 2
    page_size: int = 500
    head_limit: int = 32_768
    cache: CacheSettings = field(default_factory=CacheSettings)
    warm_on_start: bool = False
    auto_migrate: bool = False
    auto_validate: bool = False
    server_version: str = ""
    server_id: str = ""
    webhook_url: str = ""
    webhook_secret: Secret = field(default=Secret(""), repr=False)
    listen_as: str = ""
    channel_url: Secret = field(default=Secret(""), repr=False)
    local_strict: bool = False
    allow_in_tests: bool = False

    @property
    def server(self) -> str:
        """By what the server is known in the cache: SERVER_ID, else ENDPOINT, and a file by where it really is."""
        if self.server_id:
            return self.server_id
        file = local_file(self.endpoint)
        return self.endpoint if file is None or file == IN_MEMORY else f"local:{os.path.realpath(file)}"


def connection_settings(alias: str) -> ConnectionSettings:
    """The settings of `alias`. Raises `ConfigurationError` with every problem there is."""
    if alias not in configured():
        known = ", ".join(sorted(configured())) or "none"
        raise ConfigurationError(
            f"APPWRITE_ORM has no connection {shown(alias)} (there are: {known}). Add it to your settings."
        )
    if found := list(problems(alias)):
        raise ConfigurationError(" ".join(f"{problem.msg} {problem.hint}" for problem in found))
    values = {key: value_of(alias, key) for key in KEYS if key not in _SECRETS}
    return ConnectionSettings(
        alias=alias,
        endpoint=_endpoint(alias),
        project_id=values["PROJECT_ID"],
        database_id=values["DATABASE_ID"],
        api_key=Secret(value_of(alias, "API_KEY")),
        timeout=float(values["TIMEOUT"]),
        retries=values["RETRIES"],
        page_size=values["PAGE_SIZE"],
        head_limit=values["HEAD_LIMIT"],
        cache=CacheSettings.of(values["CACHE"]),
        warm_on_start=values["WARM_ON_START"],
        auto_migrate=values["AUTO_MIGRATE"],
        auto_validate=values["AUTO_VALIDATE"],
        server_version=values["SERVER_VERSION"],
        server_id=values["SERVER_ID"],
        webhook_url=values["WEBHOOK_URL"],
        webhook_secret=Secret(value_of(alias, "WEBHOOK_SECRET")),
        listen_as=values["LISTEN_AS"],
        channel_url=Secret(value_of(alias, "CHANNEL_URL")),
        local_strict=values["LOCAL_STRICT"],
        allow_in_tests=values["ALLOW_IN_TESTS"],
    )


def _endpoint(alias: str) -> str:
    """One form of a URL that can be written in several, for all processes of a site must find the same cache keys:
    scheme and host in small letters, no usual port, no slash at the end. `local:` with its file spelled out: relative
    paths start at BASE_DIR, or at the working directory."""
    endpoint: str = value_of(alias, "ENDPOINT")
    if not is_local(configured()[alias]):
        parts = urlsplit(endpoint)
        host = parts.netloc.lower().removesuffix(_USUAL_PORTS[parts.scheme]).removesuffix(":")
        return f"{parts.scheme}://{host}{parts.path.rstrip('/')}"
    file = endpoint.removeprefix("local:") or "appwrite.sqlite3"
    if file == ":memory:":
        return endpoint
    return f"local:{os.path.abspath(Path(getattr(settings, 'BASE_DIR', '.')) / file)}"


_HIDDEN_KEYS = ("API_KEY", "WEBHOOK_SECRET", "CHANNEL_URL")
# Keys with long values that are not secrets, unless there is a password in them.
_ADDRESSES = ("ENDPOINT", "WEBHOOK_URL")


class HiddenText(str):
    """A text that is hidden in `repr()`, which is what such pages show, and is itself anywhere else."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(HIDDEN)


def hide_secrets(given: Any) -> None:
    """Put `HiddenText` in place of the secrets in a dict of settings, and of what is as long as a key, at any depth."""
    for key, value in given.items() if isinstance(given, dict) else ():
        if isinstance(value, dict):
            hide_secrets(value)
        elif type(value) is str and value and _is_secret(key, value):
            given[key] = HiddenText(value)


def _is_secret(key: object, value: str) -> bool:
    if key in _HIDDEN_KEYS:
        return True
    address = key in _ADDRESSES and value.startswith(("http://", "https://", "local:")) and "@" not in value
    return len(value) > LONGEST_SHOWN and not address


__all__ = [
    "DEFAULT_ALIAS",
    "ID_RULE",
    "VALID_ID",
    "ConnectionSettings",
    "configured",
    "connection_settings",
    "hide_secrets",
    "is_test_command",
    "is_test_run",
    "note_test_command",
    "problems",
    "refusal",
    "replacing",
    "setting_problems",
    "shown",
]
