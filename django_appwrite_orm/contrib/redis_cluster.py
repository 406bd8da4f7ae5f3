"""Let django-redis use a Redis Cluster: `"CONNECTION_FACTORY"` of a cache's OPTIONS.

    "OPTIONS": {"CONNECTION_FACTORY": "django_appwrite_orm.contrib.redis_cluster.ClusterConnectionFactory"}

The cache protocol reads and deletes several keys with one command, and a cluster accepts this only for keys of one
slot. Give the connection a PREFIX in braces, such as `"CACHE": {"PREFIX": "{appwrite}"}`: a cluster chooses the slot
of a key by what is in braces.
"""

from __future__ import annotations

import threading
from typing import Any

from django_redis.pool import ConnectionFactory
from redis.backoff import NoBackoff
from redis.cluster import RedisCluster
from redis.retry import Retry

from ..threads import register_after_fork


class _Clusters:
    """The clients of this process, by LOCATION: Django makes a cache for each thread, and they share one client."""

    def __init__(self) -> None:
        self.after_fork()
        register_after_fork(self)

    def after_fork(self) -> None:
        """Begin without clients: a thread of the parent may hold a lock of theirs."""
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}

    def get(self, url: str, **options: Any) -> Any:
        with self._lock:
            if url not in self._clients:
                # Without repeats: the late copy of an `add` could bring back a token that was deleted in between.
                self._clients[url] = RedisCluster.from_url(url, retry=Retry(NoBackoff(), 0), **options)
            return self._clients[url]


_clusters = _Clusters()


class ClusterConnectionFactory(ConnectionFactory):  # type: ignore[misc]  # django-redis has no types
    """Connect django-redis to the Redis Cluster that the node in LOCATION belongs to.

    A call without a response is not repeated. After a failover the next call finds the new primary.
    """

    def connect(self, url: str) -> Any:
        """Return the client of the cluster."""
        options = self.make_connection_params(url) | self.pool_cls_kwargs
        return _clusters.get(options.pop("url"), **{k: v for k, v in options.items() if k != "parser_class"})

    def disconnect(self, connection: Any) -> None:
        """Close the connections to all nodes."""
        connection.close()
