"""Methods of Django's querysets that Appwrite cannot support, each with an alternative."""

from __future__ import annotations

from typing import Any, NoReturn

from ..exceptions import NotSupportedError


class UnsupportedMethod:
    """Placeholder for a method of Django's; calling it raises NotSupportedError with an alternative."""

    def __init__(self, advice: str, *, name: str | None = None) -> None:
        self._advice = advice
        self._name = name

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = self._name or f"{name}()"

    def __call__(self, *args: object, **kwargs: object) -> NoReturn:
        """Raise NotSupportedError with the alternative."""
        raise NotSupportedError(f"{self._name} is not supported by Appwrite. {self._advice}")


_SETS = (
    "Appwrite has no union, intersection or difference of queries. For rows of one table, use a | b, a & b or"
    " exclude(). For several tables, read each and chain the results."
)
_DATES = (
    "Appwrite has no date functions. Extract the parts in Python: sorted({moment.date() for moment in"
    " queryset.values_list('created_at', flat=True)})."
)
_LINKS = (
    "Change the link on the row that holds it: set toy.maker = maker or book.tags = [...], and save(). To change many"
    " rows, use filter(...).update(maker=maker)."
)
_SQL = "There is no SQL. raw_queries() takes Appwrite's own queries."


class UnavailableMethods:
    """The unsupported methods of querysets.

    A project's queryset class may define methods of its own under these names.
    """

    union: Any = UnsupportedMethod(_SETS)
    intersection: Any = UnsupportedMethod(_SETS)
    difference: Any = UnsupportedMethod(_SETS)
    __xor__: Any = UnsupportedMethod(_SETS, name="queryset ^ queryset")
    dates: Any = UnsupportedMethod(_DATES)
    datetimes: Any = UnsupportedMethod(_DATES)
    alias: Any = UnsupportedMethod(
        "Appwrite cannot compute values in a query. Filter by columns, and compute in Python."
    )
    extra: Any = UnsupportedMethod(_SQL)
    raw: Any = UnsupportedMethod(_SQL)
    explain: Any = UnsupportedMethod(
        "Appwrite reports no query plan. The logger 'django_appwrite_orm.transport' logs each request at level DEBUG."
    )
    select_for_update: Any = UnsupportedMethod(
        "Appwrite locks no rows. Use atomic(), save(if_unchanged=True), or F() in update()."
    )
    # What Django's managers of related rows have.
    add: Any = UnsupportedMethod(_LINKS)
    remove: Any = UnsupportedMethod(_LINKS)
    set: Any = UnsupportedMethod(_LINKS)
    clear: Any = UnsupportedMethod(_LINKS)
