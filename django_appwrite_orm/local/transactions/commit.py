"""The commit: replay staged operations in order, all or none.

Observed: a row that was changed outside after its update, deletion or bulk change was staged is a conflict; so is a
created row that exists already. Increments and upserts do not conflict. Errors have the older types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from ..api.auth import KEY
from ..api.dialects import LEGACY
from ..api.errors import AppwriteError, server_error
from ..api.identifiers import folded_id, unique_id
from ..defects import Defect
from ..rows.bulk import create_rows, delete_selected, select_rows, update_selected, upsert_rows
from ..rows.context import RequestContext
from ..rows.events import internal_name, publish_row_event
from ..rows.increment import count_column
from ..rows.nested_write import check_row, create_nested_row, upsert_row, write_links
from ..rows.operators.parser import operator_in
from ..rows.read import row_not_found
from ..rows.repository import StoredRow, find_row
from ..rows.serializers import show_row
from ..rows.validation import writable
from ..rows.write import remove_row, response_fails, update_stored_row
from ..schema.models import Table
from ..schema.repository import table_by_number
from . import repository
from .operations import count_arguments
from .repository import Operation, Transaction


def commit(context: RequestContext, transaction: Transaction) -> tuple[Transaction, AppwriteError | None]:
    """Replay everything; after an error nothing is written and the transaction has failed."""
    context.session.run("SAVEPOINT replay")
    # Permissions were checked when the operations were staged.
    replay = _Replay(replace(context, caller=KEY))
    try:
        for operation in repository.operations_of(context.session, transaction):
            replay.run(operation)
    except AppwriteError as refusal:
        context.session.run("ROLLBACK TO replay")
        context.session.run("RELEASE replay")
        stays = _is_unforeseen(refusal) and context.defects.imitate(Defect.COMMITTING)
        ended = repository.set_status(
            context.session, transaction, repository.COMMITTING if stays else repository.FAILED
        )
        return ended, AppwriteError(_at_commit(refusal.type), refusal.message)
    context.session.run("RELEASE replay")
    replay.publish_events(context)
    return repository.set_status(context.session, transaction, repository.COMMITTED), None


def _is_unforeseen(refusal: AppwriteError) -> bool:
    """Return whether the server answers an error in a commit with 500.

    Besides errors that are 500 everywhere, this is an increment of a column that is not a number (observed).
    """
    return refusal.status >= 500 or refusal.type == "attribute_type_invalid"


def _at_commit(type: str) -> str:
    if type == "row_already_exists":
        return "transaction_conflict"
    if type == "column_not_found":
        return "document_not_found"
    return LEGACY.error_type(type)


class _Replay:
    """One commit. It knows the rows that it has changed itself, which cannot conflict."""

    def __init__(self, context: RequestContext) -> None:
        self._context = context
        self._written: set[tuple[int, str]] = set()
        self._published: list[tuple[str, Table, str, dict[str, Any] | None]] = []  # single operations, deleted rows too

    def publish_events(self, context: RequestContext) -> None:
        """Publish an event for each single operation, with the final row, under the id that was staged.

        Increments and upserts are published as updates, bulk operations not at all (recorded).
        """
        for action, table, id, gone in self._published if context.session.has_subscribers else ():
            stored = find_row(context.session, table, id, table.plain) if gone is None else None
            row = show_row(table, table.plain, stored, context.view) if stored is not None else gone
            if row is not None:
                row = {**row, "$collection": internal_name(table), "$collectionId": table.id}
                del row["$databaseId"]
                publish_row_event(context, table, action, row)

    def run(self, operation: Operation) -> None:
        table = table_by_number(self._context.session, operation.table_number)
        if table is None:
            raise AppwriteError("row_not_found", "The table of a staged operation was deleted.")
        gone = _ACTIONS[operation.action](self, table, operation)
        if operation.row_id is not None:
            event_action = operation.action if operation.action in ("create", "delete") else "update"
            self._published.append((event_action, table, operation.row_id, gone))

    def _touch(self, table: Table, id: str) -> None:
        self._written.add((table.number, folded_id(id)))

    def _check_conflict(self, table: Table, id: str, updated: str, seen: str) -> None:
        if (table.number, folded_id(id)) not in self._written and updated > seen:
            raise AppwriteError("transaction_conflict", "A row was changed after its change was staged.")

    def _create(self, table: Table, operation: Operation) -> None:
        data = operation.data
        id = str(data.get("$id") or operation.row_id)
        create_nested_row(self._context, table, id, _undated(data), _granted(data))
        self._touch(table, id)

    def _update(self, table: Table, operation: Operation) -> None:
        data, id = operation.data, str(operation.row_id)
        stored = find_row(self._context.session, table, id, table.plain)
        if stored is None:
            raise row_not_found()
        self._check_conflict(table, id, stored[3], operation.seen)
        checked, links = check_row(self._context, table, _undated(data), whole_row=False, operators=True)
        new_id = str(data.get("$id") or stored[1])
        update_stored_row(self._context, table, stored, new_id, checked, _granted(data), touched=bool(links))
        write_links(self._context, table, new_id, links, creating=False)
        self._touch(table, id)
        self._touch(table, new_id)
        if checked.operators:
            self._check_answer(table)

    def _upsert(self, table: Table, operation: Operation) -> None:
        """Upsert the row of ``$id`` in the data; without an id, a new row is created (observed)."""
        data = operation.data
        id = str(data.get("$id") or unique_id())
        upsert_row(self._context, table, id, _undated(data), _granted(data))
        self._touch(table, id)

    def _delete(self, table: Table, operation: Operation) -> dict[str, Any]:
        id = str(operation.row_id)
        stored = find_row(self._context.session, table, id, ())
        if stored is None:
            raise row_not_found()
        self._check_conflict(table, id, stored[3], operation.seen)
        return remove_row(self._context, table, id)

    def _count(self, table: Table, operation: Operation) -> None:
        step, low, high = count_arguments(operation.data)
        up = operation.action == "increment"
        id = str(operation.row_id)
        count_column(self._context, table, id, operation.data["column"], step if up else -step, high if up else low)
        self._touch(table, id)

    def _bulk_create(self, table: Table, operation: Operation) -> None:
        for row in create_rows(self._context, table, [_undated(item) for item in operation.data]):
            self._touch(table, row["$id"])

    def _bulk_upsert(self, table: Table, operation: Operation) -> None:
        for row in upsert_rows(self._context, table, [_undated(item) for item in operation.data]):
            self._touch(table, row["$id"])

    def _bulk_update(self, table: Table, operation: Operation) -> None:
        if not operation.data["data"]:
            return
        selected_rows = select_rows(self._context, table, _texts(operation.data["queries"]))
        data = writable(self._context, operation.data["data"])
        operators = any(map(operator_in, data.values()))
        again = self._selected_before(table, selected_rows) if operators else []
        for stored in selected_rows:
            self._check_conflict(table, stored[1], stored[3], operation.seen)
            self._touch(table, stored[1])
        update_selected(self._context, table, selected_rows, data)
        if again and self._context.defects.imitate(Defect.STAGED_OPERATOR):
            reread = [find_row(self._context.session, table, stored[1], table.plain) for stored in again]
            update_selected(self._context, table, [stored for stored in reread if stored is not None], data)
        if operators and selected_rows:
            self._check_answer(table)

    def _check_answer(self, table: Table) -> None:
        if response_fails(self._context, table):
            raise server_error("a changed row cannot be read again")

    def _selected_before(self, table: Table, selected_rows: Iterable[StoredRow]) -> list[StoredRow]:
        """Return the selected rows that this commit has already written."""
        return [stored for stored in selected_rows if (table.number, folded_id(stored[1])) in self._written]

    def _bulk_delete(self, table: Table, operation: Operation) -> None:
        selected_rows = select_rows(self._context, table, _texts(operation.data["queries"]))
        for stored in selected_rows:
            self._check_conflict(table, stored[1], stored[3], operation.seen)
        delete_selected(self._context, table, selected_rows)


def _undated(data: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise server_error("a bulk operation contains an item that is not a row")
    return {key: value for key, value in data.items() if key not in ("$createdAt", "$updatedAt")}


def _granted(data: Mapping[str, Any]) -> list[str] | None:
    granted = data.get("$permissions")
    return [str(item) for item in granted] if isinstance(granted, list) else None


def _texts(queries: list[Any]) -> list[str]:
    if not all(isinstance(query, str) for query in queries):
        raise server_error("the queries of a bulk operation are not JSON texts")  # observed
    return queries


_ACTIONS: Final[dict[str, Callable[[_Replay, Table, Operation], dict[str, Any] | None]]] = {
    "create": _Replay._create,
    "update": _Replay._update,
    "upsert": _Replay._upsert,
    "delete": _Replay._delete,
    "increment": _Replay._count,
    "decrement": _Replay._count,
    "bulkCreate": _Replay._bulk_create,
    "bulkUpdate": _Replay._bulk_update,
    "bulkUpsert": _Replay._bulk_upsert,
    "bulkDelete": _Replay._bulk_delete,
}
