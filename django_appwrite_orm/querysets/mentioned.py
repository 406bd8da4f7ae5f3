"""What a question mentions of other tables: the columns it shows and filters by there, and so the tables it reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..plans import Clause, TableRef
from ..relations.cascades import read_along, relationship_ends
from ..relations.paths import path_of

if TYPE_CHECKING:
    from .query import Selection


def columns_to_show(query: Selection[Any], keys: Iterable[str | None] = ()) -> tuple[str, ...]:
    """The columns to select, `keys` among them if any are chosen; none for all.

    Appwrite shows of a relationship only what is asked for in it: here that is the id, of single links where columns
    are chosen, of lists of links where their rows are to be read along. The id of a row that is read along is needed
    whatever is chosen.
    """
    if not query.select and not query.related:
        return ()
    linked = {side.key for side in relationship_ends(query.model)}
    ids = _ids_to_read_along(query)
    chosen = dict.fromkeys((*query.select, *filter(None, keys), *ids)) if query.select else {}
    select = [f"{key}.$id" if key in linked else key for key in chosen]
    lists = [f"{key}.$id" for key in _lists_read_along(query) if key not in chosen]
    return (*(select or (["*"] if lists else [])), *lists)


def _ids_to_read_along(query: Selection[Any]) -> Iterator[str]:
    """The columns with the ids of the rows that are read along."""
    meta = query.model._meta
    for name in _first_relations(query):
        if name in meta.references:
            yield meta.columns[meta.references[name].column_name].key


def _lists_read_along(query: Selection[Any]) -> Iterator[str]:
    for name in _first_relations(query):
        if name not in query.model._meta.references:
            way = path_of(query.model, name)
            if way.here is not None and (way.beyond is None or way.beyond_many):
                yield way.here


def _first_relations(query: Selection[Any]) -> Iterable[str]:
    """The relations of the table itself, whatever is read along of theirs."""
    return dict.fromkeys(path.partition("__")[0] for path in query.related)


def tables_beside(query: Selection[Any], filters: Iterable[Clause], select: Iterable[str] = ()) -> tuple[TableRef, ...]:
    """The tables that a question with these filters and columns reads, besides its own."""
    names = [name for name in (*select, *_attributes(filters)) if "." in name]
    return tuple(table._meta.ref(query.ref.database) for table in read_along(query.model, names))


def _attributes(filters: Iterable[Clause]) -> Iterator[str]:
    for clause in filters:
        if clause.method in ("and", "or"):
            yield from _attributes(clause.values or ())
        elif clause.attribute is not None:
            yield clause.attribute
