"""`Table`: the base of a project's tables, a row that can save itself."""

from __future__ import annotations

import inspect
from collections.abc import Collection
from typing import Any, ClassVar, Self

from ..credentials import Using
from ..routers import aliases
from ..sansio import Operation, twins
from ..tables import Row, alters_data
from .managers import Manager, choose_managers
from .persistence import save as saving
from .prefetch import related_rows
from .query import get_row
from .related_descriptors import ReverseRows, forward_descriptor


class Table(Row):
    """Base of the tables of a project. Declare columns as class attributes and options in `class Meta`."""

    objects = Manager()
    # Django's shortcuts, views and forms read these of a class.
    _default_manager: ClassVar[Manager]
    _base_manager: ClassVar[Manager]
    _reverse_descriptor = ReverseRows

    class Meta:
        abstract = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._default_manager, cls._base_manager = choose_managers(cls)
        for name, relation in cls._meta.relations.items():
            if inspect.getattr_static(cls, name) is relation:
                setattr(cls, name, forward_descriptor(relation))

    def _alias(self, using: Using | None) -> Using:
        return using or self._using or aliases[type(self)]

    @alters_data
    def _save(
        self, *, using: Using | None = None, update_fields: Collection[str] | None = None, if_unchanged: bool = False
    ) -> Operation[Self]:
        """Write the row: all of a new one, else only the columns that changed, and nothing if none did.

        - `update_fields`: write only these columns.
        - `if_unchanged`: write only if nobody has written the row since it was read, else raise `Conflict`; that takes
          five requests instead of one.

        A column may be set to an expression of its stored value: `book.pages = F("pages") + 1`. Raises ValidationError
        before any request, `DuplicateId` or `UniqueViolation` when the id or a unique value of a new row is taken.
        """
        return saving.save(self, self._alias(using), update_fields=update_fields, if_unchanged=if_unchanged)

    save, asave = twins(_save)

    @alters_data
    def _delete(self, *, using: Using | None = None) -> Operation[tuple[int, dict[str, int]]]:
        """Delete the row. Raises `NotFound` when it is gone already."""
        return saving.delete(self, self._alias(using))

    delete, adelete = twins(_delete)

    def _refresh_from_db(self, *, using: Using | None = None) -> Operation[None]:
        """Read the row again, past the cache, and discard unsaved changes. Raises DoesNotExist."""
        rows = type(self)._meta.base_manager.bound(type(self), self._alias(using)).get_queryset()
        fresh = yield from get_row(rows.uncached(), pk=self.id)
        self._load(fresh._raw)
        related_rows(self).clear()

    refresh_from_db, arefresh_from_db = twins(_refresh_from_db)
