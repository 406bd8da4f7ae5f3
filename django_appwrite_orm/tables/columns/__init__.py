"""The column kinds, under Appwrite's names: `from django_appwrite_orm import columns`."""

from .base import Column
from .boolean import Boolean
from .formats import IP, URL, Email, Enum
from .numbers import BigInt, Float, Integer, Version
from .relations import Reference, Relationship
from .serialized import JSON, UUID, Date, Decimal, Time
from .spatial import Line, Point, Polygon
from .temporal import Datetime
from .text import LongText, MediumText, String, Text, Varchar

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
