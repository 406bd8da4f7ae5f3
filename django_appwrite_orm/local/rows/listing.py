"""A list of rows as the route answers it, also out of the cache that ``ttl`` asks for.

Observed: a list asked for with ``ttl`` stays as it was first read, whatever is written, for the same queries and
the same caller; the total is remembered apart from the rows. A change of the table's columns or indexes makes it
another list (the server's source).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from ..catalogue.models import Table
from ..queries.page import count_page
from .reading import list_rows
from .work import Work


def listed_rows(
    work: Work, table: Table, queries: Sequence[str], total: bool, ttl: int
) -> tuple[dict[str, Any], bool | None]:
    """The body of a list, and whether its rows are remembered ones; ``ttl`` is in seconds, 0 reads afresh."""
    if not ttl:
        page, rows = list_rows(work, table, queries)
        return {"total": count_page(work.session, page) if total else 0, work.view.words.rows: rows}, None
    schema = [[column.number, column.updated] for column in table.columns]
    schema += [[index.number, index.updated] for index in table.indexes]
    question = [list(queries), list(work.caller.roles), work.view.words.row, work.view.numeric_sequence, schema]
    rows, hit = _remembered(work, table, ["rows", *question], ttl, lambda: list_rows(work, table, queries)[1])
    if not total:
        return {"total": 0, work.view.words.rows: rows}, hit
    count, _ = _remembered(
        work, table, ["total", *question], ttl, lambda: count_page(work.session, list_rows(work, table, queries)[0])
    )
    return {"total": count, work.view.words.rows: rows}, hit


def _remembered(work: Work, table: Table, question: list[Any], ttl: int, ask: Callable[[], Any]) -> tuple[Any, bool]:
    name = json.dumps(question)
    session, present = work.session, time.time()
    found = session.first(
        "SELECT answer FROM cached_lists WHERE table_n = ? AND question = ? AND expires > ?",
        (table.number, name, present),
    )
    if found is not None:
        return json.loads(found[0]), True
    answer = ask()
    session.run("DELETE FROM cached_lists WHERE expires <= ?", (present,))
    session.run(
        "INSERT OR REPLACE INTO cached_lists (table_n, question, answer, expires) VALUES (?, ?, ?, ?)",
        (table.number, name, json.dumps(answer), present + ttl),
    )
    return answer, False
