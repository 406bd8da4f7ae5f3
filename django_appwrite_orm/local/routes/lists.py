"""Shared parts of the lists of databases, tables, columns and the like.

Their queries are checked as a parameter, and their total can be left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ..api.errors import invalid_argument, invalid_query
from ..api.params import QUERIES, Param, loose_boolean, text
from ..columns.kinds import DATETIME, STRING
from ..queries.fields import Field, Source
from ..queries.list_page import Page, count_page, plan_page, read_page
from ..queries.parser import SEARCHES, parse_queries
from ..storage.session import Session

SEARCH: Final = Param("search", text(256, shortest=0), default="")
TOTAL: Final = Param("total", loose_boolean, default=True)
LIST_PARAMS: Final = (QUERIES, TOTAL)


def text_field(name: str, sql: str, folded: str = "") -> Field:
    """Return a field of ASCII text, folded to upper case where there is no folded column."""
    return Field(name, STRING, sql, folded or f"upper({sql})")


def date_fields() -> tuple[Field, Field]:
    """Return the fields of the two system dates."""
    return Field("$createdAt", DATETIME, "created"), Field("$updatedAt", DATETIME, "updated")


def fields(*entries: Field) -> dict[str, Field]:
    """Return fields by name."""
    return {field.name: field for field in entries}


def schema_page(source: Source, queries: Iterable[str]) -> Page:
    """Return the page of a list. Raises ``general_argument_invalid``, ``general_query_invalid``."""
    try:
        parsed = parse_queries(queries)
        if any(query.method in SEARCHES for query in parsed.filters):
            raise invalid_query("these lists have no fulltext index")
        if parsed.selects:
            raise ValueError("`select` is not for this list")
        return plan_page(source, parsed)
    except ValueError as problem:
        raise invalid_argument("queries", str(problem)) from problem


def page_numbers(session: Session, page: Page, column: str = "n") -> list[int]:
    """Return the store's numbers of the items on the page, in order."""
    return [row[0] for row in read_page(session, page, column)]


def page_total(session: Session, page: Page, requested: bool) -> int:
    """Return the total of a list, 0 where it was not requested."""
    return count_page(session, page) if requested else 0
