"""Join two tables by the values of a column, as appwrite-orm's `join` does: two reads, combined in Python.

Each result is cached, and valid, under its own table's token; the combination is not cached. So a join that begins
after a change of either table shows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldError, ValidationError

from ..exceptions import AppwriteORMError
from ..querysets.query import read_rows
from ..relations.paths import reverse_paths
from ..sansio import Operation
from ..tables import Row, columns, name_problem
from ..tables.columns.relations import ReferenceColumn
from ..tables.kinds import Family

if TYPE_CHECKING:
    from ..querysets.queryset import QuerySet
    from ..querysets.table import Table


class Join:
    """The rows of `left`, each with those of `right` whose `reference_key` equals its `foreign_key`.

    They are set as the attribute `alias`: a row or None where the reference key is the id or has a `UniqueIndex`, else
    a list. `inner` leaves out rows without a match. Raises FieldError for a key that cannot be used, and
    `AppwriteORMError` for an alias that is taken.
    """

    def __init__(
        self,
        left: QuerySet[Table],
        right: QuerySet[Table],
        *,
        foreign_key: str,
        reference_key: str,
        alias: str | None,
        inner: bool,
    ) -> None:
        self._left, self._right, self._inner = left, right, inner
        self._foreign = _key(left.model, foreign_key)
        self._reference = _key(right.model, reference_key)
        self._alias = _free_name(left.model, alias or right.model._meta.name)
        unique = [index.columns for index in right.model._meta.unique_indexes]
        self._one = self._reference.key == "$id" or (self._reference.name,) in unique

    def rows(self) -> Operation[list[Table]]:
        """Read both sides: one request a page of the left one, then one for each page or chunk of values."""
        left = yield from read_rows(self._left)
        values = dict.fromkeys(getattr(row, self._foreign.name) for row in left)
        values = {value: None for value in values if self._comparable(value) is not None}
        matches: dict[Any, list[Table]] = {}
        if values:
            related = self._right.filter(**{f"{self._reference.name}__in": list(values)})
            for row in (yield from read_rows(related)):
                matches.setdefault(self._comparable(getattr(row, self._reference.name)), []).append(row)
        joined = []
        for row in left:
            matching = matches.get(self._comparable(getattr(row, self._foreign.name)), [])
            if matching or not self._inner:
                vars(row)[self._alias] = next(iter(matching), None) if self._one else list(matching)
                joined.append(row)
        return joined

    def _comparable(self, value: Any) -> Any:
        """Return the JSON of a value, equal for equal values; None if the reference key cannot hold it.

        The case of ids is ignored.
        """
        if value is None:
            return None
        try:
            encoded = self._reference.to_query(value)
        except ValidationError:
            return None
        is_id = self._reference.key == "$id" or isinstance(self._reference, ReferenceColumn)
        return encoded.lower() if is_id else encoded


def _key(table: type[Row], name: str) -> columns.Column:
    column = table._meta.get_column(name)
    if column.array or column.family is Family.DOCUMENT:
        raise FieldError(f"{table.__name__}.{name} holds several values; a join needs a column with a single value.")
    return column


def _free_name(table: type[Row], alias: str) -> str:
    problem = name_problem(alias, table) if alias.isidentifier() else "it is not a Python identifier"
    if alias in (path.name for path in reverse_paths(table)):
        problem = "it is the name of a reverse relation"
    if problem:
        raise AppwriteORMError(
            f"A join cannot set the attribute {table.__name__}.{alias}: {problem}. Choose another name with as_=."
        )
    return alias
