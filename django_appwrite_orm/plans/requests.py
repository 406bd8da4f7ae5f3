"""What an answer has to look like to be one, so that what reads it need not ask.

A proxy's page in JSON, or a server that is not Appwrite, answers well-formed nonsense.
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
    return isinstance(data, dict)


def entity(data: Any) -> bool:
    """A row, a transaction: something with an id."""
    return isinstance(data, dict) and isinstance(data.get("$id"), str)


def listing(data: Any) -> bool:
    """Rows, and how many there are in all."""
    return summary(data) and all(map(entity, data["rows"]))


def summary(data: Any) -> bool:
    """Rows that need not be a table's, such as sums."""
    if not isinstance(data, dict) or not isinstance(data.get("rows"), list):
        return False
    total = data.get("total")
    return isinstance(total, int) and not isinstance(total, bool) and all(map(any_object, data["rows"]))


def version(data: Any) -> bool:
    return isinstance(data, dict) and isinstance(data.get("version"), str)


@dataclass(frozen=True, slots=True)
class Request:
    """`path` is below the endpoint; `query` the URL's parameters in order; `body` becomes JSON.

    `absent` names the error type that is an answer rather than an error (an absent row): the transport
    then answers `null`. A body of None sends none. `repeatable` marks a write that is applied no more than once
    however many copies of it arrive: a create under an id of our own. `shape` is what a good answer looks like.
    `rows` is how many rows a write changes, or may change where only the server knows: many take longer.
    `refusals_are_unclear` marks a write that may have been applied although the server answers 400.
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
    """A JSON answer: as text, which is what the cache keeps, and decoded.

    `unclear`: another copy of the write may yet be applied, so that its fence has to stand until it cannot.
    `expires`: until when the results that it is made of may be reused (epoch seconds).
    """

    text: str
    data: Any
    unclear: bool = False
    expires: float = inf


Result = TypeVar("Result")
# What a plan does to find its answer: requests out, answers in, a result at the end.
RequestFlow = Generator[Request, Response, Result]


class Step(Protocol):
    """What a plan needs of its connection besides requests."""

    def run(self, connection: Any) -> Operation[Any]:
        """Return what the plan is sent for it."""


# The same for a plan that needs more than requests.
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
    """A question that the cache can answer: its text is the same exactly when its answer is."""

    @property
    def tables(self) -> tuple[TableRef, ...]: ...

    def fetch(self) -> RequestFlow[Response] | PlanFlow[Response]: ...
