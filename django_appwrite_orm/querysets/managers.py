"""`objects`: managers, which decide which rows of a table are visible."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NoReturn, Self, TypeVar, overload

from ..credentials import Using
from ..exceptions import ConfigurationError
from ..tables import Overridable, Row
from .query import query_of, with_query

if TYPE_CHECKING:
    from .queryset import QuerySet

R = TypeVar("R", bound=Row)
Rows = TypeVar("Rows", bound="QuerySet[Any]")
Rows_co = TypeVar("Rows_co", covariant=True)
Lead = Callable[["QuerySet[Any]"], "QuerySet[Any]"]


class Manager(Overridable):
    """`objects = Manager()`, `objects = Manager(ProductQuerySet)` or `objects = ProductQuerySet.as_manager()`.

    `Product.objects` is the result of `get_queryset()`, a new queryset each time. Override it to decide which rows are
    visible through `objects` and reverse relations. Django's views, the verbs and template tags use the default
    manager. If a manager class defines further methods, `Product.objects` is the manager itself, which also
    has every method of its queryset; `Product.objects.filter(...)` is a queryset.

    The first manager of a class is its default one unless `Meta.default_manager_name` names another. References are
    followed, and rows refreshed, by a plain manager unless `Meta.base_manager_name` names one.
    """

    queryset_class: ClassVar[type[Any]]  # the default
    _queryset_class: type[Any]
    _db: Using | None = None
    _lead: Lead | None = None
    model: Any = None
    name: str | None = None

    if TYPE_CHECKING:

        @overload
        def __new__(cls) -> Self: ...
        @overload
        def __new__(cls, queryset: type[Rows]) -> ManagerOf[Rows]: ...
        def __new__(cls, queryset: type[Any] | None = None) -> Any: ...

    else:

        def __init__(self, queryset: type[Any] | None = None) -> None:
            self._queryset_class = queryset or type(self).queryset_class

    @classmethod
    def from_queryset(cls, queryset_class: type[Rows], class_name: str | None = None) -> type[ManagerOf[Rows]]:
        """Return a manager class with the methods of this queryset class, to be used or derived from."""
        name = class_name or f"{cls.__name__}From{queryset_class.__name__}"
        return type(name, (cls,), {"queryset_class": queryset_class, **proxies(queryset_class, cls)})

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if hooks := [name for name in ("check", "contribute_to_class", "deconstruct") if name in vars(cls)]:
            raise ConfigurationError(
                f"{cls.__name__}.{hooks[0]}() is a hook of Django's managers that is not called here. Move its code to"
                " the table class, or register a system check."
            )
        if getattr(cls, "use_in_migrations", False):
            raise ConfigurationError(
                f"{cls.__name__}.use_in_migrations has no effect here: migrate_appwrite compares tables with the"
                " server and runs no Python code. Remove it."
            )

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, row: Row, table: type[Any]) -> NoReturn: ...
    @overload
    def __get__(self, row: None, table: type[R]) -> QuerySet[R]: ...
    def __get__(self, row: Row | None, table: type[Any]) -> Any:
        if row is not None:
            raise AttributeError(f"Manager isn't accessible via {table.__name__} rows.")
        return self.bound(table).exposed()

    def bound(self, table: type[Row], using: Using | None = None, lead: Lead | None = None) -> Self:
        """Return this manager for `table`, on one connection, and only for the rows that `lead` selects."""
        kind: Any = type(self)
        bound: Self = object.__new__(kind)
        vars(bound).update(vars(self), model=table)
        if using is not None or lead is not None:
            bound._db, bound._lead = using, lead
            bound.__class__ = _placed(kind)
        return bound

    def db_manager(self, using: Using) -> Self:
        """Return the same manager on another connection."""
        return self.bound(self.model, using, self._lead)

    def exposed(self) -> Any:
        """Return the value of `Table.objects`: a queryset, or the manager if it defines methods of its own."""
        kind: Any = type(self)
        return self if _has_own_methods(kind) else self.get_queryset()

    def get_queryset(self) -> QuerySet[Any]:
        """Return a new queryset of the visible rows."""
        return self._queryset_class(self.model, self._db)  # type: ignore[no-any-return]

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Look up other attributes on its queryset."""
            if name.startswith("_") or self.model is None:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)
            return getattr(self.get_queryset(), name)


