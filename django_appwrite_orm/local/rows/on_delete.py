"""The effect of a deletion on linked rows: the relationship's onDelete.

The rules differ by kind and side as on the server; where it does nothing, the link to a missing row stays.
"""

from __future__ import annotations

from ..api.errors import AppwriteError
from ..schema.models import Table
from .context import RequestContext
from .links import Side, linked_ids, related_table, side_of, unlink
from .repository import delete_rows, find_row


def release_links(
    context: RequestContext, table: Table, id: str, deleting: frozenset[tuple[int, str]] = frozenset()
) -> None:
    """Remove or keep a row's links before its deletion; cascades delete. Raises ``row_delete_restricted``."""
    deleting |= {(table.number, id)}
    for column in table.linked:
        side = side_of(column)
        mode, is_parent = column.options["onDelete"], column.options["side"] == "parent"
        far_ids = linked_ids(context.session, side, id)
        if mode == "restrict":
            related = related_table(context, table, side)
            _restrict(side, is_parent, any(find_row(context.session, related, far, ()) for far in far_ids))
        elif mode == "cascade" and _cascades(side, is_parent):
            for far in far_ids:
                _delete_linked(context, related_table(context, table, side), far, deleting)
        if not _stays(side, is_parent):
            unlink(context.session, side, id)


def _stays(side: Side, is_parent: bool) -> bool:
    """Return whether the link of a deleted one-to-one child stays.

    It does where a restricted child sees its parent (observed), and where a cascading one does not (the database
    library).
    """
    options = side.column.options
    if is_parent or options["relationType"] != "oneToOne":
        return False
    return bool(options["onDelete"] == ("restrict" if options["twoWay"] else "cascade"))


def _restrict(side: Side, is_parent: bool, linked: bool) -> None:
    """Refuse to delete a parent with links, and a linked one side of many-to-one; other children may be deleted."""
    kind = side.column.options["relationType"]
    refused = (is_parent and kind != "manyToOne") or (not is_parent and kind == "manyToOne")
    if linked and refused:
        raise AppwriteError("row_delete_restricted", "Other rows are linked to this one.")


def _cascades(side: Side, is_parent: bool) -> bool:
    kind = side.column.options["relationType"]
    return (
        (kind == "oneToOne" and (is_parent or bool(side.column.options["twoWay"])))
        or (is_parent and kind in ("oneToMany", "manyToMany"))
        or (not is_parent and kind == "manyToOne")
    )


def _delete_linked(context: RequestContext, table: Table, id: str, deleting: frozenset[tuple[int, str]]) -> None:
    stored = find_row(context.session, table, id, ())
    if stored is None or (table.number, id) in deleting:
        return
    release_links(context, table, id, deleting)
    delete_rows(context.session, table, [stored[0]])
