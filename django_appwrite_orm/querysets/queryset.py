"""A lazy question about the rows of one table, with Django's words and meanings.

Every method that asks or changes has an asynchronous twin with an `a` in front; both run the same steps.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ..connection import connections
from ..exceptions import ConfigurationError, NotSupportedError
from ..execution import invalidate
from ..sansio import run_async, run_sync
from ..tables import Row, alters_data
from .changes import Changes
from .django_queryset import Hidden, QueryFacts, Recognized
from .lookups.subqueries import values_of
from .managers import Manager, proxies
from .numbers import Numbers

if TYPE_CHECKING:
    from .managers import ManagerOf

R = TypeVar("R", bound=Row)


class QuerySet(Changes[R], Numbers[R], Recognized):
    """Rows of `model`: see `Selection` for which, `Results`, `Numbers` and `Changes` for what can be done.

    It is a `django.db.models.QuerySet` for whoever tests that, and has nothing else of it.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in vars(cls):
            if name.startswith("_") and isinstance(inspect.getattr_static(QuerySet, name, None), Hidden):
                raise ConfigurationError(
                    f"{cls.__name__}.{name} is an internal of Django's querysets that nothing calls here. Override a"
                    " public method, such as filter(), get() or update()."
                )

    @property
    def query(self) -> QueryFacts:
        """What Django, DRF and others read of a queryset's query; there is no SQL."""
        return QueryFacts(self.is_empty)

    @property
    def ordered(self) -> bool:
        """True: rows come in the order of creation where no other is asked for."""
        return True

    def resolve_expression(self, query: object = None, *args: object, for_save: bool = False, **kwargs: object) -> Any:
        """The values for `in` in a lookup of a Django model, which calls this: read now, and ids where no column was
        named. Without it, Django would compare with the text of each row or dict. Raises FieldError for several
        columns, and NotSupportedError where Django would make a subquery of it to save, whose text it would save."""
        if for_save:
            raise NotSupportedError(
                f"A queryset of {self.model.__name__} cannot be saved in a column of a Django model: give one of its"
                " values, such as queryset.values_list('name', flat=True)[0]."
            )
        return values_of(self.names, self)

    @classmethod
    def as_manager(cls) -> ManagerOf[Self]:
        """A manager of these querysets: `objects = ProductQuerySet.as_manager()`."""
        return Manager(cls)

    def is_updated(self) -> bool:
        """Whether cached answers of this table are current: it has been read since it last changed."""
        return run_sync(connections[self.db].is_current(self.ref))

    async def ais_updated(self) -> bool:
        return await run_async(connections[self.db].is_current(self.ref))

    @alters_data
    def set_updated(self, updated: bool) -> None:
        """`set_updated(False)` makes every cached answer of this table a miss. True changes nothing: no one
        can declare old answers fresh."""
        if not updated:
            run_sync(invalidate(self.model, self.db))

    async def aset_updated(self, updated: bool) -> None:
        if not updated:
            await run_async(invalidate(self.model, self.db))

    @alters_data
    def refresh(self) -> list[R]:
        """Drop the table's cached answers and read these rows anew."""
        self.set_updated(False)
        return list(self._clone())

    async def arefresh(self) -> list[R]:
        await self.aset_updated(False)
        return [row async for row in self._clone()]


Manager.queryset_class = QuerySet
for _name, _method in proxies(QuerySet, Manager).items():
    setattr(Manager, _name, _method)
