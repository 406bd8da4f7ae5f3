"""Requests to Appwrite, and the shape that their responses must have.

Responses are validated here, because a proxy, or a server that is not Appwrite, may send other well-formed JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from math import inf
from typing import Any, NamedTuple, Protocol, TypeVar
from urllib.parse import quote

from ..sansio import Operation

Shape = Callable[[Any], bool]


def any_object(data: Any) -> bool:
    """Return whether `data` is an object."""
    return isinstance(data, dict)


def entity(data: Any) -> bool:
    """Return whether `data` has an id, as a row or a transaction has."""
    return isinstance(data, dict) and isinstance(data.get("$id"), str)


def listing(data: Any) -> bool:
    """Return whether `data` is a page of rows with their total number."""
    return summary(data) and {type(row.get("$id")) for row in data["rows"]} <= {str}


def summary(data: Any) -> bool:
    """Return whether `data` is a list of objects that need not be rows of a table, such as sums."""
    if not isinstance(data, dict) or not isinstance(data.get("rows"), list):
        return False
    total = data.get("total")
    # Decoded JSON has no subclasses, and sets of types are made without a call of Python for each row.
    return type(total) is int and set(map(type, data["rows"])) <= {dict}


def version(data: Any) -> bool:
    """Return whether `data` holds the version of a server."""
    return isinstance(data, dict) and isinstance(data.get("version"), str)


@dataclass(frozen=True, slots=True)
class Request:
    """A request, without credentials.

    - `path` is below the endpoint, `query` has the URL's parameters in order, `body` becomes JSON; None sends none.
    - `absent` is the error type for which the transport returns null instead of raising, as for an absent row.
    - `repeatable` marks a write that is applied at most once however many copies arrive: a create under an id of ours.
    - `shape` validates the response.
    - `rows` is the number of rows that a write changes, or may change where only the server knows; many take longer.
    - `refusals_are_unclear` marks a write that may have been applied although the server responds with 400.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Any = None
    absent: str | None = None
    repeatable: bool = False
    shape: Shape = any_object
    refusals_are_unclear: bool = False
    rows: int = 1

    @property
    def is_read(self) -> bool:
        return self.method == "GET"

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Response(NamedTuple):
    """A JSON response as text, which the cache stores, and decoded.

    `unclear`: another copy of the write may still be applied, so its fence must stay until it expires.
    `expires`: until when the results that it consists of may be reused (epoch seconds).
    """

    text: str
    data: Any
    unclear: bool = False
    expires: float = inf


Result = TypeVar("Result")
# How a plan is carried out: it yields requests, receives responses and returns a result.
RequestFlow = Generator[Request, Response, Result]


class Step(Protocol):
    """A part of a plan that needs its connection for more than requests."""

    def run(self, connection: Any) -> Operation[Any]:
        """Return the value that the plan receives for this step."""


# The same for a plan that yields steps too.
PlanFlow = Generator[Request | Step, Any, Result]


class TableRef(NamedTuple):
    """A table on the server, by its ids."""

    database: str
    table: str

    @property
    def path(self) -> str:
        return f"/tablesdb/{quote(self.database, safe='')}/tables/{quote(self.table, safe='')}"

    @property
    def rows(self) -> str:
        return f"{self.path}/rows"

    def row(self, row_id: str) -> str:
        return f"{self.rows}/{quote(row_id, safe='')}"


class ReadPlan(Protocol):
    """A read that can be cached. Plans with the same `str()` have the same result."""

    @property
    def tables(self) -> tuple[TableRef, ...]: ...

    def fetch(self) -> RequestFlow[Response] | PlanFlow[Response]: ...
