"""The schema that a server has, read in few requests: a list of tables carries their columns and indexes."""

from __future__ import annotations

from urllib.parse import quote

from ..connection import Connection
from ..exceptions import NotFound
from ..plans import Clause, Progress, Request
from ..sansio import Operation
from .descriptions import table_states
from .state import TableState

# Lists give 25 unless told; each table comes with all it has, so a page should not grow without bound.
PAGE = 100


def read_tables(connection: Connection) -> Operation[dict[str, TableState] | None]:
    """Every table of the connection's database by its id in lower case, for case does not tell ids apart on
    Appwrite; None when there is no database."""
    tables: dict[str, TableState] = {}
    path = f"/tablesdb/{quote(connection.settings.database_id, safe='')}/tables"
    last: str | None = None
    progress = Progress("the database's tables")
    while True:
        clauses = [Clause("limit", values=(PAGE,))]
        clauses += [Clause("cursorAfter", values=(last,))] if last is not None else []
        parameters = tuple((f"queries[{place}]", str(clause)) for place, clause in enumerate(clauses))
        try:
            answer = (yield from connection.send(Request("GET", path, (*parameters, ("total", "0"))))).data
        except NotFound as error:
            if error.type == "database_not_found":
                return None
            raise
        found = table_states(answer)
        tables.update({table.id.lower(): table for table in found})
        if len(found) < PAGE:
            return tables
        progress.reached(last := found[-1].id)
