"""Names that a column cannot have in Python, and suggestions for unknown ones."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .system_columns import SYSTEM_NAMES

if TYPE_CHECKING:
    from .row import Row

# Methods take columns as keyword arguments, beside `self`.
_RESERVED = (*SYSTEM_NAMES, "self")
_MISSING = object()


def name_problem(name: str, base: type[Row]) -> str | None:
    """Return why a column of a table derived from `base` cannot have this name in Python; None when it can."""
    if name in _RESERVED or inspect.getattr_static(base, name, _MISSING) is not _MISSING:
        return "every row has an attribute of this name"
    if name.startswith("_") or name.endswith("_") or "__" in name:
        return "leading, trailing and double underscores have a meaning in lookups"
    return None


def unknown_column(table: type[Row], name: str, also: Iterable[str] = ()) -> str:
    """Return the message for a name that is not a column of `table`, with similar names, those in `also` included.

    A reference is suggested by its own name, not by that of the column that holds the id.
    """
    if name in SYSTEM_NAMES:
        return f"{table.__name__}.{name} is not a declared column and cannot be used here."
    if (relation := name.partition("__")[0]) in table._meta.relations and relation != name:
        return f"{table.__name__} has no column {name!r}: only lookups, as in filter(), follow {relation!r}."
    meta = table._meta
    near = difflib.get_close_matches(name, [*meta.relations, *meta.columns, *SYSTEM_NAMES, *also])
    id_columns = {meta.references[match].column_name for match in near if match in meta.references}
    near = [match for match in near if match not in id_columns or name.endswith("_id")] or sorted(meta.columns)
    return f"{table.__name__} has no column {name!r}. Did you mean: {', '.join(near) or 'it has no columns'}?"