if TYPE_CHECKING:

    class ManagerOf(Manager, Generic[Rows_co]):
        """A manager with a queryset class, for type checkers."""

        @overload  # type: ignore[override]
        def __get__(self, row: Row, table: type[Any]) -> NoReturn: ...
        @overload
        def __get__(self, row: None, table: type[Any]) -> Rows_co: ...
        def __get__(self, row: Row | None, table: type[Any]) -> Any: ...


@lru_cache
def _placed(manager: Any) -> Any:
    """Return a manager class that applies its connection and `lead` to the result of `get_queryset()`."""

    def get_queryset(self: Manager) -> QuerySet[Any]:
        rows: QuerySet[Any] = manager.get_queryset(self)
        if self._db is not None:
            rows = with_query(rows, query_of(rows).replace(db=self._db, is_placed=True))
        return rows if self._lead is None else self._lead(rows)

    return type(manager.__name__, (manager,), {"__module__": manager.__module__, "get_queryset": get_queryset})


@lru_cache
def _has_own_methods(manager: Any) -> bool:
    own = manager.__mro__[: manager.__mro__.index(Manager)]
    names = {name: value for base in own for name, value in vars(base).items() if not name.startswith("_")}
    return any(
        name not in ("get_queryset", "queryset_class") and not hasattr(value, "stands_for")
        for name, value in names.items()
    )


_SPECIAL = ("__iter__", "__aiter__", "__len__", "__bool__", "__getitem__", "__and__", "__or__")


def proxies(queryset_class: type[Any], manager: type[Any]) -> dict[str, Any]:
    """Return the methods of a queryset class for a manager class, so that an override can call `super()`."""
    names = [name for name in dir(queryset_class) if name in _SPECIAL or not name.startswith("_")]
    methods = {name: inspect.getattr_static(queryset_class, name) for name in names}
    return {
        name: _proxy(name, method)
        for name, method in methods.items()
        if inspect.isfunction(method) and not hasattr(manager, name)
    }


def _proxy(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    proxy: Any
    if inspect.iscoroutinefunction(method):

        @wraps(method)
        async def proxy(self: Manager, *args: Any, **kwargs: Any) -> Any:
            return await getattr(self.get_queryset(), name)(*args, **kwargs)

    else:

        @wraps(method)
        def proxy(self: Manager, *args: Any, **kwargs: Any) -> Any:
            return getattr(self.get_queryset(), name)(*args, **kwargs)

    proxy.stands_for = method
    return proxy  # type: ignore[no-any-return]


def choose_managers(table: type[Row]) -> tuple[Manager, Manager]:
    """Set the default and the base manager of a table class in its `_meta`, and return them.

    Raises `ConfigurationError` for a name in Meta that is not a manager.
    """
    meta = table._meta
    attributes: dict[str, Any] = {}
    for base in table.__mro__:
        for name, value in vars(base).items():
            if not name.startswith("_"):
                attributes.setdefault(name, value)
    managers = {name: value for name, value in attributes.items() if isinstance(value, Manager)}
    for option, manager_name in (("default", meta.default_manager_name), ("base", meta.base_manager_name)):
        if manager_name is not None and manager_name not in managers:
            available = ", ".join(managers) or "none"
            raise ConfigurationError(
                f"{table.__name__}.Meta: {option}_manager_name is {manager_name!r}, which is not a manager. Known:"
                f" {available}."
            )
    first = next(iter(managers.values()), Manager())
    meta.default_manager = managers[meta.default_manager_name] if meta.default_manager_name else first
    meta.base_manager = managers[meta.base_manager_name] if meta.base_manager_name else Manager()
    return meta.default_manager, meta.base_manager


def rows_of(table: type[Row], using: Using | None = None) -> QuerySet[Any]:
    """Return a queryset of the table's default manager."""
    manager: Manager = table._meta.default_manager
    return manager.bound(table, using).get_queryset()
