"""Links between rows, in the table of links that a relationship has."""

# ruff: noqa: S608 -- SQL contains only our own names and numbers, values are bound
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..api.errors import AppwriteError
from ..api.identifiers import folded_id
from ..columns.column import Column
from ..schema.models import Table
from ..storage.session import Session
from .context import RequestContext


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a relationship.

    - ``near``, ``far``: the columns of the link table for this row and for the related one.
    - ``many``: a row here may have several links. ``far_many``: a related row may have several.
    - ``holds``: this side shows the id of the linked row, and filters may use it; other sides are virtual.
    """

    column: Column
    links: str
    near: str
    far: str
    many: bool
    far_many: bool
    holds: bool

    @property
    def related_id(self) -> str:
        return str(self.column.options["relatedTable"])


def side_of(column: Column) -> Side:
    """Return the side of a relationship that a column is."""
    kind, parent = column.options["relationType"], column.options["side"] == "parent"
    many = kind == "manyToMany" or kind == ("oneToMany" if parent else "manyToOne")
    far_many = kind == "manyToMany" or kind == ("manyToOne" if parent else "oneToMany")
    near, far = ("parent", "child") if parent else ("child", "parent")
    return Side(column, f"l{int(column.options['link'])}", near, far, many, far_many, not many)


def visible_sides(table: Table) -> list[Side]:
    """Return the sides that clients see as columns of the table."""
    return [side_of(column) for column in table.linked if column not in table.hidden]


def related_table(context: RequestContext, table: Table, side: Side) -> Table:
    """Return the table on the other side."""
    return context.schema_cache.table(context.session, table.database.id, side.related_id)


def linked_ids(session: Session, side: Side, id: str) -> list[str]:
    """Return the folded ids of linked rows, in the order of linking."""
    sql = f"SELECT {side.far} FROM {side.links} WHERE {side.near} = ? ORDER BY place"
    return [row[0] for row in session.all(sql, (folded_id(id),))]


def check_link_is_free(session: Session, side: Side, id: str, far_ids: Iterable[str]) -> None:
    """Check that the rows of a one-to-one relationship have no other link. Raises ``row_already_exists``.

    The server has unique indexes for this: on the related row, and for a two-way relationship on this one (the database
    library).
    """
    if side.many or side.far_many:
        return
    for far in map(folded_id, far_ids):
        other = f"SELECT 1 FROM {side.links} WHERE {side.far} = ? AND {side.near} != ?"
        taken = session.first(other, (far, folded_id(id))) is not None
        if side.column.options["twoWay"]:
            taken = taken or any(linked != far for linked in linked_ids(session, side, id))
        if taken:
            raise AppwriteError(
                "row_already_exists", f"`{side.column.key}` is one-to-one, and one of the two rows has another link."
            )


def set_links(session: Session, side: Side, id: str, far_ids: Iterable[str]) -> None:
    """Replace the links of a row; a related row that may have one link only loses its former one."""
    near, far_ids = folded_id(id), list(far_ids)
    store_spellings(session, side, far_ids)
    session.run(f"DELETE FROM {side.links} WHERE {side.near} = ?", (near,))
    for far in dict.fromkeys(map(folded_id, far_ids)):
        if not side.far_many:
            session.run(f"DELETE FROM {side.links} WHERE {side.far} = ?", (far,))
        session.run(f"INSERT INTO {side.links} ({side.near}, {side.far}) VALUES (?, ?)", (near, far))


def store_spellings(session: Session, side: Side, ids: Iterable[str]) -> None:
    """Store the spelling of ids, for links to rows that do not exist (any more)."""
    sql = "INSERT OR REPLACE INTO spellings (link, id_f, id) VALUES (?, ?, ?)"
    session.run_many(sql, [(int(side.links[1:]), folded_id(id), id) for id in ids])


def stored_spelling(session: Session, side: Side, id: str) -> str:
    """Return an id as it was linked; folded, where its spelling was not stored."""
    sql = "SELECT id FROM spellings WHERE link = ? AND id_f = ?"
    row = session.first(sql, (int(side.links[1:]), id))
    return str(row[0]) if row else id


def unlink(session: Session, side: Side, id: str) -> None:
    """Remove the links of a row."""
    session.run(f"DELETE FROM {side.links} WHERE {side.near} = ?", (folded_id(id),))


def rename_links(session: Session, table: Table, old: str, new: str) -> None:
    """Change the links of a row whose id changes."""
    if folded_id(old) != folded_id(new):
        for side in map(side_of, table.linked):
            session.run(
                f"UPDATE {side.links} SET {side.near} = ? WHERE {side.near} = ?", (folded_id(new), folded_id(old))
            )
