"""`Table`: what users derive their tables from. A row that can save itself, and the door to all rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Self

from ..execution import alias_of
from ..registry import registry
from ..relations.paths import path_of, reverse_paths, unseen
from ..sansio import Operation, refuse_event_loop, run_async, run_sync
from ..tables import Row, alters_data
from ..tables.columns import Reference
from ..tables.columns.relations import RelationshipToMany
from .managers import Manager, choose_managers
from .persistence import save
from .prefetch import asked_beside, ids_of, related_rows, rows_among, rows_at
from .queryset import QuerySet


class Table(Row):
    """Base of the tables of a project. Declare columns as class attributes and the rest in `class Meta`."""

    objects = Manager()
    # What Django's shortcuts, views and forms ask a class for.
    _default_manager: ClassVar[Manager]
    _base_manager: ClassVar[Manager]

    class Meta:
        abstract = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._default_manager, cls._base_manager = choose_managers(cls)

    def _alias(self, using: str | None) -> str:
        return using or self._using or alias_of(type(self))

    @alters_data
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
        return run_sync(save.save(self, self._alias(using), update_fields=update_fields, if_unchanged=if_unchanged))

    async def asave(
        self, *, using: str | None = None, update_fields: Collection[str] | None = None, if_unchanged: bool = False
    ) -> Self:
        return await run_async(
            save.save(self, self._alias(using), update_fields=update_fields, if_unchanged=if_unchanged)
        )

    @alters_data
    def delete(self, *, using: str | None = None) -> tuple[int, dict[str, int]]:
        """Delete the row. Raises `NotFound` when it is gone already."""
        return run_sync(save.delete(self, self._alias(using)))

    async def adelete(self, *, using: str | None = None) -> tuple[int, dict[str, int]]:
        return await run_async(save.delete(self, self._alias(using)))

    def _related_row(self, reference: Reference) -> Any:
        other_id = getattr(self, reference.column_name)
        if other_id is None:
            return None
        known = related_rows(self).get(reference.name)
        if known is None or known[0] != other_id:
            refuse_event_loop(
                f"{type(self).__name__}.{reference.name} has not been read, and reading it would block the event loop."
                f" Read it along with the rows: select_related({reference.name!r})."
            )
            table = registry.target(type(self), reference)
            row = run_sync(_row_or_none(asked_beside(table, self._alias(None)), other_id))
            known = related_rows(self)[reference.name] = (other_id, row)
        if known[1] is None:
            missing = f"{self!r} refers to the {reference.name} {other_id!r}, which does not exist."
            raise registry.target(type(self), reference).DoesNotExist(missing)
        return known[1]

    def _set_related_row(self, reference: Reference, other: Row | None) -> None:
        wanted = registry.target(type(self), reference)
        if other is not None and not (isinstance(other, wanted) and other.id is not None):
            raise ValueError(f"{type(self).__name__}.{reference.name} takes a saved {wanted.__name__}, not {other!r}.")
        other_id = None if other is None else other.id
        setattr(self, reference.column_name, other_id)
        related_rows(self)[reference.name] = (other_id, other)

    def _related_rows(self, relationship: RelationshipToMany) -> Any:
        set_here = self._values.get(relationship.name)
        if set_here is not None:
            return rows_among(registry.target(type(self), relationship), set_here, self._alias(None))
        return rows_at(self, path_of(type(self), relationship.name), self._alias(None))

    def _set_related_rows(self, relationship: RelationshipToMany, others: Iterable[Row | str]) -> None:
        self._values[relationship.name] = ids_of(type(self), relationship, others)
        related_rows(self).pop(relationship.name, None)

    if not TYPE_CHECKING:  # what a way back is called is known to the other tables

        def __getattr__(self, name: str) -> Any:
            """The way back of a relation: the rows of another table that lead to this one."""
            way = None if name.startswith("_") else next((w for w in reverse_paths(type(self)) if w.name == name), None)
            if way is None:
                return super().__getattribute__(name)  # raises what led here: a column was not read, for instance
            if not way.can_be_walked:
                raise AttributeError(unseen(type(self), way))
            return rows_at(self, way, self._alias(None))

    def _reload(self, using: str | None) -> Operation[None]:
        rows = type(self)._meta.base_manager.bound(type(self), self._alias(using)).get_queryset()
        fresh = yield from rows.uncached()._get(pk=self.id)
        self._load(fresh._raw)
        related_rows(self).clear()

    def refresh_from_db(self, *, using: str | None = None) -> None:
        """Read the row anew, past the cache, and forget unsaved changes. Raises DoesNotExist."""
        run_sync(self._reload(using))

    async def arefresh_from_db(self, *, using: str | None = None) -> None:
        await run_async(self._reload(using))


def _row_or_none(rows: QuerySet[Any], row_id: str) -> Operation[Any]:
    try:
        return (yield from rows._get(pk=row_id))
    except rows.model.DoesNotExist:
        return None
