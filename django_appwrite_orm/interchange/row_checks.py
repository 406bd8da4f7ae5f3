"""Checks of a file's rows before anything is sent: an invalid row is reported with its line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..conf import ID_RULE, VALID_ID
from ..exceptions import shortened
from ..tables import Row, permission_problems
from ..tables.kinds import Family
from ..tables.permissions import ROW_VERBS
from .load_relationships import wrong_links
from .reader import Entry

_TIMES = ("$createdAt", "$updatedAt")


def weight(entry: Entry) -> int:
    """Return the bytes of a row in a request. Raises UnicodeEncodeError for a text that cannot be sent."""
    return len(json.dumps(entry.row, ensure_ascii=False).encode())


def problem(entry: Entry, tables: Mapping[str, type[Row]]) -> str:
    """Return why a row cannot be sent; empty when it can.

    Objects are refused in every place: they are not values of any column, and in place of a link Appwrite creates or
    changes the row of the other table that they describe. Values for which Appwrite fails with status 500 are refused,
    too.
    """
    if entry.row is None:
        return entry.problem
    if entry.table not in tables:
        return f"there is no table {entry.table!r} among those to be loaded"
    if key := wrong_links(entry, tables):
        return f"its {key} is {entry.row[key]!r}, and must be a list of ids"
    id = entry.row.get("$id")
    if not isinstance(id, str) or not VALID_ID.fullmatch(id):
        return f"its $id is {id!r}, and must be {ID_RULE}"
    return _value_problem(entry.row, tables[entry.table]) or _system_problem(entry.row)


def _value_problem(row: Mapping[str, Any], table: type[Row]) -> str:
    links = {key for key, column in table._meta.by_key.items() if column.family is Family.LINK}
    for key, value in row.items():
        # Appwrite returns an empty list for a linked row that was deleted.
        if key in links and not (value in (None, []) or (isinstance(value, str) and VALID_ID.fullmatch(value))):
            return f"its {key} is {shortened(repr(value), 60)}, and must be the id of a row or null"
        if _has_object(value):
            return f"its {key} contains an object, which is not a value of any column. A JSON column takes a text"
    return ""


def _has_object(value: Any) -> bool:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            return True
        if isinstance(item, list):
            pending += item
    return False


def _system_problem(row: Mapping[str, Any]) -> str:
    for name in _TIMES:
        if not isinstance(row.get(name), str | None):
            return f"its {name} is {shortened(repr(row[name]), 60)}, and must be a text"
    permissions = row.get("$permissions")
    if permissions is None:
        return ""
    if not isinstance(permissions, list):
        return f"its $permissions are {shortened(repr(permissions), 60)}, and must be a list"
    return next(iter(permission_problems(permissions, ROW_VERBS)), "")
