"""The stored form of a result: a line of JSON with its tokens and end, then the result's own JSON.

A page of rows is stored by column, as a list `[total, number of rows, keys, columns]`; no other result is a list.

The text is parsed, never unpickled; anything else found under the key counts as a miss.
"""

from __future__ import annotations

import json
from math import isfinite
from typing import Any, NamedTuple

from ..plans import ColumnarRows, Response
from .process_cache import DecodedEntry

_PAGE = {"total", "rows"}


class CacheEntry(NamedTuple):
    """`tokens` are the versions of the tables read, in the plan's order; `expires` is in epoch seconds."""

    tokens: tuple[str, ...]
    expires: float
    text: str

    def decode(self) -> DecodedEntry | None:
        """Parse the result; None when it is not JSON."""
        try:
            data = _decoded(json.loads(self.text))
        except (ValueError, TypeError, KeyError, RecursionError):
            return None
        return DecodedEntry(self.tokens, self.expires, data)


def by_column(response: Response) -> Response:
    """Return a response as it is cached: a page of rows by column, anything else unchanged."""
    data = response.data
    if not isinstance(data, dict) or data.keys() != _PAGE or not isinstance(data["rows"], list):
        return response
    rows = ColumnarRows.of(data["rows"])
    if rows is None:
        return response
    page = [data["total"], *rows.to_json()]
    text = json.dumps(page, separators=(",", ":"), ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which not every cache can store
        text = json.dumps(page, separators=(",", ":"))
    return response._replace(text=text, data={"total": data["total"], "rows": rows})


def _decoded(data: Any) -> Any:
    """Return the result whose stored form this is. Raises ValueError, TypeError or KeyError for no such form."""
    if type(data) is not list:
        return data
    total, *columns = data
    return {"total": total, "rows": ColumnarRows.from_json(*columns)}


def pack(entry: CacheEntry) -> str:
    """Return the text under which an entry is stored."""
    return f"{json.dumps([entry.tokens, entry.expires])}\n{entry.text}"


def unpack(value: object) -> CacheEntry | None:
    """Return the entry, its result not parsed yet; None for anything that is not an entry."""
    if not isinstance(value, str):
        return None
    head, _, text = value.partition("\n")
    try:
        tokens, expires = json.loads(head)
        entry = CacheEntry(tuple(map(str, tokens)), float(expires), text)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None
    return entry if isfinite(entry.expires) else None
