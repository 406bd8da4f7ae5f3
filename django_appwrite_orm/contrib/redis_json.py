"""A serializer for django-redis that quotes cached results once, not twice.

`"OPTIONS": {"SERIALIZER": "django_appwrite_orm.contrib.redis_json.JSONSerializer"}` in `CACHES`.

A cached result is JSON text. The serializer of django-redis stores such a text as one string of JSON, and has to parse
that string before the result in it can be parsed. This one stores the text as it is. It reads what the other one has
stored. What it stores is JSON too, which the other one reads as a list, and the ORM as a miss.
"""

from __future__ import annotations

from typing import Any

from django_redis.serializers import json

# How the text of a cached result begins, by its tokens: see `cache.entries`.
_BEGINNING = "[["
# JSON as `json.dumps` writes it has no line break.
_BREAK = b"\n,"


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
        return super().loads(value)
