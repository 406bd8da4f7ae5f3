"""The plan of one table as it is drawn up: what has been decided so far, and what of the server's has to go."""

from __future__ import annotations

from dataclasses import replace

from ..plans import TableRef
from .changes import Change
from .column_changes import DropColumn, DropTemporaryColumn
from .copying import former_key, temporary_key
from .declared import DeclaredTable
from .index_changes import DropIndex
from .links import Links, other_end
from .planned import FLAG, Plan, Rules
from .state import AVAILABLE, UNFINISHED, ColumnState, IndexState, TableState, lookup
from .values import Conversion


class Draft:
    """One table. `table` is what it will be after the changes so far."""

    def __init__(
        self, ref: TableRef, wanted: DeclaredTable, found: TableState | None, rules: Rules, plan: Plan, links: Links
    ) -> None:
        self.ref = ref
        self.wanted = wanted
        self.found = found
        self.rules = rules
        self.plan = plan
        self.links = links
        self.table = found or replace(wanted.state, columns={}, indexes={})
        # The key that a column has on the server before the migration, where it is renamed in it.
        self.present: dict[str, str] = {}
        # Columns whose empty rows get a value in it, and those whose values get another form.
        self.filled: set[str] = set()
        self.converted: dict[str, Conversion] = {}

    def add(self, change: Change) -> None:
        self.plan.changes.append(change)
        self.table = change.effect(self.table) or self.table

    def obstacle(self, text: str) -> None:
        self.plan.obstacles.append(text)

    def _waits(self) -> list[str]:
        parts = (part for part in self.table.parts if part.status in UNFINISHED)
        return [f"{_noun(part)} {self.ref.table}.{part.key} is {part.status}" for part in parts]

    def _drop(self, column: ColumnState, why: str, kind: type[DropColumn] = DropColumn) -> None:
        if column.kind == "relationship" and column.options["twoWay"]:  # one side takes the other along
            if (self.ref.table.lower(), column.key.lower()) in self.links.dropped:
                return
            self.links.dropped.add(other_end(column))
        for index in list(self.table.indexes.values()):
            if column.key in index.columns and index.status != "deleting":
                self.add(DropIndex(self.ref, index, f"for it is over {column.key}"))
        self.add(kind(self.ref, column, why))

    def _drop_indexes(self) -> None:
        """Those that are not as declared: Appwrite cannot change an index."""
        for index in list(self.table.indexes.values()):
            wanted = lookup(self.wanted.state.indexes, index.key)
            if wanted is None or index.status == "deleting":
                continue
            if index.status in ("failed", "stuck"):
                reason = f": {index.error}" if index.error else ""
                self.add(DropIndex(self.ref, index, f"for it is {index.status}{reason}"))
            elif replace(index, status=AVAILABLE, error="") != wanted:
                self.add(DropIndex(self.ref, index, "for it is declared otherwise"))

    # What nobody declares.

    def _extras(self) -> None:
        for index in list(self.table.indexes.values()):
            if index.status != "deleting" and lookup(self.wanted.state.indexes, index.key) is None:
                if self.rules.prune:
                    self.add(DropIndex(self.ref, index, "which nobody declares"))
                else:
                    self.plan.extras.append(f"index {self.ref.table}.{index}")
        former = {former_key(key) for key in self.wanted.columns}
        temporary = {temporary_key(key) for key in self.wanted.columns}
        for column in list(self.table.columns.values()):
            if column.status == "deleting" or self.links.is_declared_elsewhere(column):
                continue
            if lookup(self.wanted.state.columns, column.key) is None:
                self._extra_column(column, column.key in former, column.key in temporary)

    def _extra_column(self, column: ColumnState, is_former: bool, is_temporary: bool) -> None:
        where = f"column {self.ref.table}.{column}"
        if is_temporary and self.rules.prune:
            self._drop(column, "left over from another migration", DropTemporaryColumn)
        elif (self.rules.prune or is_former) and self.rules.allow_destructive:
            self._drop(column, "which kept older values" if is_former else "which nobody declares")
        elif is_former:
            self.plan.extras.append(f"{where}, values from before a conversion; {FLAG} drops it")
        elif self.rules.prune:
            self.obstacle(f"{where} is not declared; dropping it with its values takes {FLAG}.")
        else:
            self.plan.extras.append(where)
            if column.required:
                self.plan.warnings.append(
                    f"{where} is required and not declared, so that Appwrite refuses every new row of"
                    f" {self.ref.table}. Declare it; or drop it with its values, by --prune and {FLAG}; or declare it"
                    " without required=, migrate, and remove it then, which keeps the values."
                )


def _noun(part: ColumnState | IndexState) -> str:
    return "column" if isinstance(part, ColumnState) else "index"
