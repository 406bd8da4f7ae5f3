"""One connection's settings, read and complete."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from ..credentials import Secret
from ..exceptions import ConfigurationError
from ..transport import IN_MEMORY, local_file
from .cache import CacheSettings
from .given import KEYS, configured, is_local, value_of
from .keys import shown
from .problems import problems

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
        raise ConfigurationError(" ".join(f"{problem.message} {problem.hint}" for problem in found))
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
