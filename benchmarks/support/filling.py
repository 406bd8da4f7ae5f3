"""Rows of tables in a cache of any size: a million entries in seconds.

The package stores one row. The other entries are made of that one: their keys by the package, their texts with other
ids. No row but the first has to exist in Appwrite, for all reads are hits.
"""

from __future__ import annotations

import random
import secrets
import socket
import time
from collections.abc import Iterable, Iterator
from itertools import cycle, islice
from typing import Any
from urllib.parse import urlsplit

# Seconds until the entries expire. Longer than any run.
TTL = 86_400
# Entries that are sent at once.
BATCH = 10_000
FIRST = "r0000000"


class Filled:
    """Tables with `rows` rows each, all of them in the cache of the default connection: a Redis at `url`."""

    def __init__(self, url: str, tables: list[Any], rows: int) -> None:
        self.tables, self.rows = tables, rows
        self._tokens = {table: secrets.token_hex(16) for table in tables}
        self.current, self._next = tables[0], cycle(tables)
        tables[0].objects.create(pk=FIRST, name="Name")
        tables[0].objects.get(pk=FIRST)
        fill(url, self._pairs())

    def _pairs(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield Redis keys and values. Raises RuntimeError if the package stores the row differently."""
        from django.core.cache import cache

        from django_appwrite_orm.cache.entries import CacheEntry, pack, unpack
        from django_appwrite_orm.connection import connections

        connection, expires = connections["default"], time.time() + TTL
        ref = self.tables[0].objects.ref
        sample = f'["get","{ref.database}","{ref.table}","{FIRST}"]'
        found = unpack(cache.get(connection.keys.entry(sample)))
        if found is None or FIRST not in found.text:
            raise RuntimeError(f"The package has not stored {sample}")
        for table, token in self._tokens.items():
            other = table.objects.ref
            yield cache.make_key(connection.table_keys(other).token).encode(), cache.client.encode(token)
            text = found.text.replace(f'"{ref.table}"', f'"{other.table}"')
            plan = sample.replace(f'"{ref.table}"', f'"{other.table}"')
            stored = bytes(cache.client.encode(pack(CacheEntry((token,), expires, text))))
            before, _, after = stored.partition(FIRST.encode())
            for number in range(self.rows):
                key = cache.make_key(connection.keys.entry(plan.replace(FIRST, row_id(number))))
                yield key.encode(), before + row_id(number).encode() + after

    def keys(self) -> list[str]:
        """Return the keys in Redis of what a hit of the first row looks for: the entry and the token."""
        from django.core.cache import cache

        from django_appwrite_orm.connection import connections

        connection, ref = connections["default"], self.tables[0].objects.ref
        entry = connection.keys.entry(f'["get","{ref.database}","{ref.table}","{FIRST}"]')
        return [str(cache.make_key(key)) for key in (entry, connection.table_keys(ref).token)]

    def read(self) -> None:
        """Read any row. Raises DoesNotExist if that is a miss."""
        random.choice(self.tables).objects.get(pk=row_id(random.randrange(self.rows)))

    def invalidate(self) -> None:
        """Invalidate the current table."""
        self.current.objects.set_updated(False)

    def restore(self) -> None:
        """Make the rows of the current table valid again, and turn to the next table."""
        from django.core.cache import cache

        from django_appwrite_orm.connection import connections

        keys = connections["default"].table_keys(self.current.objects.ref)
        cache.set(keys.token, self._tokens[self.current], TTL)
        self.current = next(self._next)


def row_id(number: int) -> str:
    return f"r{number:07}"


def fill(url: str, pairs: Iterable[tuple[bytes, bytes]]) -> None:
    """Set them in the Redis at `url`, without waiting for each reply."""
    address = urlsplit(url)
    with socket.create_connection((str(address.hostname), address.port or 6379)) as connection:
        connection.sendall(_command(b"CLIENT", b"REPLY", b"OFF"))
        ttl = str(TTL).encode()
        commands = (_command(b"SET", key, value, b"EX", ttl) for key, value in pairs)
        while batch := b"".join(islice(commands, BATCH)):
            connection.sendall(batch)
        connection.sendall(_command(b"CLIENT", b"REPLY", b"ON"))
        if not connection.recv(16).startswith(b"+OK"):
            raise RuntimeError("Redis did not accept the entries.")


def _command(*words: bytes) -> bytes:
    return b"*%d\r\n%b" % (len(words), b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words))
