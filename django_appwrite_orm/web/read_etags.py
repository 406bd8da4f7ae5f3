"""ETags made of what a response has read: the tokens of its tables.

A tag is `"<digest>.<expires>.<tables>"`. The digest is over the tokens, the request and the user. The tables are part
of the tag, so that any process can compare it with the current tokens, in one round trip to the cache and without
running the view. Tokens are random: nobody can make a tag of other tables or of another user that matches.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Sequence
from typing import NamedTuple

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags

from ..cache import ReadLog, ReadResult, Status, note_read
from ..connection import connections
from ..plans import TableRef
from ..registry import registry
from ..sansio import run_sync
from .http_cache import asked_for, can_have_etag

_ID_LENGTH = 8  # characters that stand for a table
_MOST_TABLES = 50
_MOST_TAGS = 10  # of a request: each takes a look-up, and a client rarely has more than one response
_FORM = re.compile(
    rf'(?:W/)?"(?P<digest>[0-9a-f]{{32}})\.(?P<expires>\d{{1,12}})\.(?P<tables>(?:[\w-]{{{_ID_LENGTH}}})+)"'
)


class _Source(NamedTuple):
    """A table as a connection reads it."""

    alias: str
    ref: TableRef

    @property
    def id(self) -> str:
        digest = hashlib.blake2b(json.dumps(self).encode(), digest_size=_ID_LENGTH * 3 // 4).digest()
        return base64.urlsafe_b64encode(digest).decode()


# The tables of this process, by their ids in tags, with their names in headers.
_sources: dict[str, tuple[_Source, str]] = {}


def etag_of_reads(record: ReadLog, request: HttpRequest, response: HttpResponseBase, user_key: str) -> str | None:
    """Return the tag of a response that has read what is in `record`; None where tokens do not describe it.

    That is so without a read, after one past the cache, for a user (`as_user`) or during a write, or when a table
    changed between two reads; and for what is not the whole response to a GET or HEAD with status 200. `user_key` is
    what the response depends on besides tables and the request.
    """
    tokens = [token for token in record.versions.values() if token is not None]
    if not record.is_complete or not tokens or len(tokens) < len(record.versions):
        return None
    if len(tokens) > _MOST_TABLES or record.expires <= 0:
        return None
    if not can_have_etag(request, response):
        return None
    sources = [_Source(*source) for source in record.versions]  # type: ignore[misc]  # from `execute_read`
    if not _are_known([source.id for source in sources]):
        _sources.update({source.id: (source, source.ref.table) for source in sources if source.id not in _sources})
    expires = int(record.expires)
    digest = _digest(sources, tokens, expires, request, user_key)
    return f'"{digest}.{expires}.{"".join(source.id for source in sources)}"'


def first_current_etag(header: str, request: HttpRequest, user_key: str, *, at_any_age: bool = False) -> str | None:
    """Return the first tag of a header `If-None-Match` or `If-Match` that `is_current_etag` confirms, else None.

    Only the first ten tags count.
    """
    tags = parse_etags(header)[:_MOST_TAGS]
    return next((tag for tag in tags if is_current_etag(tag, request, user_key, at_any_age=at_any_age)), None)


def is_current_etag(etag: str, request: HttpRequest, user_key: str, *, at_any_age: bool = False) -> bool:
    """Return whether a response with this tag is what the view would respond now. False for a tag of another form.

    It notes the tables as read from the cache. `at_any_age`: also after the results that it was made of have expired.
    """
    parts = _FORM.fullmatch(etag)
    if parts is None or len(parts["tables"]) > _ID_LENGTH * _MOST_TABLES:
        return False
    ids = [parts["tables"][start : start + _ID_LENGTH] for start in range(0, len(parts["tables"]), _ID_LENGTH)]
    expires = int(parts["expires"])
    if (time.time() >= expires and not at_any_age) or not _are_known(ids):
        return False
    sources = [_sources[id][0] for id in ids]
    started = time.perf_counter()
    tokens = _tokens(sources)
    if tokens is None or not hmac.compare_digest(parts["digest"], _digest(sources, tokens, expires, request, user_key)):
        return False
    result = ReadResult(None, Status.HIT, expires=expires, versions=tuple(tokens))
    note_read([_sources[id][1] for id in ids], result, time.perf_counter() - started, sources)
    return True


def _tokens(sources: Sequence[_Source]) -> list[str] | None:
    """Return the current tokens of these tables, one look-up for each connection; None if one is missing.

    Fences do not matter, as for a hit: a tag is only made of results that were read under their tokens.
    """
    tokens: dict[_Source, str] = {}
    for alias in dict.fromkeys(source.alias for source in sources):
        own = [source for source in sources if source.alias == alias]
        current = run_sync(connections[alias].versions([source.ref for source in own]), even_on_event_loop=True)
        if current is None:
            return None
        tokens.update(zip(own, current, strict=True))
    return [tokens[source] for source in sources]


def _are_known(ids: Sequence[str]) -> bool:
    """Return whether these are ids of tables; look through tables that are new to this process for one that is not."""
    if any(id not in _sources for id in ids):
        known = {source for source, _ in _sources.values()}
        for alias in connections.aliases():
            database = connections[alias].settings.database_id
            for table in registry.every():
                source = _Source(alias, table._meta.ref(database))
                if source not in known:
                    _sources[source.id] = source, table._meta.name
    return all(id in _sources for id in ids)


def _digest(
    sources: Sequence[_Source], tokens: Sequence[str], expires: int, request: HttpRequest, user_key: str
) -> str:
    parts = [sources, tokens, expires, asked_for(request), user_key]
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()
