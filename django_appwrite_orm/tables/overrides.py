"""Keep two properties of methods where a project overrides them.

A method that alters data must not be called by Django's templates (`alters_data`), and its asynchronous twin must not
bypass the override.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from asgiref.sync import sync_to_async

from ..exceptions import ConfigurationError

Method = TypeVar("Method", bound=Callable[..., Any])
_PACKAGE = __name__.partition(".")[0]


def alters_data(method: Method) -> Method:
    """Prevent Django's templates from calling this method and its asynchronous twin."""
    method.alters_data = True  # type: ignore[attr-defined]
    return method


class Overridable:
    """Base of classes whose methods a project overrides, in a subclass or by a mixin.

    An override of a method that alters data is marked as one too, and so is its twin with the prefix `a`. Where only
    the blocking method is overridden, its twin runs the override in a thread, as the twins of Django's models do.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in _names_with_twins(cls):
            if _is_overridden_alone(cls, name):
                setattr(cls, f"a{name}", _in_thread(cls, name))
        for name in _altering_names(cls):
            _mark(cls, name)


def _names_with_twins(cls: type) -> set[str]:
    """Return the blocking methods of this package that have an asynchronous twin in the same class."""
    names = set()
    for base in cls.__mro__:
        if base.__module__.partition(".")[0] == _PACKAGE:
            names |= {name for name in vars(base) if inspect.iscoroutinefunction(vars(base).get(f"a{name}"))}
    return names


def _is_overridden_alone(cls: type, name: str) -> bool:
    """Return whether the class that defines the method comes before the one that defines its twin."""
    first = next(base for base in cls.__mro__ if name in vars(base) or f"a{name}" in vars(base))
    return f"a{name}" not in vars(first) and inspect.isfunction(vars(first)[name])


def _in_thread(cls: type, name: str) -> Callable[..., Any]:
    """Return the twin of a method that `cls` overrides without its twin."""
    override: Callable[..., Any] = getattr(cls, name)

    @wraps(override)
    async def twin(self: Any, *args: Any, **kwargs: Any) -> Any:
        return await sync_to_async(override)(self, *args, **kwargs)

    twin.__name__ = f"a{name}"
    return twin


def _altering_names(cls: type) -> set[str]:
    """Return the names of the methods that are marked, here or in a base, and of their twins."""
    marked = {
        name for base in cls.__mro__ for name, value in vars(base).items() if getattr(value, "alters_data", False)
    }
    return marked | {f"a{name}" for name in marked if hasattr(cls, f"a{name}")}


def _mark(cls: type, name: str) -> None:
    method: Any = inspect.getattr_static(cls, name)
    method = method.__func__ if isinstance(method, (classmethod, staticmethod)) else method
    if not callable(method) or getattr(method, "alters_data", False):
        return
    try:
        method.alters_data = True
    except AttributeError:
        raise ConfigurationError(
            f"{cls.__name__}.{name} overrides a method that alters data, but a {type(method).__name__} cannot be"
            " marked with alters_data = True for Django's templates. Write it as a function."
        ) from None
