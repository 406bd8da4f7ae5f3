"""Make `isinstance(queryset, django.db.models.QuerySet)` true for the querysets of tables.

Only then do Django's generic views and DRF's call `all()` on the queryset of a view class for each request, does DRF's
encoder make a list of it, does django-filter accept it, and does the debug toolbar leave it unread. Nothing else is
taken from Django's class: what it does by SQL is hidden, so that `hasattr()` is false for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from .unsupported import UnsupportedMethod


class Hidden:
    """Descriptor that raises AttributeError in the place of an attribute of Django's class."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, queryset: object | None, owner: type) -> Any:
        if queryset is None:
            return self
        raise AttributeError(
            f"{owner.__name__} has no attribute {self._name!r}: it queries Appwrite, not an SQL database."
        )


class QueryFacts:
    """Public attributes of a queryset's `query` that other code reads. There is no SQL."""

    def __init__(self, is_empty: bool) -> None:
        self._is_empty = is_empty
        self.annotations: dict[str, Any] = {}  # DRF's filters look names up in it

    clone: Any = UnsupportedMethod(
        "Pass the queryset itself to `__in`, and it is read first: filter(maker__in=Maker.objects.filter(...)) or,"
        " from the other side, filter(pk__in=Toy.objects.filter(...).values('maker_id')). Lookups across a relation"
        " do the same: filter(maker__name='Ada'), filter(toy__price__lt=20).",
        name="Exists() or Subquery()",
    )  # Django's expressions call it

    def is_empty(self) -> bool:
        """Return whether no row can match; `isinstance(queryset, EmptyQuerySet)` calls it."""
        return self._is_empty

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"A queryset of a Table has no SQL query, so its `query` has no attribute {name!r}.")


_SPECIAL = {
    "__deepcopy__": Hidden(),  # copies and pickles take a queryset as it is, read or not
    "__setstate__": Hidden(),
    "__getstate__": object.__getstate__,
}

if TYPE_CHECKING:

    class Recognized:
        """Base that makes the test succeed; type checkers see the methods of this package alone."""

else:
    Recognized = type(
        "Recognized",
        (models.QuerySet,),
        {
            "__module__": __name__,
            "__doc__": "The base that makes the test succeed.",
            **{name: Hidden() for name in dir(models.QuerySet) if not name.startswith("__")},
            **_SPECIAL,
        },
    )
