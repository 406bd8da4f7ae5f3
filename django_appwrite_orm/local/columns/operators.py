"""Names of the operators, grouped by the columns that take them."""

from __future__ import annotations

from typing import Final

NUMERIC: Final = ("increment", "decrement", "multiply", "divide", "modulo", "power")
TEXT: Final = ("stringConcat", "stringReplace")
DATES: Final = ("dateAddDays", "dateSubDays", "dateSetNow")
BOOLEANS: Final = ("toggle",)
LISTS: Final = (
    *("arrayAppend", "arrayPrepend", "arrayInsert", "arrayRemove"),
    *("arrayUnique", "arrayIntersect", "arrayDiff", "arrayFilter"),
)
METHODS: Final = frozenset((*NUMERIC, *TEXT, *DATES, *LISTS, *BOOLEANS))
