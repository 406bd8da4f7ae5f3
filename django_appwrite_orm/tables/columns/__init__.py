"""The column kinds, under Appwrite's names: `from django_appwrite_orm import columns`."""

from typing import Final

from .base import Column
from .boolean import Boolean
from .formats import IP, URL, Email, Enum
from .numbers import BigInt, Float, Integer, Version
from .relations import Reference, Relationship
from .serialized import JSON, UUID, Date, Decimal, Time
from .spatial import Line, Point, Polygon
from .temporal import Datetime
from .text import LongText, MediumText, String, Text, Varchar

# The class that stands for each of Appwrite's kinds, not those that keep something else in one.
_CLASSES: Final = {
    value.kind.name: value
    for value in list(vars().values())
    if isinstance(value, type) and issubclass(value, Column) and "kind" in vars(value)
}


def column_class(kind: str) -> type[Column] | None:
    """Return the class of the columns of a kind; None for one without a class, such as a relationship."""
    return _CLASSES.get(kind)


__all__ = [
    "IP",
    "JSON",
    "URL",
    "UUID",
    "BigInt",
    "Boolean",
    "Column",
    "Date",
    "Datetime",
    "Decimal",
    "Email",
    "Enum",
    "Float",
    "Integer",
    "Line",
    "LongText",
    "MediumText",
    "Point",
    "Polygon",
    "Reference",
    "Relationship",
    "String",
    "Text",
    "Time",
    "Varchar",
    "Version",
]
