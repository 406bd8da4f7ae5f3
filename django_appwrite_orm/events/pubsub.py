"""Other services: what becomes a miss here is told on a Redis channel, and what they tell becomes one here.

Off unless CHANNEL_URL is set. The channel and its JSON are those of appwrite-orm's caching guide, with `source`
added: processes that share a cache need not hear each other.
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
from .dispatch import forget_all, invalidate_table, pay
from .heartbeat import CHANNEL as NAME
from .heartbeat import Reporter
from .realtime import LOOK, Stop, backoff

logger = logging.getLogger("django_appwrite_orm.events")

CHANNEL = "cache:invalidate"
EVERY_TABLE = "*"
# Seconds that a write waits for the channel at most.
LIMIT = 1.0
# Seconds without a word after which Redis is asked for a sign of life, and after which it is given up: a connection
# can die without an end, and what is said meanwhile is lost.
QUIET = 20.0
GIVEN_UP = 40.0


def publish(table: type[Row], using: str) -> None:
    """Tell that answers about `table` have become misses. A channel that is away is logged and stops nobody."""
    connection = connections[using]
    connection.check_allowed()
    settings = connection.settings
    message = {"table": table._meta.name, "timestamp": int(time.time() * 1000), "source": _source(settings)}
    try:
        _publisher(settings.channel_url).publish(CHANNEL, json.dumps(message))
    except (redis.RedisError, ConfigurationError) as error:
        logger.error("Other services could not be told that %s has changed: %s", table._meta.label, error)


@lru_cache
def _publisher(url: Secret) -> redis.Redis:
    """Pools its connections, for threads and forks too."""
    return _client(url, socket_timeout=LIMIT, socket_connect_timeout=LIMIT)


def _client(url: Secret, **options: float) -> redis.Redis:
    """Raises `ConfigurationError`, without the frames and the text of an error that quotes what it cannot read."""
    with suppress(ValueError):
        return redis.Redis.from_url(revealed(url), **options)
    raise ConfigurationError("CHANNEL_URL is not a Redis URL that redis-py can read.")


def _source(settings: ConnectionSettings) -> str:
    """The same for all processes that share this cache, and saying nothing of where it is."""
    location = django_settings.CACHES[settings.cache.alias].get("LOCATION", "")
    text = f"{location!r} {settings.cache.prefix}"
    return salted_hmac("django_appwrite_orm.channel", text, algorithm="sha256").hexdigest()


class ChannelListener:
    """Hears the channel of one connection until it is told to stop. Its state is reported as a `Listener`'s is."""

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self._reporter = Reporter(alias, NAME)
        self._stop = Stop()
        self._failures = 0

    def stop(self) -> None:
        """Make `run` return soon."""
        self._stop.ask()

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
        while not self._stop.asked:
            try:
                with _client(url, socket_connect_timeout=LIMIT) as client, client.pubsub() as channel:
                    self._listen(channel)
            except redis.RedisError as error:
                self._reporter.become("waiting")
                pause = backoff(self._failures)
                self._failures += 1
                logger.warning("Channel of %r: %s. Again in %.1f s.", self.alias, error, pause)
                self._stop.wait(pause)

    def _listen(self, channel: Any) -> None:
        channel.subscribe(CHANNEL)
        heard, asked = time.monotonic(), False
        while not self._stop.asked:
            self._reporter.repeat()
            run_sync(pay(self.alias))
            message = channel.get_message(timeout=LOOK)
            if message is None:
                quiet = time.monotonic() - heard
                if quiet > GIVEN_UP:
                    raise redis.ConnectionError("no sign of life")
                if quiet > QUIET and not asked:
                    channel.ping()
                    asked = True
                continue
            heard, asked = time.monotonic(), False
            if message["type"] == "subscribe":  # what was said before is lost
                run_sync(forget_all(self.alias, "channel"))
                self._failures = 0
                self._reporter.become("listening")
            elif message["type"] == "message":
                self._take(message["data"])

    def _take(self, text: bytes) -> None:
        try:
            message = json.loads(text)
            name, source = message["table"], message.get("source")
        except (ValueError, KeyError, TypeError, AttributeError):
            logger.warning("Channel of %r: a message that cannot be read was passed over.", self.alias)
            return
        connection = connections[self.alias]
        if source == _source(connection.settings):
            return
        for table in registry.all():
            if name in (EVERY_TABLE, table._meta.name, table._meta.id):
                run_sync(invalidate_table(table, connection, "channel"))
