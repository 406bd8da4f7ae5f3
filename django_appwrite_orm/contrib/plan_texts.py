"""Plans and requests as text for a page: without values that are secret."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from ..backend.in_memory.plan import InMemoryRead
from ..backend.model_table import ModelRow
from ..plans import (
    AggregateRows,
    Clause,
    CountRows,
    CreateRow,
    CreateRows,
    DeleteRow,
    DeleteRows,
    GetRow,
    IncrementRow,
    ListRows,
    Request,
    TableRef,
    UpdateRow,
    UpdateRows,
)
from ..registry import registry
from ..tables import Row
from ..transactions import Transaction

HIDDEN = "****"
# Names of columns whose values are not for a page: passwords, sessions, tokens.
_SECRET = re.compile(
    r"passw|secret|token|session|signature|credential|cookie|api_?key|private_?key|(?<![a-z])(?:jwt|otp)(?![a-z])",
    re.IGNORECASE,
)
# Values of one condition that are shown.
_VALUES = 5
_ROW = re.compile(r"/tables/([^/]+)/rows/([^/?]+)")


class PlanTexts:
    """The texts of one page. `bare` texts have `?` for each value: they are the same for similar queries."""

    @cached_property
    def _tables(self) -> dict[str, type[Row]]:
        return {table._meta.id: table for table in registry.every()}

    def of(self, subject: Any, *, bare: bool = False) -> str:
        """Return the text of a plan, a request or several plans; half of a surrogate pair is written as its escape."""
        # Neither a page nor an exporter of spans can send one.
        return self._of(subject, bare).encode(errors="backslashreplace").decode()

    def _of(self, subject: Any, bare: bool) -> str:
        if isinstance(subject, tuple):
            first = self._of(subject[0], bare)
            return first if len(subject) == 1 else f"{first} and {len(subject) - 1} more"
        if isinstance(subject, Request):
            return f"{subject.method} {_ROW.sub(lambda match: self._path(match, bare), subject.path)}"
        if isinstance(subject, InMemoryRead):
            return subject.sql
        return " ".join(filter(None, self._parts(subject, bare)))

    def _path(self, match: re.Match[str], bare: bool) -> str:
        return f"/tables/{match[1]}/rows/{self._row_id(match[1], match[2], bare)}"

    def _parts(self, plan: Any, bare: bool) -> Iterable[str]:
        """Yield the parts of a plan's text: what is done, where, to what."""
        table: TableRef | None = getattr(plan, "table", None)
        if table is None:  # a plan of another kind: its own text may have values
            yield f"{type(plan).__name__} {', '.join(ref.table for ref in getattr(plan, 'tables', ()))}"
            return
        name = table.table
        yield f"{operation_of(plan)} {name}"
        if isinstance(plan, GetRow | CreateRow | UpdateRow | IncrementRow | DeleteRow):
            yield self._row_id(name, plan.row_id, bare)
        if isinstance(plan, CreateRows):
            yield f"{len(plan.rows)} rows"
        if isinstance(plan, CreateRow | UpdateRow | UpdateRows | IncrementRow) and plan.data:
            yield f"set {', '.join(plan.data)}"
        if isinstance(plan, AggregateRows):
            yield ", ".join(f"{clause.method} {clause.attribute or ''}".strip() for clause in plan.aggregates)
            yield f"by {', '.join(plan.by)}" if plan.by else ""
        filters: Sequence[Clause] = getattr(plan, "filters", ())
        if filters:
            yield "where " + " and ".join(self._condition(name, clause, bare) for clause in filters)
        if isinstance(plan, ListRows):
            if plan.order:
                yield f"order by {', '.join(_order(clause) for clause in plan.order)}"
            yield f"limit {'?' if bare else plan.limit}"
            yield f"offset {'?' if bare else plan.offset}" if plan.offset else ""
            yield f"columns {', '.join(plan.select)}" if plan.select else ""
            yield "with their number" if plan.total else ""

    def _condition(self, table: str, clause: Clause, bare: bool) -> str:
        if clause.method in ("and", "or"):
            inner = f" {clause.method} ".join(self._condition(table, part, bare) for part in clause.values or ())
            return f"({inner})"
        values = clause.values or ()
        if bare:
            shown = "?" if values else ""
        elif self._is_secret(table, clause.attribute or ""):
            shown = HIDDEN
        else:
            shown = ", ".join(json.dumps(value, ensure_ascii=False, default=str) for value in values[:_VALUES])
            shown += f", and {len(values) - _VALUES} more" if len(values) > _VALUES else ""
        return f"{clause.method}({', '.join(filter(None, [clause.attribute, shown]))})"

    def _row_id(self, table: str, row_id: str, bare: bool) -> str:
        if bare:
            return "?"
        return HIDDEN if self._is_secret(table, "$id") else row_id

    def _is_secret(self, table_id: str, attribute: str) -> bool:
        """Whether the values of a column are not for a page; a dotted one leads to another table."""
        table = self._tables.get(table_id)
        if attribute == "$id":
            return table is not None and issubclass(table, ModelRow) and _is_secret_name(_key_of(table))
        if "." in attribute:
            return any(map(_is_secret_name, attribute.split("."))) or self._leads_to_encrypted(attribute)
        return _is_secret_name(attribute) or (table is not None and _is_encrypted(table, attribute))

    def _leads_to_encrypted(self, attribute: str) -> bool:
        last = attribute.rpartition(".")[2]
        return any(_is_encrypted(table, last) for table in self._tables.values())


_VERBS: dict[type, str] = {
    GetRow: "get",
    ListRows: "list",
    CountRows: "count",
    AggregateRows: "aggregate",
    CreateRow: "create",
    CreateRows: "create",
    UpdateRow: "update",
    UpdateRows: "update",
    IncrementRow: "increment",
    DeleteRow: "delete",
    DeleteRows: "delete",
}


def operation_of(subject: Any) -> str:
    """Return what a plan, several plans or a commit do, in one word."""
    if isinstance(subject, tuple):
        operations = {operation_of(part) for part in subject}
        return operations.pop() if len(operations) == 1 else "batch"
    if isinstance(subject, InMemoryRead):
        return "select"
    return "commit" if isinstance(subject, Transaction) else _VERBS.get(type(subject), type(subject).__name__)


def tables_of(subject: Any) -> tuple[TableRef, ...]:
    """Return the tables of a plan, several plans, or what else an activity is about, its own first."""
    if isinstance(subject, TableRef):
        return (subject,)
    if isinstance(subject, tuple):
        return tuple(dict.fromkeys(table for part in subject for table in tables_of(part)))
    tables = getattr(subject, "tables", None) or getattr(subject, "changed_tables", None)
    if tables is not None:
        return tuple(tables)
    return (subject.table,) if hasattr(subject, "table") else ()


def _order(clause: Clause) -> str:
    return f"{'-' if clause.method == 'orderDesc' else ''}{clause.attribute or 'random'}"


def _is_secret_name(name: str) -> bool:
    return _SECRET.search(name) is not None


def _is_encrypted(table: type[Row], key: str) -> bool:
    column = table._meta.by_key.get(key)
    return column is not None and column.encrypted


def _key_of(table: type[ModelRow]) -> str:
    return str(table._model._meta.pk.name)
