"""Check of the setting APPWRITE_ORM_ROUTER."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string

from ..conf import shown

# Characters of a dotted path that is printed: a longer text may be an API key.
_LONGEST = 100
_HINT = "Set it to the dotted path of a function that takes a table and returns an alias or None, or remove it."


def router_problems() -> Iterator[CheckMessage]:
    """Report a router that cannot be imported or called."""
    path = getattr(settings, "APPWRITE_ORM_ROUTER", None)
    if path is None:
        return
    try:
        router = import_string(path)
    except Exception as error:  # the project's module may raise anything
        if isinstance(path, str) and len(path) > _LONGEST:
            yield Error(f"APPWRITE_ORM_ROUTER: {shown(path)} cannot be imported.", hint=_HINT, id="appwrite_orm.E009")
        else:
            yield Error(
                f"APPWRITE_ORM_ROUTER: {path!r} cannot be imported ({error}).", hint=_HINT, id="appwrite_orm.E009"
            )
    else:
        if not callable(router):
            yield Error(
                f"APPWRITE_ORM_ROUTER: {path!r} cannot be called: it is of type {type(router).__name__}.",
                hint=_HINT,
                id="appwrite_orm.E009",
            )
