"""Choose the connection of a table's rows where a project decides that at run time.

The setting `APPWRITE_ORM_ROUTER` is the dotted path of a callable, which takes a table class and returns an alias of
`APPWRITE_ORM`, or None to leave it to `Meta.using` and the default. It is called whenever a query begins
(`Product.objects`) and for every new row that is saved, so that it can depend on the current request (a tenant in a
context variable). `using("other")` and `save(using="other")` take precedence.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from .conf import DEFAULT_ALIAS
from .exceptions import ConfigurationError

if TYPE_CHECKING:
    from .tables import Row

Router = Callable[[Any], str | None]


class _Aliases(dict[type["Row"], str]):
    """The alias of the connection of each table. Without a router it is kept; a router is called each time.

    The table of a model is where Django's routers keep the model, and they too are called each time.
    """

    def __missing__(self, table: type[Row]) -> str:
        """Return the alias that the router chooses, else the table's or the default.

        Raises `ConfigurationError` when the router cannot be imported or does not return text.
        """
        path = getattr(settings, "APPWRITE_ORM_ROUTER", None)
        declared: str = table._meta.using or DEFAULT_ALIAS
        if table._meta.is_routed:
            return declared
        return self.setdefault(table, declared) if path is None else _routed(path, table) or declared


aliases = _Aliases()


def _reset(*, setting: str, **kwargs: Any) -> None:
    if setting == "APPWRITE_ORM_ROUTER":
        aliases.clear()


setting_changed.connect(_reset)


def _routed(path: str, table: type[Row]) -> str | None:
    alias = _router(path)(table)
    if alias is not None and not isinstance(alias, str):
        raise ConfigurationError(
            f"APPWRITE_ORM_ROUTER: {path} returned {type(alias).__name__} for {table.__name__}. Return an alias or"
            " None."
        )
    return alias


@lru_cache
def _router(path: str) -> Router:
    try:
        return cast(Router, import_string(path))
    except (ImportError, AttributeError, TypeError) as error:
        raise ConfigurationError(
            f"APPWRITE_ORM_ROUTER: {path!r} cannot be imported ({error}). Set it to the dotted path of a function."
        ) from error
