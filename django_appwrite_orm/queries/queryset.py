"""A lazy question about the rows of one table, with Django's words and meanings.

Every method that asks or changes has an asynchronous twin with an `a` in front; both run the same steps.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ..connection import connections
from ..exceptions import ConfigurationError
from ..steps import arun, run
from ..tables import Row, alters_data
from .changes import Changes
from .managers import Manager, proxies
from .numbers import Numbers
from .operations import invalidate
from .recognized import Hidden, QueryFacts, Recognized

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

    @classmethod
    def as_manager(cls) -> ManagerOf[Self]:
        """A manager of these querysets: `objects = ProductQuerySet.as_manager()`."""
        return Manager(cls)

    def is_updated(self) -> bool:
        """Whether cached answers of this table are current: it has been read since it last changed."""
        return run(connections[self.db].is_current(self.ref))

    async def ais_updated(self) -> bool:
        return await arun(connections[self.db].is_current(self.ref))

    @alters_data
    def set_updated(self, updated: bool) -> None:
        """`set_updated(False)` makes every cached answer of this table a miss. True changes nothing: no one
        can declare old answers fresh."""
        if not updated:
            run(invalidate(self.model, self.db))

    async def aset_updated(self, updated: bool) -> None:
        if not updated:
            await arun(invalidate(self.model, self.db))

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
