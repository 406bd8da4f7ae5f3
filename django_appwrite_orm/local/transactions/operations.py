"""Operations given to a transaction directly: their shape, and the little that is checked before the commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..catalogue.models import Table
from ..protocol.errors import AppwriteError
from ..protocol.params import numeric
from ..protocol.words import LEGACY, Words
from ..rows.access import check_own_roles, may, unauthorized
from ..rows.show import permissions_of
from ..rows.stored import find_row
from ..rows.work import Work
from ..values.identifiers import folded_id
from . import records
from .overlay import staged_rows
from .records import Transaction

ROW_ACTIONS: Final = ("create", "update", "upsert", "delete", "increment", "decrement")
BULK_ACTIONS: Final = ("bulkCreate", "bulkUpdate", "bulkUpsert", "bulkDelete")
_NEED_ROW_ID: Final = ("create", "update", "delete", "increment", "decrement")


@dataclass(frozen=True, slots=True)
class NewOperation:
    """An operation whose shape has been checked."""

    action: str
    database_id: str
    table_id: str
    row_id: str | None
    data: Any


def read_operation(value: Any, words: Words) -> NewOperation:
    """The operation in a request's body. Raises ``ValueError``."""
    if not isinstance(value, dict):
        raise ValueError("an operation is an object")
    action, database_id, table_id = (value.get(name) for name in ("action", "databaseId", f"{words.table}Id"))
    if action not in ROW_ACTIONS and action not in BULK_ACTIONS:
        raise ValueError(f"{str(action)[:40]!r} is no action")
    for name in (database_id, table_id):
        if not isinstance(name, str) or not name:
            raise ValueError(f"an operation names its databaseId and {words.table}Id")
    named, row_id = f"{words.row}Id" in value, value.get(f"{words.row}Id")
    if (named or action in _NEED_ROW_ID) and (not isinstance(row_id, str) or not row_id.strip()):
        raise ValueError(f"`{action}` names its {words.row}Id")
    data = _data_of(str(action), value)
    _check_data(str(action), data, words)
    return NewOperation(str(action), str(database_id), str(table_id), row_id, data)


def _data_of(action: str, value: Mapping[str, Any]) -> Any:
    """The data of an operation; PHP makes no difference between an empty list and an empty object."""
    data = value.get("data")
    if action == "delete" and "data" not in value:
        return {}
    empty: list[Any] | dict[str, Any] = [] if action in ("bulkCreate", "bulkUpsert") else {}
    if data in ([], {}):
        return empty
    if not isinstance(data, type(empty)):
        raise ValueError(f"`{action}` needs data")
    return data


def _check_data(action: str, data: Any, words: Words) -> None:
    if action in ("increment", "decrement"):
        if not isinstance(data.get(words.column), str):
            raise ValueError(f"`{action}` names its {words.column}")
        for name in ("value", "min", "max"):
            if data.get(name) is not None or (name == "value" and name in data):
                numeric(data[name])
    if action in ("bulkUpdate", "bulkDelete") and not isinstance(data.get("queries"), list):
        raise ValueError(f"`{action}` needs queries")
    if action == "bulkUpdate" and not isinstance(data.get("data"), dict):
        raise ValueError("`bulkUpdate` needs data")


def stage_operation(work: Work, transaction: Transaction, new: NewOperation, words: Words) -> None:
    """Check what the server checks and stage. Raises ``database_not_found``, ``collection_not_found``,
    ``document_not_found``, ``user_unauthorized``: the older words, whatever the route (observed)."""
    try:
        table = work.catalogue.table(work.session, new.database_id, new.table_id)
        _check_access(work, transaction, table, new)
    except AppwriteError as refusal:
        raise AppwriteError(LEGACY.error_type(refusal.type), refusal.message) from refusal
    row_id, data = new.row_id, new.data
    if new.action == "create":
        data = {"$id": row_id, **data}  # observed: "unique()" becomes the row's id as it stands
    if new.action in ("increment", "decrement"):
        data = {"column": data[words.column], **{name: data.get(name) for name in ("value", "min", "max")}}
    records.stage(work.session, transaction, table, new.action, row_id, data)


def _check_access(work: Work, transaction: Transaction, table: Table, new: NewOperation) -> None:
    if new.action in BULK_ACTIONS:
        if not work.caller.is_key:
            raise unauthorized("Bulk operations are for API keys.")
        return
    if isinstance(granted := new.data.get("$permissions"), list):
        check_own_roles(work.caller, [item for item in granted if isinstance(item, str)])
    if new.action == "create":
        allowed = may(work.caller, table, "create")
    else:
        permissions = _permissions_inside(work, transaction, table, new)
        verb = "delete" if new.action == "delete" else "update"
        allowed = may(work.caller, table, verb, permissions)
    if not allowed:
        raise unauthorized()


def _permissions_inside(work: Work, transaction: Transaction, table: Table, new: NewOperation) -> list[str]:
    """The permissions of the row an operation is about. Raises ``row_not_found``; an upsert may find none."""
    id = str(new.row_id)
    stored = find_row(work.session, table, id, ())
    if stored is not None:
        return permissions_of(stored)
    staged = staged_rows(work.session, transaction, table).get(folded_id(id))
    if (staged is None or staged.gone) and new.action != "upsert":
        raise AppwriteError("row_not_found", "There is no row with this id.")
    return []


def count_arguments(data: Mapping[str, Any]) -> tuple[int | float, int | float | None, int | float | None]:
    """Step, minimum and maximum of a staged increment or decrement; the step is 1 unless given."""
    value = data.get("value")
    bounds = [None if data.get(name) is None else numeric(data[name]) for name in ("min", "max")]
    return 1 if value is None else numeric(value), bounds[0], bounds[1]
