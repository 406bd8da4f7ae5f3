"""Defects of Appwrite 1.9.6 that a project could depend on or be harmed by, as data.

Every defect is one member of ``Defect``. Code asks ``defects.imitate(Defect.X)`` exactly where the server's behaviour
differs from the safe one::

    if context.defects.imitate(Defect.UNIQUE_UPSERT):
        ...  # the server's behaviour
    else:
        ...  # the safe behaviour

In strict mode ``imitate`` returns True. Otherwise it returns False and logs the first use of each defect as a warning,
since the same request has another outcome on a real server. ``docs/reference/local.md`` has a line for each member; the
test suite compares the two.

A defect that changes rows and then answers with an error raises ``AppliedError``: its changes are committed.
"""

from __future__ import annotations

import logging
from enum import Enum
from typing import NamedTuple

from .api.errors import AppwriteError

logger = logging.getLogger(__name__)


class DefectFacts(NamedTuple):
    """The behaviour of the server, and that of the local Appwrite when it is not strict; each without a full stop."""

    server: str
    safe: str


class Defect(Enum):
    """A defect of the server. Its ``id`` is its name in lower case with hyphens."""

    UNIQUE_UPSERT = DefectFacts(
        "a bulk or staged upsert whose unique value belongs to another row overwrites that other row",
        "409 row_already_exists (transaction_conflict at a commit)",
    )
    STAGED_OPERATOR = DefectFacts(
        "a staged bulk update with an operator is applied twice to a row that the transaction wrote before",
        "it is applied once",
    )
    OPERATOR_ANSWER = DefectFacts(
        "PATCH of one or more rows with an operator is applied but gets 500, if the table has an encrypted, point, "
        "line or polygon column. A commit with such a PATCH writes nothing and gets 500",
        "it is applied, and the response is 200",
    )
    COMMITTING = DefectFacts(
        "a transaction whose commit got a 500 response keeps the status committing",
        "its status is failed",
    )
    MANY_OPERATORS = DefectFacts(
        "a bulk update with an operator of more than 500 rows gets 400 general_query_invalid, although its first 1,000 "
        "rows were changed",
        "all rows are changed, and the response is 200",
    )
    BULK_UNIQUE = DefectFacts(
        "a bulk update to a unique value that another row has gets a 500 response",
        "409 row_already_exists",
    )
    BULK_CONCAT = DefectFacts(
        "a bulk update with a stringConcat whose result is longer than the column gets a 500 response",
        "400 row_invalid_structure",
    )
    PERMISSIONS_TYPE = DefectFacts(
        "a bulk create of a row whose $permissions is not a list gets a 500 response",
        "400 general_bad_request",
    )
    CASE_UPSERT = DefectFacts(
        "an upsert by the id of a row in another letter case writes null into every column that is not sent. Its id "
        "stays as it is stored",
        "these columns keep their values, and the row has the id that was sent",
    )
    SPATIAL_NULL = DefectFacts(
        "isNull and isNotNull of a point, line or polygon column get a 500 response",
        "they work as for any other column",
    )
    LONG_HEAD = DefectFacts(
        "a request whose head (request line and headers) has more than 65,536 bytes gets no response, its connection "
        "is closed",
        "it gets its response (over HTTP up to 4 MiB)",
    )
    HIDDEN_CURSOR = DefectFacts(
        "a list may begin at a row that the caller may not read, which reveals how its values compare with others",
        "400 general_cursor_not_found",
    )
    EMPTY_UPSERT = DefectFacts(
        'an upsert of a missing row whose values are all null, 0, false, "" or [] gets 200 and creates nothing',
        "the row is created",
    )

    OPERATOR_ROWS = DefectFacts(
        "a bulk update with an operator returns {} instead of the results beyond the first 25 rows",
        "the results are returned",
    )
    KEPT_DEFAULT = DefectFacts(
        "a default that is removed from a column is no longer shown, but new rows still get it until the column was "
        "required once",
        "new rows have null",
    )
    SELF_RELATION = DefectFacts(
        "a oneToOne or manyToOne relationship of a table with itself fails",
        "it works",
    )
    HALF_RELATION = DefectFacts(
        "a two-way relationship that is refused for its key on the other side leaves a column that stays processing",
        "nothing is left",
    )

    KEY_VERSION = DefectFacts(
        "GET /health/version with a key gets 401",
        "the key makes no difference",
    )

    @property
    def id(self) -> str:
        return self.name.lower().replace("_", "-")

    @property
    def server(self) -> str:
        """The behaviour of the server."""
        return self.value.server

    @property
    def safe(self) -> str:
        """The behaviour of the local Appwrite when it is not strict."""
        return self.value.safe


class AppliedError(AppwriteError):
    """An error response to a request whose changes are committed."""


class Defects:
    """Decides for one server whether to imitate defects: ``strict``, or safe with one warning for each."""

    __slots__ = ("_warned", "strict")

    def __init__(self, strict: bool, warned: set[Defect]) -> None:
        self.strict = strict
        self._warned = warned  # shared by all requests of one server

    def imitate(self, defect: Defect) -> bool:
        """Return whether to imitate a defect. Call only where the outcome differs: a safe server logs a warning."""
        if not self.strict and defect not in self._warned:
            self._warned.add(defect)
            logger.warning(
                "A real Appwrite 1.9.6 acts differently here (%s): %s. The local Appwrite is not strict: %s.",
                *(defect.id, defect.server, defect.safe),
            )
        return self.strict


def table_lines() -> list[str]:
    """Return the lines of the table in docs/reference/local.md."""
    return [f"| `{defect.id}` | {defect.server} | {defect.safe} |" for defect in Defect]
