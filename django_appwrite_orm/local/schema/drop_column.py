"""Remove a column, also from its indexes."""

from __future__ import annotations

import json
from dataclasses import replace

from ..columns.column import STUCK, Column
from ..storage.session import Session
from .databases import reread
from .ddl import drop_column, drop_index, make_index
from .indexes import delete_index
from .models import Index, Table
from .relationships import delete_relationship


def delete_column(session: Session, table: Table, column: Column) -> None:
    """Remove a column.

    A composite key index loses the column. A column in a composite unique index gets the status stuck instead, since
    rows would become equal without it (both observed).
    """
    if column.is_relationship:
        delete_relationship(session, table, column)
        return
    holding = [index for index in table.indexes if column.key in index.columns]
    if any(index.type == "unique" and len(index.columns) > 1 for index in holding):
        session.run("UPDATE columns SET status = ? WHERE n = ?", (STUCK, column.number))
        session.change_schema()
        return
    for index in holding:
        drop_index(session, index)
    session.run("DELETE FROM columns WHERE n = ?", (column.number,))
    drop_column(session, table, column)
    session.change_schema()
    remaining = reread(session, table)
    for index in holding:
        _shrink(session, remaining, index, column.key)


def _shrink(session: Session, table: Table, index: Index, key: str) -> None:
    position = index.columns.index(key)
    columns = tuple(name for name in index.columns if name != key)
    if not columns:
        delete_index(session, index)
        return
    orders = tuple(order for other_position, order in enumerate(index.orders) if other_position != position)
    session.run(
        "UPDATE indexes SET columns = ?, lengths = '[]', orders = ? WHERE n = ?",
        (json.dumps(columns), json.dumps(orders), index.number),
    )
    make_index(session, table, replace(index, columns=columns, lengths=(), orders=orders))
