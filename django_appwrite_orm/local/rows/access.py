"""The permissions of callers on a table and its rows. A key may do everything.

Others need a permission of the table or, where the table has row security, of the row. Rows that they may not read do
not exist for them; changes that they may not make are refused (all observed).
"""

# ruff: noqa: S608 -- SQL contains only our own names and numbers, values are bound
from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..api.auth import Caller
from ..api.errors import AppwriteError
from ..api.permissions import split_permission
from ..schema.models import Table
from .context import RequestContext


def unauthorized(why: str = "The caller has no permission for this.") -> AppwriteError:
    """Return the error for a caller without permission."""
    return AppwriteError("user_unauthorized", why)


def find_enabled_table(context: RequestContext, database_id: str, table_id: str) -> Table:
    """Return the table if it exists for the caller: a disabled one exists for keys only."""
    table = context.schema_cache.table(context.session, database_id, table_id)
    if not context.caller.is_key:
        if not table.database.enabled:
            raise AppwriteError("database_not_found", "There is no database with this id.")
        if not table.enabled:
            raise AppwriteError("table_not_found", "There is no table with this id.")
    return table


def has_permission(caller: Caller, table: Table, verb: str, row_permissions: Iterable[str] = ()) -> bool:
    """Return whether the caller may do this with the table's rows, or with the row of these permissions."""
    if caller.is_key or _grants(caller, table.permissions, verb):
        return True
    return table.row_security and _grants(caller, row_permissions, verb)


def _grants(caller: Caller, permissions: Iterable[str], verb: str) -> bool:
    granting = {f'{verb}("{role}")' for role in caller.roles}
    return any(permission in granting for permission in permissions)


def readable_rows(caller: Caller, table: Table) -> tuple[str, list[str]] | None:
    """Return an SQL condition for the rows that the caller may read, None for all of them.

    Raises ``user_unauthorized`` where the caller may read no row.
    """
    if has_permission(caller, table, "read"):
        return None
    if not table.row_security:
        raise unauthorized()
    marks = ",".join("?" * len(caller.roles))
    condition = f"seq IN (SELECT seq FROM {table.permissions_name} WHERE verb = 'read' AND role IN ({marks}))"
    return condition, list(caller.roles)


def permissions_for_new_row(caller: Caller, permissions: Sequence[str] | None) -> list[str]:
    """Return the permissions of a new row; without any, a user's row belongs to the user."""
    if permissions is None:
        return [f'{verb}("user:{caller.user_id}")' for verb in ("read", "update", "delete")] if caller.user_id else []
    check_own_roles(caller, permissions)
    return list(permissions)


def check_own_roles(caller: Caller, permissions: Iterable[str]) -> None:
    """Check that users and guests give rows only to roles of their own. Raises ``user_unauthorized``."""
    if caller.is_key:
        return
    for permission in permissions:
        if split_permission(permission)[1] not in caller.roles:
            raise unauthorized(f"Permissions can be given to these roles: {', '.join(caller.roles)}.")
