"""Permission strings such as ``read("user:42")``: parse, check and expand them.

``write`` is short for create, update and delete on a table, for update and delete on a row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from .identifiers import is_identifier

VERBS: Final = ("read", "create", "update", "delete")
TABLE_VERBS: Final = (*VERBS, "write")
ROW_VERBS: Final = ("read", "update", "delete", "write")
MAX_PERMISSIONS: Final = 100
_SHAPE: Final = re.compile(r'(\w+)\("([^"]*)"\)')
_DIMENSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,35}", re.ASCII)


def split_permission(text: str) -> tuple[str, str]:
    """Return the verb and the role of a permission string. Raises ``ValueError``."""
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise ValueError(f'{text!r} is not of the form verb("role")')
    return match[1], match[2]


def check_permissions(value: Any, allowed: Sequence[str]) -> list[str]:
    """Return the list as Appwrite stores it: without duplicates, aggregates expanded.

    Raises ``ValueError`` for a verb that is not allowed and for an unknown role.
    """
    if not isinstance(value, list):
        raise ValueError("expected a list of permissions")
    if len(value) > MAX_PERMISSIONS:
        raise ValueError(f"expected at most {MAX_PERMISSIONS} permissions")
    for entry in value:
        if not isinstance(entry, str):
            raise ValueError("expected permissions as text")
        verb, role = split_permission(entry)
        if verb not in allowed:
            raise ValueError(f"{verb!r} is not allowed here; use one of {', '.join(allowed)}")
        _check_role(role)
    return expand_permissions(value, [verb for verb in VERBS if verb in allowed])


def expand_permissions(permissions: Iterable[str], verbs: Sequence[str]) -> list[str]:
    """Replace ``write`` by the verbs it stands for and drop duplicates, in order."""
    expanded_permissions: dict[str, None] = {}
    for entry in permissions:
        verb, role = split_permission(entry)
        expanded = [v for v in ("create", "update", "delete") if v in verbs] if verb == "write" else [verb]
        expanded_permissions.update(dict.fromkeys(f'{v}("{role}")' for v in expanded))
    return list(expanded_permissions)


def _check_role(role: str) -> None:
    """Check a role.

    Roles: any, guests, users[/verified|unverified], user:ID[/...], team:ID[/role], member:ID, label:name.
    """
    head, _, dimension = role.partition("/")
    kind, colon, name = head.partition(":")
    if kind in ("any", "guests") and not colon:
        ok = not dimension and "/" not in role
    elif kind == "users" and not colon:
        ok = "/" not in role or dimension in ("verified", "unverified")
    elif kind == "user":
        ok = is_identifier(name) and ("/" not in role or dimension in ("verified", "unverified"))
    elif kind == "team":
        ok = is_identifier(name) and ("/" not in role or _DIMENSION.fullmatch(dimension) is not None)
    elif kind == "member":
        ok = is_identifier(name) and "/" not in role
    elif kind == "label":
        ok = name.isascii() and name.isalnum() and len(name) <= 36 and "/" not in role
    else:
        ok = False
    if not ok:
        raise ValueError(f"{role!r} is not a role")
