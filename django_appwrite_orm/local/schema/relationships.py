"""Relationships in the schema: a column on each visible side, and a table of links between.

A one-way relationship has a key on the other side too; it is hidden, but counts for collisions (observed).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from ..api.errors import AppwriteError
from ..api.identifiers import folded_id
from ..columns.column import PROCESSING, Column, NewColumn
from ..columns.kinds import RELATIONSHIP
from ..defects import AppliedError, Defect, Defects
from ..emulation.dates import now
from ..storage.session import Session
from .column_updates import rename_column
from .columns import check_fits, write_column
from .models import Table
from .repository import tables_where

TYPES: Final = ("oneToOne", "oneToMany", "manyToOne", "manyToMany")
ON_DELETE: Final = ("cascade", "restrict", "setNull")
_NEVER_WITH_ITSELF: Final = ("oneToOne", "manyToOne")
_FAILED: Final = "failed"


def create_relationship(
    session: Session, table: Table, related: Table, args: Mapping[str, Any], defects: Defects
) -> Column:
    """Create a relationship. Raises ``column_already_exists``, ``column_limit_exceeded``."""
    key, back = args["key"] or related.id, args["twoWayKey"] or table.id
    options = {
        "relatedTable": related.id,
        "relationType": args["type"],
        "twoWay": args["twoWay"],
        "twoWayKey": back,
        "onDelete": args["onDelete"],
        "side": "parent",
    }
    new = NewColumn(key, RELATIONSHIP.type, options=options)
    _check_keys(table, related, key, options)
    if _has_column(related, back) and (not args["twoWay"] or not defects.imitate(Defect.HALF_RELATION)):
        raise _taken()
    if _has_column(related, back):
        column = _with_link(session, write_column(session, table, new))
        session.run("UPDATE columns SET status = ? WHERE n = ?", (PROCESSING, column.number))
        raise AppliedError("column_already_exists", "The key exists already on the other side.")
    check_fits(table, new.draft())
    column = _with_link(session, write_column(session, table, new))
    make_links(session, column.number)
    sides = [column]
    if args["twoWay"]:
        other = NewColumn(back, RELATIONSHIP.type, options=mirrored(column, table.id) | {"link": column.number})
        check_fits(related, other.draft())
        sides.append(write_column(session, related, other))
    with_itself = folded_id(table.id) == folded_id(related.id) and args["type"] in _NEVER_WITH_ITSELF
    if with_itself and defects.imitate(Defect.SELF_RELATION):
        why = f'Failed to create relationship indexes: Invalid index attribute "{key}" not found'  # recorded
        for side in sides:
            session.run("UPDATE columns SET status = ?, error = ? WHERE n = ?", (_FAILED, why, side.number))
    return column


def _with_link(session: Session, column: Column) -> Column:
    options = {**column.options, "link": column.number}
    session.run("UPDATE columns SET options = ? WHERE n = ?", (json.dumps(options), column.number))
    return replace(column, options=options)


def mirrored(column: Column, table_id: str) -> dict[str, Any]:
    """Return a relationship's options for the other side; ``table_id`` is the table of this side."""
    side = "child" if column.options["side"] == "parent" else "parent"
    return {**column.options, "relatedTable": table_id, "twoWayKey": column.key, "side": side}


def make_links(session: Session, number: int) -> None:
    """Create the table of links: folded ids of parents and children, in the order of linking."""
    session.run(f"CREATE TABLE l{number} (place INTEGER PRIMARY KEY, parent TEXT NOT NULL, child TEXT NOT NULL)")
    session.run(f"CREATE UNIQUE INDEX l{number}_parent ON l{number} (parent, child)")
    session.run(f"CREATE INDEX l{number}_child ON l{number} (child, parent)")


def _check_keys(table: Table, related: Table, key: str, options: Mapping[str, Any]) -> None:
    back = folded_id(options["twoWayKey"])
    if _has_column(table, key):
        raise _taken()
    for column in table.relationships:
        if folded_id(column.options["relatedTable"]) != folded_id(related.id):
            continue
        both_many = column.options["relationType"] == options["relationType"] == "manyToMany"
        if both_many or folded_id(column.options["twoWayKey"]) == back:
            raise _taken()


def _has_column(table: Table, key: str) -> bool:
    return any(folded_id(column.key) == folded_id(key) for column in table.columns)


def _taken() -> AppwriteError:
    return AppwriteError("column_already_exists", "The key exists already, in this table or on the other side.")


def update_relationship(
    session: Session, table: Table, column: Column, on_delete: str | None, new_key: str | None
) -> Column:
    """Change both sides; without ``on_delete`` it becomes restrict (observed)."""
    if not column.is_relationship:
        raise AppwriteError("general_bad_request", "The column is not a relationship.")
    if new_key:
        column = rename_column(session, table, column, new_key)
    for side in _sides(session, table, column):
        options = {**side.options, "onDelete": on_delete or "restrict"}
        if side.number != column.number:
            options["twoWayKey"] = column.key
        else:
            column = replace(column, options=options, updated=now())
        session.run(
            "UPDATE columns SET options = ?, updated = ? WHERE n = ?", (json.dumps(options), now(), side.number)
        )
    session.change_schema()
    return column


def _sides(session: Session, table: Table, column: Column) -> list[Column]:
    """Return every visible side of a relationship, this one first."""
    sides = [column]
    link = column.options.get("link")
    for other in tables_where(session, table.database, "", ()):
        sides += [
            side for side in other.relationships if side.options.get("link") == link and side.number != column.number
        ]
    return sides


def delete_relationship(session: Session, table: Table, column: Column) -> None:
    """Remove every side and the links."""
    for side in _sides(session, table, column):
        session.run("DELETE FROM columns WHERE n = ?", (side.number,))
    link = int(column.options["link"])
    session.run(f"DROP TABLE IF EXISTS l{link}")
    session.run("DELETE FROM spellings WHERE link = ?", (link,))
    session.change_schema()


def delete_relationships_of(session: Session, table: Table) -> None:
    """Remove all relationships of a table that is about to be deleted."""
    for other in tables_where(session, table.database, "", ()):
        for column in other.relationships:
            if other.number == table.number or folded_id(column.options["relatedTable"]) == folded_id(table.id):
                delete_relationship(session, other, column)
