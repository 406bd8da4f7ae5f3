"""Changes of rows as data. Each has the one request that carries it out."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from .clauses import Clause
from .keyset import BY_SEQUENCE
from .limits import BULK_LIMIT
from .requests import Request, TableRef, entity, listing

# The rows for which time is allowed where only the server knows their number.
UNKNOWN_ROWS = BULK_LIMIT

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CreateRow:
    """Create one row under an id of our own."""

    table: TableRef
    row_id: str
    data: Data
    permissions: tuple[str, ...] | None = None

    @property
    def request(self) -> Request:
        # Appwrite refuses empty data as missing (`row_missing_data`), and ignores an id inside the data.
        body: dict[str, Any] = {"rowId": self.row_id, "data": dict(self.data) or {"$id": self.row_id}}
        if self.permissions is not None:
            body["permissions"] = list(self.permissions)
        return Request("POST", self.table.rows, body=body, repeatable=True, shape=entity)

    @property
    def operation(self) -> dict[str, Any]:
        """The change as an operation of a transaction."""
        data = dict(self.data) if self.permissions is None else {**self.data, "$permissions": list(self.permissions)}
        return _operation("create", self.table, data, self.row_id)


@dataclass(frozen=True, slots=True)
class CreateRows:
    """Create all of `rows` or none: at most BULK_LIMIT, each with its `$id`."""

    table: TableRef
    rows: tuple[Data, ...]

    @property
    def request(self) -> Request:
        return Request(
            "POST", self.table.rows, body={"rows": list(self.rows)}, repeatable=True, shape=listing, rows=len(self.rows)
        )

    @property
    def operation(self) -> dict[str, Any]:
        """The change as an operation of a transaction."""
        return _operation("bulkCreate", self.table, [dict(row) for row in self.rows])


@dataclass(frozen=True, slots=True)
class UpdateRow:
    """Set the given columns of one row and leave the others."""

    table: TableRef
    row_id: str
    data: Data = field(default_factory=dict)
    permissions: tuple[str, ...] | None = None

    @property
    def request(self) -> Request:
        body: dict[str, Any] = {"data": dict(self.data)} if self.data else {}
        if self.permissions is not None:
            body["permissions"] = list(self.permissions)
        return Request("PATCH", self.table.row(self.row_id), body=body, shape=entity)

    @property
    def operation(self) -> dict[str, Any]:
        """The change as an operation of a transaction."""
        data = dict(self.data) if self.permissions is None else {**self.data, "$permissions": list(self.permissions)}
        return _operation("update", self.table, data, self.row_id)


@dataclass(frozen=True, slots=True)
class IncrementRow:
    """Add `value`, which may be negative, to a number column of one row, by the route for that.

    A null stays null (observed on Appwrite 1.9.6). `data` is the same change as in an update: the column and an
    operator.
    """

    table: TableRef
    row_id: str
    data: Data
    value: int | float
    # What the sum must not pass: a maximum, or a minimum where `value` is negative.
    limit: int | float | None = None

    @property
    def column(self) -> str:
        return next(iter(self.data))

    @property
    def _action(self) -> str:
        return "increment" if self.value > 0 else "decrement"

    @property
    def request(self) -> Request:
        path = f"{self.table.row(self.row_id)}/{quote(self.column, safe='')}/{self._action}"
        return Request("PATCH", path, body=self._step, shape=entity)

    @property
    def _step(self) -> dict[str, int | float]:
        if self.limit is None:
            return {"value": abs(self.value)}
        return {"value": abs(self.value), "max" if self.value > 0 else "min": self.limit}

    @property
    def operation(self) -> dict[str, Any]:
        """The change as an operation of a transaction."""
        data = {"column": self.column, **self._step}
        return _operation(self._action, self.table, data, self.row_id)


@dataclass(frozen=True, slots=True)
class UpdateRows:
    """Set the given columns of every row that matches; without filters, of the whole table.

    With `first`, only that many rows are changed, in the order of their sequence. `by_operators`: the data has
    operators. Appwrite 1.9.6 then responds with 400 to a change of more than 500 rows that it made, so that a 400 does
    not mean that nothing was changed.
    """

    table: TableRef
    data: Data
    filters: tuple[Clause, ...] = ()
    first: int | None = None
    by_operators: bool = False

    @property
    def request(self) -> Request:
        queries = list(self.filters)
        if self.first is not None:
            queries += [*BY_SEQUENCE, Clause("limit", values=(self.first,))]
        body = {"data": dict(self.data), "queries": [str(clause) for clause in queries]}
        rows = UNKNOWN_ROWS if self.first is None else self.first
        unclear = self.by_operators
        return Request("PATCH", self.table.rows, body=body, shape=listing, refusals_are_unclear=unclear, rows=rows)

    @property
    def operation(self) -> dict[str, Any]:
        """The change as an operation of a transaction."""
        return _operation("bulkUpdate", self.table, self.request.body)


@dataclass(frozen=True, slots=True)
class DeleteRow:
    """Delete one row."""

    table: TableRef
    row_id: str

    @property
    def request(self) -> Request:
        return Request("DELETE", self.table.row(self.row_id), body={})

    @property
    def operation(self) -> dict[str, Any]:
        """The change as an operation of a transaction."""
        return _operation("delete", self.table, None, self.row_id)


@dataclass(frozen=True, slots=True)
class DeleteRows:
    """Delete every row that matches; without filters, all rows of the table."""

    table: TableRef
    filters: tuple[Clause, ...] = ()

    @property
    def request(self) -> Request:
        body = {"queries": [str(clause) for clause in self.filters]}
        return Request("DELETE", self.table.rows, body=body, shape=listing, rows=UNKNOWN_ROWS)

    @property
    def operation(self) -> dict[str, Any]:
        """The change as an operation of a transaction."""
        return _operation("bulkDelete", self.table, self.request.body)


def _operation(action: str, table: TableRef, data: Any, row_id: str | None = None) -> dict[str, Any]:
    """An operation of a transaction; bulk ones name no row, and a deletion has no data."""
    row = {} if row_id is None else {"rowId": row_id}
    values = {} if data is None else {"data": data}
    return {"action": action, "databaseId": table.database, "tableId": table.table, **row, **values}


WritePlan = CreateRow | CreateRows | UpdateRow | IncrementRow | UpdateRows | DeleteRow | DeleteRows


def begin_transaction(seconds: int) -> Request:
    """Return the request for a transaction that can be committed for so many seconds, see TRANSACTION_SECONDS."""
    return Request("POST", "/tablesdb/transactions", body={"ttl": seconds}, shape=entity)


def stage_operations(transaction: str, operations: Sequence[dict[str, Any]]) -> Request:
    """Return the request that stages all of these operations, in order, or none."""
    body = {"operations": list(operations)}
    return Request("POST", f"/tablesdb/transactions/{transaction}/operations", body=body, rows=len(operations))


def end_transaction(transaction: str, *, commit: bool, rows: int = 1) -> Request:
    """Return the request that commits the staged changes, of so many `rows`, or rolls them back."""
    body = {"commit" if commit else "rollback": True}
    return Request("PATCH", f"/tablesdb/transactions/{transaction}", body=body, rows=rows)


def staged(request: Request, transaction: str) -> Request:
    """Return `request` as a part of a transaction: a change is staged, and a read sees what was staged."""
    if request.is_read:
        return dataclasses.replace(request, query=(*request.query, ("transactionId", transaction)))
    body = {**(request.body or {}), "transactionId": transaction}
    # Two staged copies of a create are a duplicate at the commit.
    return dataclasses.replace(request, body=body, repeatable=False, refusals_are_unclear=False)
