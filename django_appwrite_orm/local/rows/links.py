"""Relationships between rows: which way a column looks at its table of links."""

# ruff: noqa: S608 -- names in SQL are numbers and words of ours, a client's values are bound
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
    """One side of a relationship. ``near`` and ``far`` name the columns of the link table, as seen from here;
    ``many`` says that a row here may have several links, ``far_many`` the same of the rows over there. A side that
    ``holds`` the link shows it as an id and can be filtered by it; the others are virtual."""

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
    """How a relationship column looks at its links."""
    kind, parent = column.options["relationType"], column.options["side"] == "parent"
    many = kind == "manyToMany" or kind == ("oneToMany" if parent else "manyToOne")
    far_many = kind == "manyToMany" or kind == ("manyToOne" if parent else "oneToMany")
    near, far = ("parent", "child") if parent else ("child", "parent")
    return Side(column, f"l{int(column.options['link'])}", near, far, many, far_many, not many)


def visible_sides(table: Table) -> list[Side]:
    """The sides a client sees as columns of the table."""
    return [side_of(column) for column in table.linked if column not in table.hidden]


def related_table(context: RequestContext, table: Table, side: Side) -> Table:
    return context.schema_cache.table(context.session, table.database.id, side.related_id)


def linked_ids(session: Session, side: Side, id: str) -> list[str]:
    """The folded ids a row is linked to, in the order they were linked."""
    sql = f"SELECT {side.far} FROM {side.links} WHERE {side.near} = ? ORDER BY place"
    return [row[0] for row in session.all(sql, (folded_id(id),))]


def check_free(session: Session, side: Side, id: str, far_ids: Iterable[str]) -> None:
    """Raises ``row_already_exists`` where a one-to-one relationship, which the server keeps by unique indexes, has
    another link: of the row over there, or, where it is two-way, of this one (the database library)."""
    if side.many or side.far_many:
        return
    for far in map(folded_id, far_ids):
        other = f"SELECT 1 FROM {side.links} WHERE {side.far} = ? AND {side.near} != ?"
        taken = session.first(other, (far, folded_id(id))) is not None
        if side.column.options["twoWay"]:
            taken = taken or any(linked != far for linked in linked_ids(session, side, id))
        if taken:
            raise AppwriteError("row_already_exists", f"`{side.column.key}` links two rows, one of which is linked.")


def set_links(session: Session, side: Side, id: str, far_ids: Iterable[str]) -> None:
    """Link a row to exactly these; where a row over there can have one link only, it leaves its former one."""
    near, far_ids = folded_id(id), list(far_ids)
    write_down(session, side, far_ids)
    session.run(f"DELETE FROM {side.links} WHERE {side.near} = ?", (near,))
    for far in dict.fromkeys(map(folded_id, far_ids)):
        if not side.far_many:
            session.run(f"DELETE FROM {side.links} WHERE {side.far} = ?", (far,))
        session.run(f"INSERT INTO {side.links} ({side.near}, {side.far}) VALUES (?, ?)", (near, far))


def write_down(session: Session, side: Side, ids: Iterable[str]) -> None:
    """Keep how ids are written, for links to rows that are not there or no longer."""
    sql = "INSERT OR REPLACE INTO spellings (link, id_f, id) VALUES (?, ?, ?)"
    session.run_many(sql, [(int(side.links[1:]), folded_id(id), id) for id in ids])


def as_written(session: Session, side: Side, id: str) -> str:
    """An id as it was linked; folded, where that was never written down."""
    sql = "SELECT id FROM spellings WHERE link = ? AND id_f = ?"
    row = session.first(sql, (int(side.links[1:]), id))
    return str(row[0]) if row else id


def unlink(session: Session, side: Side, id: str) -> None:
    session.run(f"DELETE FROM {side.links} WHERE {side.near} = ?", (folded_id(id),))


def rename_links(session: Session, table: Table, old: str, new: str) -> None:
    """Links follow a row that gets another id."""
    if folded_id(old) != folded_id(new):
        for side in map(side_of, table.linked):
            session.run(
                f"UPDATE {side.links} SET {side.near} = ? WHERE {side.near} = ?", (folded_id(new), folded_id(old))
            )
