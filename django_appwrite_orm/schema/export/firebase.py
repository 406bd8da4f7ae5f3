"""Security and validation rules for Firebase's Realtime Database, as JSON.

Roles become conditions on `auth`: anybody, guests, users (verified too) and single users as Firebase knows them,
teams and labels by the claims `teams` and `labels` of the token, each a map from id to true. A table without a
permission for a verb grants it to nobody, as Appwrite does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from ..bodies import SPATIAL
from ..state import DOUBLE, INT64, ColumnState, TableState

_WRITES = ("create", "update", "delete")
_TEXT = frozenset({"string", "varchar", "text", "mediumtext", "longtext", "email", "url", "ip", "enum", "datetime"})
_SIZES = {"email": 254, "ip": 39, "url": 2000}
_SIMPLE = {
    "any": "true",
    "guests": "auth == null",
    "users": "auth != null",
    "users/verified": "auth.token.email_verified",
}
# What happens to a row, told apart by what was there and what will be.
_MOMENTS = {"create": "!data.exists()", "update": "data.exists() && newData.exists()", "delete": "!newData.exists()"}


def firebase(tables: Iterable[TableState]) -> str:
    """The rules for all of them, ready for `firebase deploy`."""
    return json.dumps({"rules": {table.id: _table(table) for table in tables}}, indent=2, ensure_ascii=False) + "\n"


def _table(table: TableState) -> dict[str, Any]:
    required = [column.key for column in table.columns.values() if column.required]
    row: dict[str, Any] = {".write": _write(table)}
    if required:
        row[".validate"] = f"newData.hasChildren([{', '.join(map(_quoted, required))}])"
    for column in table.columns.values():
        if rules := list(_column(column)):
            row[column.key] = {".validate": " && ".join(rules)}
    return {".read": _who(table, "read"), "$row": row}


def _write(table: TableState) -> str:
    granted = {verb: _who(table, verb) for verb in _WRITES}
    if len(set(granted.values())) == 1:
        return granted["create"]
    return " || ".join(f"({_MOMENTS[verb]} && ({who}))" for verb, who in granted.items() if who != "false") or "false"


def _who(table: TableState, verb: str) -> str:
    roles = [found[1] for text in sorted(table.permissions) if (found := re.fullmatch(rf'{verb}\("(.*)"\)', text))]
    conditions = list(dict.fromkeys(map(_role, roles)))
    return "true" if "true" in conditions else " || ".join(conditions) or "false"


def _role(role: str) -> str:
    kind, _, rest = role.partition(":")
    id = rest.partition("/")[0]
    if kind == "user":
        return f"auth.uid == {_quoted(id)}"
    if kind in ("team", "label"):
        return f"auth.token.{kind}s[{_quoted(id)}] == true"
    return _SIMPLE.get(role, "false")


def _column(column: ColumnState) -> Iterator[str]:
    value = "newData.val()"
    if column.array:
        yield "newData.hasChildren()"
    elif column.kind == "relationship":
        yield "newData.hasChildren()" if column.options["relationType"].endswith("Many") else "newData.isString()"
    elif column.kind in SPATIAL:
        yield "newData.hasChildren()"
    elif column.kind in _TEXT:
        yield "newData.isString()"
        size = column.options.get("size") or _SIZES.get(column.kind)
        if size:
            yield f"{value}.length <= {size}"
    elif column.kind == "boolean":
        yield "newData.isBoolean()"
    elif column.kind in ("integer", "bigint", "float"):
        yield "newData.isNumber()"
        if column.kind != "float":
            yield f"{value} % 1 == 0"
    limits = DOUBLE if column.kind == "float" else INT64
    for option, limit, sign in (("min", limits[0], ">="), ("max", limits[1], "<=")):
        if not column.array and column.options.get(option, limit) != limit:
            yield f"{value} {sign} {column.options[option]!r}"
    if not column.array and "elements" in column.options:
        yield "(" + " || ".join(f"{value} == {_quoted(element)}" for element in column.options["elements"]) + ")"


def _quoted(text: str) -> str:
    """A text in the language of the rules."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"
