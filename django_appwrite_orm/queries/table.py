"""`Table`: what users derive their tables from. A row that can save itself, and the door to all rows."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NoReturn, Self, TypeVar, overload

from ..steps import Steps, arun, run
from ..tables import Row
from . import writes
from .operations import alias_of
from .queryset import QuerySet

R = TypeVar("R", bound=Row)


class Manager:
    """`objects`: a fresh queryset of the table it stands in. Give it a QuerySet class of your own to add
    methods: `objects = Manager(ProductQuerySet)`."""

    def __init__(self, queryset: type[QuerySet[Any]] = QuerySet) -> None:
        self._queryset = queryset

    @overload
    def __get__(self, row: None, table: type[R]) -> QuerySet[R]: ...
    @overload
    def __get__(self, row: Row, table: type[R]) -> NoReturn: ...
    def __get__(self, row: Row | None, table: type[R]) -> QuerySet[R]:
        if row is not None:
            raise AttributeError(f"Manager isn't accessible via {table.__name__} rows.")
        return self._queryset(table)


class Table(Row):
    """Base of the tables of a project. Declare columns as class attributes and the rest in `class Meta`."""

    objects = Manager()
    _default_manager = objects  # what Django's get_object_or_404 asks a class for

    class Meta:
        abstract = True

    def _alias(self, using: str | None) -> str:
        return using or self._using or alias_of(type(self))

    def save(
        self, *, using: str | None = None, update_fields: Collection[str] | None = None, if_unchanged: bool = False
    ) -> Self:
        """Write the row: all of a new one, else only the columns that changed, and nothing if none did.

        `update_fields`: none but these columns. `if_unchanged`: only if nobody has written the row since it was
        read, else `Conflict`; that takes five requests instead of one. A column may be set to an expression of
        its stored value: `book.pages = F("pages") + 1`.
        Raises ValidationError before any request, `DuplicateId` or `UniqueViolation` when the id or a unique value
        of a new row is taken.
        """
        return run(writes.save(self, self._alias(using), update_fields=update_fields, if_unchanged=if_unchanged))

    async def asave(
        self, *, using: str | None = None, update_fields: Collection[str] | None = None, if_unchanged: bool = False
    ) -> Self:
        return await arun(writes.save(self, self._alias(using), update_fields=update_fields, if_unchanged=if_unchanged))

    def delete(self, *, using: str | None = None) -> tuple[int, dict[str, int]]:
        """Delete the row. Raises `NotFound` when it is gone already."""
        return run(writes.delete(self, self._alias(using)))

    async def adelete(self, *, using: str | None = None) -> tuple[int, dict[str, int]]:
        return await arun(writes.delete(self, self._alias(using)))

    def _reload(self, using: str | None) -> Steps[None]:
        fresh = yield from QuerySet(type(self), self._alias(using)).uncached()._get(pk=self.id)
        self._load(fresh._raw)

    def refresh_from_db(self, *, using: str | None = None) -> None:
        """Read the row anew, past the cache, and forget unsaved changes. Raises DoesNotExist."""
        run(self._reload(using))

    async def arefresh_from_db(self, *, using: str | None = None) -> None:
        await arun(self._reload(using))
