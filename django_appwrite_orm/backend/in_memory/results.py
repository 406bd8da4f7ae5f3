"""The rows of a result as JSON, in which SQLite's bytes have no form of their own."""

from __future__ import annotations

import base64
import json
from typing import Any

from ...plans import Response

Rows = list[tuple[Any, ...]]


def response_of(rows: Rows, expires: float) -> Response:
    """Return the rows as a response; `bytes` are the places, row and column, of values that are base64."""
    places = [
        (number, place)
        for number, row in enumerate(rows)
        for place, value in enumerate(row)
        if isinstance(value, bytes)
    ]
    values = [list(row) for row in rows]
    for number, place in places:
        values[number][place] = base64.b64encode(values[number][place]).decode()
    data = {"rows": values, "bytes": [list(place) for place in places]}
    return Response(json.dumps(data, separators=(",", ":"), ensure_ascii=False), data, expires=expires)


def rows_of(data: dict[str, Any]) -> Rows:
    """Return the rows of a result as SQLite gave them."""
    rows = [tuple(row) for row in data["rows"]]
    for number, place in data["bytes"]:
        row = list(rows[number])
        row[place] = base64.b64decode(row[place])
        rows[number] = tuple(row)
    return rows
