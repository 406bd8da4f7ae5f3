"""Who may do what with a table and its rows. A key may do everything.

Others need the table's grant of a verb, or, where the table has row security, the row's. What they may not read is
not there for them; what they may not change is refused (all observed).
"""

# ruff: noqa: S608 -- names in SQL are numbers and words of ours, a client's values are bound
from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..api.auth import Caller
from ..api.errors import AppwriteError
from ..api.permissions import split_permission
from ..schema.models import Table
from .context import RequestContext


def unauthorized(why: str = "The caller has no permission for this.") -> AppwriteError:
    return AppwriteError("user_unauthorized", why)


def find_open_table(context: RequestContext, database_id: str, table_id: str) -> Table:
    """The table, if it is there for the caller: what is disabled exists for keys only."""
    table = context.schema_cache.table(context.session, database_id, table_id)
    if not context.caller.is_key:
        if not table.database.enabled:
            raise AppwriteError("database_not_found", "There is no database with this id.")
        if not table.enabled:
            raise AppwriteError("table_not_found", "There is no table with this id.")
    return table


def may(caller: Caller, table: Table, verb: str, row_permissions: Iterable[str] = ()) -> bool:
    """Whether the caller may do this with the table's rows, or with the row of these permissions."""
    if caller.is_key or _grants(caller, table.permissions, verb):
        return True
    return table.row_security and _grants(caller, row_permissions, verb)


def _grants(caller: Caller, permissions: Iterable[str], verb: str) -> bool:
    granting = {f'{verb}("{role}")' for role in caller.roles}
    return any(permission in granting for permission in permissions)


def readable_rows(caller: Caller, table: Table) -> tuple[str, list[str]] | None:
    """An SQL condition for the rows the caller may read, None where it is all of them.

    Raises ``user_unauthorized`` where it cannot be any.
    """
    if may(caller, table, "read"):
        return None
    if not table.row_security:
        raise unauthorized()
    marks = ",".join("?" * len(caller.roles))
    condition = f"seq IN (SELECT seq FROM {table.permissions_name} WHERE verb = 'read' AND role IN ({marks}))"
    return condition, list(caller.roles)


def permissions_for_new_row(caller: Caller, permissions: Sequence[str] | None) -> list[str]:
    """What a new row is stored with: a user's own row is the user's, unless permissions are given."""
    if permissions is None:
        return [f'{verb}("user:{caller.user_id}")' for verb in ("read", "update", "delete")] if caller.user_id else []
    check_own_roles(caller, permissions)
    return list(permissions)


def check_own_roles(caller: Caller, permissions: Iterable[str]) -> None:
    """Users and guests may give rows only to roles they have themselves. Raises ``user_unauthorized``."""
    if caller.is_key:
        return
    for permission in permissions:
        if split_permission(permission)[1] not in caller.roles:
            raise unauthorized(f"Permissions can be given to these roles: {', '.join(caller.roles)}.")
