"""Write all rows of tables, in order of creation, with one page in memory at a time.

A dump is not a snapshot: it may or may not contain rows that are written while it runs.
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
from .load_relationships import link_list_keys, select, with_link_ids

Form = Literal["jsonl", "object"]
Write = Callable[[str], object]
# Keys that the server sets, and that another server would refuse.
_SERVER_KEYS = frozenset({"$sequence", "$databaseId", "$tableId"})


def dump(
    connection: Connection,
    tables: Sequence[type[Row]],
    write: Write,
    form: Form = "jsonl",
    progress: Callable[[str, int], None] | None = None,
) -> Operation[dict[str, int]]:
    """Call `write` with the rows of `tables` as text; return the number of rows by table id.

    `jsonl` is one line per row, `{"table": id, "row": {...}}`; `object` is one object with a list of rows for each
    table. Rows have `$id`, `$createdAt`, `$updatedAt` and `$permissions` besides their columns, and the ids of linked
    rows. `progress` is called after every page with the table's id and the number of its rows so far.
    """
    counts: dict[str, int] = {}
    if form == "object":
        write("{")
    for table in tables:
        ref = table._meta.ref(connection.settings.database_id)
        if form == "object":
            write(f"{',' if counts else ''}\n{json_text(ref.table)}: [")
        counts[ref.table] = 0

        keys = link_list_keys(table)

        def write_page(rows: list[RawRow], ref: TableRef = ref, keys: tuple[str, ...] = keys) -> Operation[None]:
            yield from ()
            for row in rows:
                write(_text(form, ref.table, with_link_ids(row, keys), first=counts[ref.table] == 0))
                counts[ref.table] += 1
            if progress is not None:
                progress(ref.table, counts[ref.table])

        yield from walk(connection, ref, write_page, select(keys))
        if form == "object":
            write("\n]")
    if form == "object":
        write("\n}\n")
    return counts


def _text(form: Form, table: str, row: dict[str, Any], *, first: bool) -> str:
    data = {name: value for name, value in row.items() if name not in _SERVER_KEYS}
    if form == "jsonl":
        return json_text({"table": table, "row": data}, separators=(",", ":")) + "\n"
    return ("" if first else ",") + "\n" + json_text(data, separators=(",", ":"))
