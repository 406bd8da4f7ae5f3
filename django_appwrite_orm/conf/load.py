"""Make the settings of a connection from APPWRITE_ORM."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from ..credentials import Secret
from ..exceptions import ConfigurationError
from . import configured, is_local, shown
from .checks import problems
from .connection_settings import LOCAL_DEFAULTS, OPTIONS, CacheSettings, ConnectionSettings
from .redaction import SECRET_KEYS

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def value_of(alias: str, key: str) -> Any:
    """Return the value that `alias` has for `key`, or its default."""
    options = configured()[alias]
    defaults = LOCAL_DEFAULTS if is_local(options) else {}
    return options.get(key, defaults.get(key, OPTIONS[key].default))


def connection_settings(alias: str) -> ConnectionSettings:
    """Return the settings of `alias`. Raises `ConfigurationError` with all problems of them."""
    if alias not in configured():
        aliases = ", ".join(sorted(configured())) or "none"
        raise ConfigurationError(
            f"APPWRITE_ORM has no connection {shown(alias)} (it has: {aliases}). Add it to your settings."
        )
    if errors := list(problems(alias)):
        raise ConfigurationError(" ".join(f"{error.msg} {error.hint}" for error in errors))
    values = {key.lower(): value_of(alias, key) for key in OPTIONS if key not in SECRET_KEYS}
    secrets = {key.lower(): Secret(value_of(alias, key)) for key in SECRET_KEYS}
    converted = {
        "endpoint": _endpoint(alias),
        "timeout": float(values["timeout"]),
        "cache": CacheSettings.of(values["cache"]),
    }
    return ConnectionSettings(alias, **{**values, **secrets, **converted})


def _endpoint(alias: str) -> str:
    """Return the endpoint in one form, so that all processes of a site use the same cache keys.

    A URL has scheme and host in lower case, no default port and no slash at the end. `local:` has an absolute path;
    relative ones start at BASE_DIR, or at the working directory.
    """
    endpoint: str = value_of(alias, "ENDPOINT")
    if not is_local(configured()[alias]):
        parts = urlsplit(endpoint)
        host = parts.netloc.lower().removesuffix(_DEFAULT_PORTS[parts.scheme]).removesuffix(":")
        return f"{parts.scheme}://{host}{parts.path.rstrip('/')}"
    file = endpoint.removeprefix("local:") or "appwrite.sqlite3"
    if file == ":memory:":
        return endpoint
    return f"local:{os.path.abspath(Path(getattr(settings, 'BASE_DIR', '.')) / file)}"
