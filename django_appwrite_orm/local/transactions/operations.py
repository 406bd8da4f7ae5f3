"""Operations sent to a transaction: their shape, and the checks before the commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..api.dialects import LEGACY, Dialect
from ..api.errors import AppwriteError
from ..api.identifiers import folded_id
from ..api.params import numeric
from ..rows.access import check_own_roles, has_permission, unauthorized
from ..rows.bulk import refuse_relationships
from ..rows.context import RequestContext
from ..schema.models import Table
from . import repository
from .overlay import permissions_in_transaction
from .repository import Transaction

ROW_ACTIONS: Final = ("create", "update", "upsert", "delete", "increment", "decrement")
BULK_ACTIONS: Final = ("bulkCreate", "bulkUpdate", "bulkUpsert", "bulkDelete")


@dataclass(frozen=True, slots=True)
class NewOperation:
    """An operation whose shape has been checked."""

    action: str
    database_id: str
    table_id: str
    row_id: str | None
    data: Any


def read_operation(value: Any, dialect: Dialect) -> NewOperation:
    """Return the operation in a request's body. Raises ``ValueError``."""
    if not isinstance(value, dict):
        raise ValueError("an operation is an object")
    action, database_id, table_id = (value.get(name) for name in ("action", "databaseId", f"{dialect.table}Id"))
    if action not in ROW_ACTIONS and action not in BULK_ACTIONS:
        raise ValueError(f"{str(action)[:40]!r} is not an action")
    for name in (database_id, table_id):
        if not isinstance(name, str) or not name:
            raise ValueError(f"an operation names its databaseId and {dialect.table}Id")
    named, row_id = f"{dialect.row}Id" in value, value.get(f"{dialect.row}Id")
    if (named or action in ROW_ACTIONS) and (not isinstance(row_id, str) or not row_id.strip()):
        raise ValueError(f"`{action}` names its {dialect.row}Id")
    data = _data_of(str(action), value)
    _check_data(str(action), data, dialect)
    return NewOperation(str(action), str(database_id), str(table_id), row_id, data)


def _data_of(action: str, value: Mapping[str, Any]) -> Any:
    """Return the data of an operation.

    PHP does not distinguish lists from objects: an object may replace the rows of a bulk operation, on which the commit
    then fails (observed), and an empty list an empty object.
    """
    data = value.get("data")
    if action == "delete" and "data" not in value:
        return {}
    rows = action in ("bulkCreate", "bulkUpsert")
    if data in ([], {}):
        return [] if rows else {}
    if not isinstance(data, dict) and not (rows and isinstance(data, list)):
        raise ValueError(f"`{action}` needs data")
    return list(data.values()) if rows and isinstance(data, dict) else data


def _check_data(action: str, data: Any, dialect: Dialect) -> None:
    if action in ("increment", "decrement"):
        if not isinstance(data.get(dialect.column), str):
            raise ValueError(f"`{action}` names its {dialect.column}")
        for name in ("value", "min", "max"):
            if data.get(name) is not None or (name == "value" and name in data):
                numeric(data[name])
    if action in ("bulkUpdate", "bulkDelete") and not isinstance(data.get("queries"), list):
        raise ValueError(f"`{action}` needs queries")
    if action == "bulkUpdate" and not isinstance(data.get("data"), dict):
        raise ValueError("`bulkUpdate` needs data")


def stage_operations(
    context: RequestContext, transaction: Transaction, operations: Sequence[NewOperation], dialect: Dialect
) -> None:
    """Check the operations of one request as the server does, and stage them all.

    Raises ``database_not_found``, ``collection_not_found``, ``document_not_found``, ``user_unauthorized``: the older
    types, whatever the route (observed).
    """
    created: set[tuple[int, str]] = set()
    checked: list[tuple[Table, NewOperation]] = []
    try:
        for new in operations:
            table = context.schema_cache.table(context.session, new.database_id, new.table_id)
            _check_access(context, transaction, table, new, created)
            checked.append((table, new))
    except AppwriteError as refusal:
        raise AppwriteError(LEGACY.error_type(refusal.type), refusal.message) from refusal
    for table, new in checked:
        repository.stage(context.session, transaction, table, new.action, new.row_id, _staged_form(new, dialect))


def _staged_form(new: NewOperation, dialect: Dialect) -> Any:
    data = new.data
    if new.action == "create":
        return {"$id": new.row_id, **data}  # observed: "unique()" becomes the row's id as it stands
    if new.action in ("increment", "decrement"):
        return {"column": data[dialect.column], **{name: data.get(name) for name in ("value", "min", "max")}}
    return data


def _check_access(
    context: RequestContext, transaction: Transaction, table: Table, new: NewOperation, created: set[tuple[int, str]]
) -> None:
    """Check that the caller may stage an operation.

    ``created`` holds the rows of plain creates before it in the same request, the only operations of its request that
    it can depend on (observed).
    """
    if new.action in BULK_ACTIONS:
        if not context.caller.is_key:
            raise unauthorized("Bulk operations are for API keys.")
        refuse_relationships(table)
        return
    name = (table.number, folded_id(str(new.row_id)))
    if isinstance(granted := new.data.get("$permissions"), list):
        check_own_roles(context.caller, [item for item in granted if isinstance(item, str)])
    if new.action == "create":
        created.add(name)
        allowed = has_permission(context.caller, table, "create")
    elif name in created:
        allowed = has_permission(context.caller, table, _verb(new.action))
    else:
        permissions = permissions_in_transaction(context, transaction, table, str(new.row_id))
        if permissions is None and new.action != "upsert":
            raise AppwriteError("row_not_found", "There is no row with this id.")
        verb = "create" if permissions is None else _verb(new.action)
        allowed = has_permission(context.caller, table, verb, permissions or ())
    if not allowed:
        raise unauthorized()


def _verb(action: str) -> str:
    return "delete" if action == "delete" else "update"


def count_arguments(data: Mapping[str, Any]) -> tuple[int | float, int | float | None, int | float | None]:
    """Return step, minimum and maximum of a staged increment or decrement; the default step is 1."""
    value = data.get("value")
    bounds = [None if data.get(name) is None else numeric(data[name]) for name in ("min", "max")]
    return 1 if value is None else numeric(value), bounds[0], bounds[1]
