"""Security and validation rules for Firebase's Realtime Database, as JSON.

Roles become conditions on `auth`: any, guests, users and single users as in Firebase, verified or not by the token's
`email_verified`; teams, labels and members by the claims `teams`, `labels` and `members` of the token. Each claim is a
map from id to true; a role in a team is `team/role` in `teams`. The rules never grant more than Appwrite does: any
other role is refused, and a disabled table, or one without a permission for a verb, grants that verb to no client.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ...exceptions import SchemaError
from ...schema.printable import json_text
from ...schema.state import ColumnState, TableState
from ...tables.kinds import Family

_WRITES = ("create", "update", "delete")
_TESTS = {
    "string": "newData.isString()",
    "boolean": "newData.isBoolean()",
    "integer": "newData.isNumber()",
    "number": "newData.isNumber()",
    "array": "newData.hasChildren()",
}
_PERMISSION = re.compile(r'([a-z]+)\("(.*)"\)', re.DOTALL)
_SIMPLE = {"any": "true", "guests": "auth == null", "users": "auth != null"}
_VERIFIED = {
    "verified": "auth.token.email_verified == true",
    "unverified": "auth.token.email_verified != true",
}
_ESCAPES = {"\\": "\\\\", "'": "\\'"}
# The conditions that distinguish the verbs, by the data before and after a write.
_CONDITIONS = {"create": "!data.exists()", "update": "data.exists() && newData.exists()", "delete": "!newData.exists()"}


def firebase(tables: Iterable[TableState]) -> str:
    """Return the rules of all tables, for `firebase deploy`. Raises `SchemaError` for a role without a rule."""
    return json_text({"rules": {table.id: _table(table) for table in tables}}, indent=2) + "\n"


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
    return (
        " || ".join(f"({_CONDITIONS[verb]} && ({who}))" for verb, who in granted.items() if who != "false") or "false"
    )


def _who(table: TableState, verb: str) -> str:
    if not table.enabled:
        return "false"
    conditions = list(dict.fromkeys(_role(table, role) for granted, role in _granted(table) if granted == verb))
    return "true" if "true" in conditions else " || ".join(conditions) or "false"


def _granted(table: TableState) -> Iterator[tuple[str, str]]:
    """Yield verbs and roles of the table's permissions."""
    for permission in sorted(table.permissions):
        match = _PERMISSION.fullmatch(permission)
        if match is None:
            raise _not_supported(table, permission)
        yield match[1], match[2]


def _role(table: TableState, role: str) -> str:
    name, _, detail = role.partition("/")
    kind, _, id = name.partition(":")
    if id and (kind == "team" or (kind in ("label", "member") and not detail)):
        return f"auth.token.{kind}s[{_quoted(role.partition(':')[2])}] == true"
    who = f"auth.uid == {_quoted(id)}" if id and kind == "user" else _SIMPLE.get(name)
    if who and not detail:
        return who
    if who and detail in _VERIFIED and kind in ("user", "users"):
        return f"({who} && {_VERIFIED[detail]})"
    raise _not_supported(table, role)


def _not_supported(table: TableState, role: str) -> SchemaError:
    return SchemaError(
        f"Table {table.id} has a permission for {role!r}, for which Firebase has no rule. Leave the table out."
    )


def _column(column: ColumnState) -> Iterator[str]:
    value, kind, options = "newData.val()", column.facts, column.options
    if column.array or (column.is_relationship and options["relationType"].endswith("Many")):
        yield _TESTS["array"]
        return
    if kind.family is Family.UNKNOWN:
        return
    yield _TESTS[kind.json_type]
    size = options.get("size") or kind.size
    if size and not kind.has_elements:
        yield f"{value}.length <= {size}"
    if kind.is_whole:
        yield f"{value} % 1 == 0"
    for option, limit, sign in zip(("min", "max"), kind.range or (), (">=", "<="), strict=False):
        if options.get(option, limit) != limit:
            yield f"{value} {sign} {options[option]!r}"
    if kind.has_elements:
        yield "(" + " || ".join(f"{value} == {_quoted(element)}" for element in options["elements"]) + ")"


def _quoted(text: str) -> str:
    """Return a text literal of the rules."""
    return "'" + "".join(_ESCAPES.get(c) or (c if c.isprintable() else json_text(c)[1:-1]) for c in text) + "'"
