"""Validate permissions in Appwrite's form, `read("user:42")`, as the SDK's `Permission` and `Role` write it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..conf import VALID_ID
from ..plans.limits import LABEL_LENGTH, PERMISSIONS_LIMIT

# `write` stands for create, update and delete. The permissions of a row cannot allow to create it.
TABLE_VERBS = ("read", "create", "update", "delete", "write")
ROW_VERBS = ("read", "update", "delete", "write")

_PERMISSION = re.compile(r'([a-z]+)\("([^"]*)"\)')
_ID = VALID_ID.pattern
_ROLE = re.compile(
    rf"any|guests|users(/(un)?verified)?|user:{_ID}(/(un)?verified)?|team:{_ID}(/{_ID})?|member:{_ID}"
    rf"|label:[A-Za-z0-9]{{1,{LABEL_LENGTH}}}"
)


def is_role(text: str) -> bool:
    """Whether Appwrite takes this text for a role, such as `user:42`."""
    return _ROLE.fullmatch(text) is not None


def granted(permission: str) -> tuple[str, str] | None:
    """Return the verb and the role of a permission; None for another text."""
    match = _PERMISSION.fullmatch(permission)
    return (match[1], match[2]) if match is not None else None


def permission_problems(permissions: Sequence[object], verbs: Sequence[str]) -> list[str]:
    """Return why Appwrite would refuse these permissions, a sentence each. `verbs` are those that can be granted."""
    problems = [problem for text in permissions if (problem := _problem(text, verbs))]
    if len(permissions) > PERMISSIONS_LIMIT:
        problems.append(f"There are {len(permissions)} permissions; Appwrite allows {PERMISSIONS_LIMIT}.")
    return problems


def _problem(text: object, verbs: Sequence[str]) -> str | None:
    match = _PERMISSION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return f'{text!r} is not a permission of the form verb("role"), as Permission.read(Role.any()) writes it.'
    if match[1] not in verbs:
        return f"{text!r} allows {match[1]!r}, which is not one of {', '.join(verbs)}."
    if not is_role(match[2]):
        return f"{text!r} names {match[2]!r}, which is not a role. Use the SDK's Role."
    return None
