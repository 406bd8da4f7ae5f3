"""What it means that Appwrite refuses new rows: a taken id, a taken value, or our own rows.

It answers a taken id and a taken value alike, and refuses the second copy of a create whose first copy was applied
and whose answer was lost. So the rows are asked for by their ids.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..connection import connections
from ..exceptions import DuplicateId, IntegrityError, UniqueViolation
from ..plans import Clause, GetRow, ListRows, TableRef
from ..steps import Steps
from ..tables import Row, UniqueIndex

Raw = Mapping[str, Any]


def rows_after_all(
    table: type[Row], alias: str, sent: Sequence[Raw], error: IntegrityError, *, made_here: Collection[str]
) -> Steps[list[dict[str, Any]]]:
    """The rows that a refused create has written after all, in order.

    `sent` holds the values with their `$id`, 100 rows at most. They are ours if an earlier copy may have been
    applied and nobody else can have made them: the id was `made_here`, or all values are those that were sent.
    Raises what the refusal means otherwise, `DuplicateId` or `UniqueViolation`.
    """
    ref = table._meta.ref(connections[alias].settings.database_id)
    found = yield from rows_by_id(alias, ref, [row["$id"] for row in sent])
    rows = [found[row["$id"].lower()] for row in sent if row["$id"].lower() in found]
    if not rows:
        raise UniqueViolation(taken_value(table), status=error.status, type=error.type) from error
    ours = (_is_ours(mine, found[mine["$id"].lower()], made_here) for mine in sent)
    if error.repeated and len(rows) == len(sent) and all(ours):
        return rows
    taken = ", ".join(repr(row["$id"]) for row in rows[:5])
    message = f"There is a {table.__name__} with the id {taken} already."
    raise DuplicateId(message, status=error.status, type=error.type) from error


def taken_value(table: type[Row]) -> str:
    """The message of a `UniqueViolation`."""
    unique = [" with ".join(index.columns) for index in table._meta.indexes if isinstance(index, UniqueIndex)]
    return f"Another {table.__name__} has this value already. Unique are: {', '.join(unique) or 'unknown'}."


def rows_by_id(alias: str, table: TableRef, ids: list[str]) -> Steps[dict[str, dict[str, Any]]]:
    """The rows with these ids, past the cache, by their ids in lower case: to Appwrite case is nothing in them. A
    hundred ids of 36 characters have room in one condition."""
    if len(ids) == 1:
        row = (yield from connections[alias].follow(GetRow(table, ids[0]).fetch())).data
        return {} if row is None else {ids[0].lower(): row}
    plan = ListRows(table, (Clause("equal", "$id", tuple(ids)),), limit=len(ids))
    answer = yield from connections[alias].follow(plan.fetch())
    return {row["$id"].lower(): row for row in answer.data["rows"]}


def _is_ours(sent: Raw, found: Raw, made_here: Collection[str]) -> bool:
    return sent["$id"] in made_here or all(found.get(key) == sent[key] for key in sent if key[0] != "$")
