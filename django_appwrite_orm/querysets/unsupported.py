"""Methods of Django's querysets that Appwrite has nothing for, each with what to write instead."""

from __future__ import annotations

from typing import Any, NoReturn

from ..exceptions import NotSupportedError


class Unavailable:
    """Stands where Django has a method; calling it raises NotSupportedError with the advice."""

    def __init__(self, advice: str, *, name: str | None = None) -> None:
        self._advice = advice
        self._name = name

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = self._name or f"{name}()"

    def __call__(self, *args: object, **kwargs: object) -> NoReturn:
        raise NotSupportedError(f"{self._name} is not possible here. {self._advice}")


_SETS = (
    "Appwrite has no union, intersection or difference of queries. For rows of one table use a | b, a & b or"
    " exclude(); of several tables, read each and chain the results."
)
_DATES = (
    "Appwrite has no functions of dates. Take the parts in Python:"
    " sorted({moment.date() for moment in queryset.values_list('created_at', flat=True)})."
)
_LINKS = (
    "A link is changed where it is kept: toy.maker = maker or book.tags = [...], and save(); of many rows at once by"
    " filter(...).update(maker=maker)."
)
_SQL = "There is no SQL. raw_queries() takes Appwrite's own queries."


class UnavailableMethods:
    """What a queryset answers to those of Django's that it cannot keep. A queryset class of a project may have methods
    of its own under these names."""

    union: Any = Unavailable(_SETS)
    intersection: Any = Unavailable(_SETS)
    difference: Any = Unavailable(_SETS)
    __xor__: Any = Unavailable(_SETS, name="queryset ^ queryset")
    dates: Any = Unavailable(_DATES)
    datetimes: Any = Unavailable(_DATES)
    alias: Any = Unavailable("Appwrite computes nothing in a query. Filter by columns, and compute in Python.")
    extra: Any = Unavailable(_SQL)
    raw: Any = Unavailable(_SQL)
    explain: Any = Unavailable(
        "Appwrite shows no plan. The logger 'django_appwrite_orm.transport' names each request at the level DEBUG."
    )
    select_for_update: Any = Unavailable(
        "Appwrite locks no rows. Use atomic(), save(if_unchanged=True), or F() in update()."
    )
    # What Django's managers of related rows have.
    add: Any = Unavailable(_LINKS)
    remove: Any = Unavailable(_LINKS)
    set: Any = Unavailable(_LINKS)
    clear: Any = Unavailable(_LINKS)
