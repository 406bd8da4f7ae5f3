"""The column kinds, under Appwrite's names: `from django_appwrite_orm import columns`."""

from .base import Column
from .formatted import IP, URL, Email, Enum
from .numbers import BigInt, Float, Integer
from .plain import Boolean, Datetime
from .reference import Reference
from .relationship import Relationship
from .spatial import Line, Point, Polygon
from .stored import JSON, UUID, Date, Decimal, Time
from .texts import LongText, MediumText, String, Text, Varchar
from .version import Version

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
