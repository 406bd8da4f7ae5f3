"""Writing all rows of tables, in order of creation, a page in memory at a time.

It is not a snapshot: rows that are written while it runs may or may not be in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from ..connection import Connection
from ..plans import TableRef
from ..sansio import Operation
from ..schema.printable import json_text
from ..schema.rows import RawRow, walk
from ..tables import Row
from .load_relationships import flat, listed, select

Form = Literal["jsonl", "object"]
Write = Callable[[str], object]
# What a server gives a row itself, and another one would not take.
_OWN = frozenset({"$sequence", "$databaseId", "$tableId"})


def dump(
    connection: Connection,
    tables: Sequence[type[Row]],
    write: Write,
    form: Form = "jsonl",
    progress: Callable[[str, int], None] | None = None,
) -> Operation[dict[str, int]]:
    """Give `write` the rows of `tables` as text; the number of rows by table id.

    `jsonl` is one line a row, `{"table": id, "row": {...}}`; `object` one object with a list of rows for each
    table. Rows carry `$id`, `$createdAt`, `$updatedAt` and `$permissions` beside their columns, and the ids of
    what they are linked to. `progress` hears the table and its number of rows so far after every page.
    """
    counts: dict[str, int] = {}
    if form == "object":
        write("{")
    for table in tables:
        ref = table._meta.ref(connection.settings.database_id)
        if form == "object":
            write(f"{',' if counts else ''}\n{json_text(ref.table)}: [")
        counts[ref.table] = 0

        keys = listed(table)

        def put(rows: list[RawRow], ref: TableRef = ref, keys: tuple[str, ...] = keys) -> Operation[None]:
            yield from ()
            for row in rows:
                write(_text(form, ref.table, flat(row, keys), first=counts[ref.table] == 0))
                counts[ref.table] += 1
            if progress is not None:
                progress(ref.table, counts[ref.table])

        yield from walk(connection, ref, put, select(keys))
        if form == "object":
            write("\n]")
    if form == "object":
        write("\n}\n")
    return counts


def _text(form: Form, table: str, row: dict[str, Any], *, first: bool) -> str:
    kept = {name: value for name, value in row.items() if name not in _OWN}
    if form == "jsonl":
        return json_text({"table": table, "row": kept}, separators=(",", ":")) + "\n"
    return ("" if first else ",") + "\n" + json_text(kept, separators=(",", ":"))
