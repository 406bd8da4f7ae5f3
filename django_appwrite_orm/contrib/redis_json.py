"""A serializer for django-redis that quotes cached results once, not twice, and a client that decodes them for less.

    "OPTIONS": {
        "CLIENT_CLASS": "django_appwrite_orm.contrib.redis_json.Client",
        "SERIALIZER": "django_appwrite_orm.contrib.redis_json.JSONSerializer",
    }

A cached result is JSON text. The serializer of django-redis stores such a text as one string of JSON, and has to parse
that string before the result in it can be parsed. This one stores the text as it is. It reads what the other one has
stored. What it stores is JSON too, which the other one reads as a list, and the ORM as a miss.

The client of django-redis takes each value for an integer first. For text, Python makes an exception with the beginning
of the text. This client does so only for what can be an integer. It stores the same values.
"""

from __future__ import annotations

from typing import Any

from django_redis.client import DefaultClient
from django_redis.compressors.identity import IdentityCompressor
from django_redis.serializers import json

# How the text of a cached result begins, by its tokens: see `cache.entries`.
_BEGINNING = "[["
# JSON as `json.dumps` writes it has no line break.
_BREAK = b"\n,"
# How texts, lists and objects of JSON begin.
_NO_INTEGERS = (b'"', b"[", b"{")


class JSONSerializer(json.JSONSerializer):  # type: ignore[misc]
    """Serialize values as JSON; the results that this package caches without quoting them again."""

    def dumps(self, value: Any) -> bytes:
        """Return the bytes of a value. Raises TypeError for one that Django's JSON encoder does not know."""
        if type(value) is str and value.startswith(_BEGINNING):
            head, line_break, text = value.partition("\n")
            if line_break:
                try:
                    return b"[%b%b%b]" % (head.encode(), _BREAK, text.encode())
                except UnicodeEncodeError:  # half a surrogate pair, which JSON escapes
                    pass
        serialized: bytes = super().dumps(value)
        return serialized

    def loads(self, value: bytes) -> Any:
        """Return the value of these bytes. Raises ValueError for what is not JSON."""
        if value.startswith(b"[[["):
            head, line_break, text = value.partition(_BREAK)
            if line_break:
                return f"{head[1:].decode()}\n{text[:-1].decode()}"
        if value.startswith(b'"') and value.endswith(b'"') and value[1:-1].isalnum():  # a token: nothing is escaped
            return value[1:-1].decode()
        return super().loads(value)


class Client(DefaultClient):  # type: ignore[misc]
    """Decode JSON at once, without a look whether it is an integer."""

    def decode(self, value: bytes | int | str) -> Any:
        """Return the value of these bytes. Raises ValueError for what the serializer does not know."""
        if type(value) is bytes and value.startswith(_NO_INTEGERS) and type(self._compressor) is IdentityCompressor:
            return self._serializer.loads(value)
        return super().decode(value)
