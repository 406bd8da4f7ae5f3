"""Read the schema of a server, in few requests: a list of tables contains their columns and indexes."""

from __future__ import annotations

from urllib.parse import quote

from ..connection import Connection
from ..exceptions import NotFound
from ..plans import Clause, Progress, Request
from ..sansio import Operation
from .descriptions import table_states
from .state import TableState

# Tables in one page. Appwrite's default is 25; a table comes with all its columns, so larger pages become very large.
PAGE = 100


def read_tables(connection: Connection) -> Operation[dict[str, TableState] | None]:
    """Return every table of the connection's database by its id in lower case; None when there is no database.

    Appwrite treats ids that differ only in case as equal.
    """
    tables: dict[str, TableState] = {}
    path = f"/tablesdb/{quote(connection.settings.database_id, safe='')}/tables"
    last: str | None = None
    progress = Progress("the database's tables")
    while True:
        clauses = [Clause("limit", values=(PAGE,))]
        clauses += [Clause("cursorAfter", values=(last,))] if last is not None else []
        parameters = tuple((f"queries[{place}]", str(clause)) for place, clause in enumerate(clauses))
        try:
            page = (yield from connection.send(Request("GET", path, (*parameters, ("total", "0"))))).data
        except NotFound as error:
            if error.type == "database_not_found":
                return None
            raise
        states = table_states(page)
        tables.update({table.id.lower(): table for table in states})
        if len(states) < PAGE:
            return tables
        progress.reached(last := states[-1].id)
