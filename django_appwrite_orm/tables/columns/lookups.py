"""The names of the lookups that columns have, by the family of their values, and the methods of some at Appwrite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..kinds import Family

COMPARISONS: Final = ("exact", "in", "range", "isnull", "gt", "gte", "lt", "lte")
TEXT_LOOKUPS: Final = (
    *COMPARISONS,
    "iexact",
    "contains",
    "icontains",
    "startswith",
    "istartswith",
    "endswith",
    "iendswith",
    "search",
)
DATE_PARTS: Final = tuple(
    name
    for part in ("date", "year", "month")
    for name in (part, *(f"{part}__{comparison}" for comparison in ("gt", "gte", "lt", "lte", "range", "in")))
)
SHAPE_LOOKUPS: Final = (
    "exact",
    "contains",
    "crosses",
    "intersects",
    "overlaps",
    "touches",
    "distance_lt",
    "distance_lte",
    "distance_gt",
    "distance_gte",
)
LINK_LOOKUPS: Final = ("exact", "in", "isnull")
ARRAY_LOOKUPS: Final = ("isnull", "contains", "contains_all", "contains_any")

LOOKUPS: Final[Mapping[Family, tuple[str, ...]]] = {
    Family.TEXT: TEXT_LOOKUPS,
    Family.NUMBER: COMPARISONS,
    Family.BOOLEAN: COMPARISONS,
    Family.TIME: (*COMPARISONS, *DATE_PARTS),
    Family.SHAPE: ("isnull", *SHAPE_LOOKUPS),
    Family.LINK: LINK_LOOKUPS,
    Family.DOCUMENT: ("isnull", "exact"),
    Family.IDENTIFIER: COMPARISONS,
}

COMPARISON_METHODS: Final = {
    "gt": "greaterThan",
    "gte": "greaterThanEqual",
    "lt": "lessThan",
    "lte": "lessThanEqual",
}
PATTERN_METHODS: Final = {
    "contains": "contains",
    "icontains": "contains",
    "startswith": "startsWith",
    "istartswith": "startsWith",
    "endswith": "endsWith",
    "iendswith": "endsWith",
}


def escaped_pattern(text: str) -> str:
    """Return a text as these methods take it: Appwrite escapes the wildcards in it, but not a backslash."""
    return text.replace("\\", "\\\\")
