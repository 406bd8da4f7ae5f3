"""Methods of Django's querysets that Appwrite has nothing for, each with what to write instead."""

from __future__ import annotations

from typing import NoReturn

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
_SQL = "There is no SQL. raw_queries() takes Appwrite's own queries."


class UnavailableMethods:
    """What a queryset answers to those of Django's that it cannot keep."""

    union = Unavailable(_SETS)
    intersection = Unavailable(_SETS)
    difference = Unavailable(_SETS)
    dates = Unavailable(_DATES)
    datetimes = Unavailable(_DATES)
    alias = Unavailable("Appwrite computes nothing in a query. Filter by columns, and compute in Python.")
    extra = Unavailable(_SQL)
    raw = Unavailable(_SQL)
    explain = Unavailable(
        "Appwrite shows no plan. The logger 'django_appwrite_orm.queries' names each request at the level DEBUG."
    )
    select_for_update = Unavailable(
        "Appwrite locks no rows. Use atomic(), save(if_unchanged=True), or F() in update()."
    )
    # What Django's expressions ask of the queryset that they are given.
    clone = Unavailable(
        "Give the queryset itself as the value of in, and it is asked first:"
        " filter(maker__in=Maker.objects.filter(...)) or, the other way round,"
        " filter(pk__in=Toy.objects.filter(...).values('maker_id')). Lookups across a relation do the same:"
        " filter(maker__name='Ada'), filter(toy__price__lt=20).",
        name="Exists() or Subquery()",
    )
