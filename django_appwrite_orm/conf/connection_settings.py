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
    "TTL": Option((int, float), CachePolicy().ttl, minimum=0, unit="seconds"),
    "NEGATIVE_TTL": Option((int, float), None, minimum=0, unit="seconds"),
    "STALE_WHILE_REVALIDATE": Option((int, float), 0, minimum=0, unit="seconds"),
    "STALE_IF_ERROR": Option((int, float), 0, minimum=0, unit="seconds"),
    "LARGEST": Option((int,), None, minimum=1, unit="characters"),
}


@dataclass(frozen=True, slots=True)
class CacheSettings:
    """The dict CACHE of a connection. docs/reference/settings.md is generated from these texts.

    Attributes:
        alias: Which of Django's `CACHES` holds the entries.
        prefix: The prefix of every key of the cache: at most 100 printable ASCII characters without spaces. All
            processes that read or write the same tables must share it.
        policy: The default policy of tables.
        memory: The size of the process cache, whose results are checked against the cache at each use; 0 for none.
        trust: How long a process uses its process cache without that check.
        per_request: One request of the site reads each result once and then works with this snapshot. It needs the
            middleware.
    """

    alias: str = field(default="default", metadata=option(str))
    prefix: str = field(default="appwrite", metadata=option(str))
    policy: CachePolicy = field(default_factory=CachePolicy)
    memory: int = field(default=4 * 1024 * 1024, metadata=option(int, minimum=0, unit="bytes"))
    trust: float = field(default=0, metadata=option(int, float, minimum=0, unit="seconds"))
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
    """One alias of APPWRITE_ORM. docs/reference/settings.md is generated from these texts.

    Attributes:
        alias: The key in APPWRITE_ORM.
        endpoint: The URL of Appwrite's API with `/v1`, or `local:` for the local Appwrite.
        project_id: The project's id. With `local:`, leave it out or set `local`.
        api_key: A key with the scopes for what the project does. With `local:`, leave it out or set `local`.
        database_id: The id of the database that holds the tables.
        timeout: How long a request may take, with all its repeats and the pauses between them.
        retries: Maximum number of repeats of a request; 0 for none. Only safe requests are repeated.
        page_size: Rows that one request fetches when all rows of a query are read.
        head_limit: Maximum size of the request line and the headers of a request. The conditions of a read are sent
            there.
        warm_on_start: Fill the cache inside each server process, from its first request on, with what tables declare
            as `warm`. It needs the middleware.
        auto_migrate: Make the database match the declared tables when the connection is first used for rows.
        auto_validate: Raise an error at that first use if the database does not match the declared tables.
        server_version: Appwrite's version, such as `"1.9.6"`. When empty, it is read from the server when it matters.
        server_id: The name of the server in the keys of the cache, instead of `ENDPOINT`. Set it if one server has
            several URLs. 1 to 36 characters of `A-Z a-z 0-9 . - _`.
        webhook_url: The URL under which Appwrite calls the webhook view, exactly as registered.
        webhook_secret: The secret with which Appwrite signs its requests to that URL: 8 to 256 characters.
        listen_as: The id of the user in whose name `listen_appwrite` listens.
        channel_url: The Redis on whose channel services tell each other about changes. When empty, changes are neither
            published nor received.
        local_strict: Whether the local Appwrite has the defects of a real server too. `True` in tests unless set.
        allow_in_tests: Let tests use this connection, although it leads to a server or to a file of the project.
        cache: The options of the cache.
    """

    alias: str
    endpoint: str = field(metadata=option(str))
    project_id: str = field(metadata=option(str))
    api_key: Secret = field(repr=False, metadata=option(str))
    database_id: str = field(metadata=option(str))
    timeout: float = field(
        default=10.0, metadata=option(int, float, minimum=0.001, maximum=LONGEST_TIMEOUT, unit="seconds")
    )
    retries: int = field(default=2, metadata=option(int, minimum=0))
    page_size: int = field(default=500, metadata=option(int, minimum=1, unit="rows"))
    head_limit: int = field(default=32_768, metadata=option(int, minimum=4096, unit="bytes"))
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
