"""The typed settings of a connection and of its cache, made from APPWRITE_ORM."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..cache import CachePolicy
from ..cache.writes import LONGEST_TIMEOUT
from ..credentials import Secret
from ..transport import IN_MEMORY, local_file
from .option import Option, option, options_of

# The local Appwrite always has this project and key.
LOCAL_DEFAULTS = {"PROJECT_ID": "local", "API_KEY": "local"}
_POLICY_OPTIONS = {
    "TTL": Option((int, float), CachePolicy().ttl, minimum=0),
    "NEGATIVE_TTL": Option((int, float), None, minimum=0),
    "STALE_WHILE_REVALIDATE": Option((int, float), 0, minimum=0),
    "STALE_IF_ERROR": Option((int, float), 0, minimum=0),
    "LARGEST": Option((int,), None, minimum=1),
}


@dataclass(frozen=True, slots=True)
class CacheSettings:
    """The dict CACHE of a connection. `memory` (bytes) and `trust` (seconds) belong to the process cache."""

    alias: str = field(default="default", metadata=option(str))
    prefix: str = field(default="appwrite", metadata=option(str))
    policy: CachePolicy = field(default_factory=CachePolicy)
    memory: int = field(default=4 * 1024 * 1024, metadata=option(int, minimum=0))
    trust: float = field(default=0, metadata=option(int, float, minimum=0))
    per_request: bool = field(default=False, metadata=option(bool))

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> CacheSettings:
        """Return the settings in the dict CACHE, in which no problem was found."""
        policy = {key.lower(): value for key, value in options.items() if key in _POLICY_OPTIONS}
        others = {key.lower(): value for key, value in options.items() if key not in _POLICY_OPTIONS}
        return cls(policy=CachePolicy(**policy), **others)


CACHE_OPTIONS = {**options_of(CacheSettings), **_POLICY_OPTIONS}


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """One alias of APPWRITE_ORM. `timeout` is in seconds, retries of a request included."""

    alias: str
    endpoint: str = field(metadata=option(str))
    project_id: str = field(metadata=option(str))
    api_key: Secret = field(repr=False, metadata=option(str))
    database_id: str = field(metadata=option(str))
    timeout: float = field(default=10.0, metadata=option(int, float, minimum=0.001, maximum=LONGEST_TIMEOUT))
    retries: int = field(default=2, metadata=option(int, minimum=0))
    page_size: int = field(default=500, metadata=option(int, minimum=1))
    head_limit: int = field(default=32_768, metadata=option(int, minimum=4096))
    warm_on_start: bool = field(default=False, metadata=option(bool))
    auto_migrate: bool = field(default=False, metadata=option(bool))
    auto_validate: bool = field(default=False, metadata=option(bool))
    server_version: str = field(default="", metadata=option(str))
    server_id: str = field(default="", metadata=option(str))
    webhook_url: str = field(default="", metadata=option(str))
    webhook_secret: Secret = field(default=Secret(""), repr=False, metadata=option(str))
    listen_as: str = field(default="", metadata=option(str))
    channel_url: Secret = field(default=Secret(""), repr=False, metadata=option(str))
    local_strict: bool = field(default=False, metadata=option(bool))
    allow_in_tests: bool = field(default=False, metadata=option(bool))
    cache: CacheSettings = field(default_factory=CacheSettings, metadata=option(dict, default={}))

    @property
    def server(self) -> str:
        """What identifies the server in cache keys: SERVER_ID, else ENDPOINT, and a file by its real path."""
        if self.server_id:
            return self.server_id
        file = local_file(self.endpoint)
        return self.endpoint if file is None or file == IN_MEMORY else f"local:{os.path.realpath(file)}"


OPTIONS = options_of(ConnectionSettings)
