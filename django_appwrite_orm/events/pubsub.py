"""Exchange invalidations with other services over a Redis channel.

Off unless CHANNEL_URL is set. The channel and its JSON are those of appwrite-orm's caching guide, with `source` added:
processes that share a cache ignore each other's messages.
"""

from __future__ import annotations

import json
import logging
import time
from contextlib import suppress
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings as django_settings
from django.utils.crypto import salted_hmac

from ..conf.connection_settings import ConnectionSettings
from ..connection import connections
from ..credentials import Secret, revealed
from ..exceptions import ConfigurationError
from ..registry import registry
from ..sansio import run_sync
from ..tables import Row
from .dispatch import invalidate_all_tables, invalidate_table, retry_invalidations
from .heartbeat import CHANNEL as NAME
from .heartbeat import Reporter
from .realtime import POLL, Stop, backoff

logger = logging.getLogger("django_appwrite_orm.events")

CHANNEL = "cache:invalidate"
EVERY_TABLE = "*"
# Seconds that a write waits for the channel at most.
LIMIT = 1.0
# Seconds without a message after which Redis is sent a ping, and after which the connection is closed: a connection can
# break without being closed, and messages are lost meanwhile.
QUIET = 20.0
GIVEN_UP = 40.0


def publish(table: type[Row], using: str) -> None:
    """Publish that `table` was invalidated. A channel that fails is logged and does not stop the caller."""
    connection = connections[using]
    connection.check_allowed()
    settings = connection.settings
    message = {"table": table._meta.name, "timestamp": int(time.time() * 1000), "source": _source(settings)}
    try:
        _publisher(settings.channel_url).publish(CHANNEL, json.dumps(message))
    except (redis.RedisError, ConfigurationError) as error:
        logger.error("The change of %s could not be published to other services: %s", table._meta.label, error)


@lru_cache
def _publisher(url: Secret) -> redis.Redis:
    """Return a client whose connection pool is safe with threads and forks."""
    return _client(url, socket_timeout=LIMIT, socket_connect_timeout=LIMIT)


def _client(url: Secret, **options: float) -> redis.Redis:
    """Return a client. Raises `ConfigurationError` without the original error, which quotes the URL."""
    with suppress(ValueError):
        return redis.Redis.from_url(revealed(url), **options)
    raise ConfigurationError("CHANNEL_URL is not a Redis URL that redis-py can read.")


def _source(settings: ConnectionSettings) -> str:
    """Return a digest that is equal for all processes with this cache, and does not reveal its location."""
    location = django_settings.CACHES[settings.cache.alias].get("LOCATION", "")
    text = f"{location!r} {settings.cache.prefix}"
    return salted_hmac("django_appwrite_orm.channel", text, algorithm="sha256").hexdigest()


class ChannelListener:
    """Listen to the channel of one connection until `stop` is called. Its state is reported as that of a `Listener`."""

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self._reporter = Reporter(alias, NAME)
        self._stop = Stop()
        self._failures = 0

    def stop(self) -> None:
        """Make `run` return soon."""
        self._stop.request()

    def run(self) -> None:
        """Listen, and connect again after every failure. Raises `ConfigurationError` without CHANNEL_URL."""
        connection = connections[self.alias]
        connection.check_allowed()
        url = connection.settings.channel_url
        if not url:
            raise ConfigurationError(f"APPWRITE_ORM[{self.alias!r}] has no CHANNEL_URL to listen to.")
        try:
            self._run(url)
        finally:
            self._reporter.become("stopped")

    def _run(self, url: Secret) -> None:
        while not self._stop.requested:
            try:
                with _client(url, socket_connect_timeout=LIMIT) as client, client.pubsub() as channel:
                    self._listen(channel)
            except redis.RedisError as error:
                self._reporter.become("waiting")
                pause = backoff(self._failures)
                self._failures += 1
                logger.warning("Channel of %r: %s. Retrying in %.1f s.", self.alias, error, pause)
                self._stop.wait(pause)

    def _listen(self, channel: Any) -> None:
        channel.subscribe(CHANNEL)
        received, pinged = time.monotonic(), False
        while not self._stop.requested:
            self._reporter.repeat()
            run_sync(retry_invalidations(self.alias))
            message = channel.get_message(timeout=POLL)
            if message is None:
                quiet = time.monotonic() - received
                if quiet > GIVEN_UP:
                    raise redis.ConnectionError("no response to a ping")
                if quiet > QUIET and not pinged:
                    channel.ping()
                    pinged = True
                continue
            received, pinged = time.monotonic(), False
            if message["type"] == "subscribe":  # earlier messages are lost
                run_sync(invalidate_all_tables(self.alias, "channel"))
                self._failures = 0
                self._reporter.become("listening")
            elif message["type"] == "message":
                self._take(message["data"])

    def _take(self, text: bytes) -> None:
        try:
            message = json.loads(text)
            name, source = message["table"], message.get("source")
        except (ValueError, KeyError, TypeError, AttributeError):
            logger.warning("Channel of %r: a message that cannot be read was ignored.", self.alias)
            return
        connection = connections[self.alias]
        if source == _source(connection.settings):
            return
        for table in registry.every_possible():
            if name in (EVERY_TABLE, table._meta.name, table._meta.id):
                run_sync(invalidate_table(table, connection, "channel"))
