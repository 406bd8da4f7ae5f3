"""Appwrite's transactions: changes of rows that are staged one by one and applied together."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from .request import Request
from .shapes import entity

# Operations in one transaction (the server's limit for self-hosted projects).
OPERATIONS_LIMIT = 100


def begin_transaction(seconds: int) -> Request:
    """A new transaction that can be committed for so many seconds, 60 to 3,600."""
    return Request("POST", "/tablesdb/transactions", body={"ttl": seconds}, shape=entity)


def stage_operations(transaction: str, operations: Sequence[dict[str, Any]]) -> Request:
    """All of these operations, in order, or none."""
    body = {"operations": list(operations)}
    return Request("POST", f"/tablesdb/transactions/{transaction}/operations", body=body, rows=len(operations))


def end_transaction(transaction: str, *, commit: bool, rows: int = 1) -> Request:
    """Apply what was staged, changes of so many `rows`, or forget it."""
    body = {"commit" if commit else "rollback": True}
    return Request("PATCH", f"/tablesdb/transactions/{transaction}", body=body, rows=rows)


def staged(request: Request, transaction: str) -> Request:
    """The same change, staged instead of applied; or the same question about a row, asked inside."""
    if request.is_read:
        return dataclasses.replace(request, query=(*request.query, ("transactionId", transaction)))
    body = {**(request.body or {}), "transactionId": transaction}
    # Two staged copies of a create are a duplicate at the commit.
    return dataclasses.replace(request, body=body, repeatable=False, refusals_are_unclear=False)
