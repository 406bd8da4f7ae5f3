"""How lookups are executed: those of tables from their columns, those of models by `explain()`."""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import FieldError
from django.db import NotSupportedError
from django.db.models import Field

from django_appwrite_orm.tables.columns.lookups import ARRAY_LOOKUPS, DATE_PARTS

from ..markdown import codes, table
from .columns import column_classes


def _of_tables() -> str:
    rows = _merged((column.__name__, (codes(_short(column.lookups)),)) for column in column_classes())
    return table(["Columns", "Lookups"], [*rows, ["any column with `array=True`", codes(ARRAY_LOOKUPS)]])


def _short(lookups: Iterable[str]) -> list[str]:
    return [name for name in lookups if name not in DATE_PARTS or "__" not in name]


def _merged(rows: Iterable[tuple[str, tuple[str, ...]]]) -> list[list[str]]:
    """Return rows of a name and cells, with one row for all names that have the same cells."""
    names: dict[tuple[str, ...], list[str]] = {}
    for name, cells in rows:
        names.setdefault(cells, []).append(name)
    return [[codes(together), *cells] for cells, together in names.items()]


DAY = datetime.date(2024, 5, 31)
MOMENT = datetime.datetime(2024, 5, 31, 12, tzinfo=datetime.UTC)
# Fields of tests/backend/shop/models.py and a value of each.
VALUES: dict[str, Any] = {
    "name": "a", "description": "a", "stock": 1, "price": "1.50", "weight": 1.5, "is_sold": True, "made_on": DAY,
    "sold_at": MOMENT, "opens_at": datetime.time(9), "lasts": datetime.timedelta(hours=1), "code": uuid.UUID(int=1),
    "data": {"a": 1}, "picture": b"a", "address": "127.0.0.1", "maker": 1,
}  # fmt: skip
SPECIAL: dict[str, Any] = {
    "isnull": False, "date": DAY, "time": datetime.time(9), "has_key": "a", "has_keys": ["a"], "has_any_keys": ["a"],
    "iso_week_day": 1, "iso_year": 2024, "year": 2024, "regex": "1", "iregex": "1",
}  # fmt: skip


def _of_models() -> str:
    from tests.backend.shop.models import Parcel, Product

    rows = [_row(Product, name, value) for name, value in VALUES.items()]
    return table(["Fields", "Direct", "In memory", "Refused"], _merged([*rows, _row(Parcel, "words", ["a"])]))


def _row(model: Any, name: str, value: Any) -> tuple[str, tuple[str, ...]]:
    field: Field[Any, Any] = model._meta.get_field(name)
    found: dict[str, list[str]] = {"direct": [], "in memory": [], "refused": []}
    for lookup, found_class in sorted(field.get_lookups().items()):
        if found_class.__module__.startswith("django.contrib.postgres"):
            continue  # they are there where psycopg is installed
        found[_strategy(model, name, lookup, value)].append(lookup)
    return type(field).__name__, tuple(codes(names) for names in found.values())


def _strategy(model: Any, name: str, lookup: str, value: Any) -> str:
    given = SPECIAL.get(lookup, 1 if lookup in NUMBERS else value)
    given = [given, given] if lookup == "range" else [given] if lookup == "in" else given
    try:
        text = model.objects.filter(**{f"{name}__{lookup}": given}).explain()
    except (FieldError, NotSupportedError):
        return "refused"
    found = re.match(r"Strategy: (direct|joined|in memory)", text)
    if found is None:
        raise ValueError(f"{model.__name__}.{name}__{lookup}: {text}")
    return "direct" if found[1] == "joined" else found[1]


NUMBERS = frozenset({"day", "hour", "minute", "month", "quarter", "second", "week", "week_day"})

SECTIONS = {"lookups.tables": _of_tables, "lookups.models": _of_models}
