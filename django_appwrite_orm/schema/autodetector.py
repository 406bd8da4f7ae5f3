"""Compare declared tables with those of a server: the plan that makes the server's tables equal to the declarations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..plans import TableRef
from .conversions import Conversion, conversion, fill_of
from .declared import DeclaredTable, End
from .operations.alter_column import ChangeColumn, is_possible
from .operations.base import CreateTable, DropTable, SchemaOperation, UpdateTable
from .operations.columns import AddColumn, DropColumn, DropTemporaryColumn, RenameColumn, is_available
from .operations.convert_column import CopyColumn, former_key, temporary_key
from .operations.indexes import AddIndex, DropIndex, Part, UniqueCheck
from .operations.relationships import AddRelationship, ChangeRelationship, rival_of
from .plan import FLAG, MigrationOptions, MigrationPlan
from .relationships import RelationshipGraph, mirror, neighbours, other_end
from .state import AVAILABLE, UNFINISHED, UNREADABLE, ColumnState, IndexState, TableState, differences, lookup


class Draft:
    """The plan of one table: what has been decided so far, and what has to be dropped.

    `table` is the table after the changes so far.
    """

    def __init__(
        self,
        ref: TableRef,
        declared: DeclaredTable,
        existing: TableState | None,
        options: MigrationOptions,
        plan: MigrationPlan,
        relationships: RelationshipGraph,
    ) -> None:
        self.ref = ref
        self.declared = declared
        self.existing = existing
        self.options = options
        self.plan = plan
        self.relationships = relationships
        self.table = existing or replace(declared.state, columns={}, indexes={})
        # Keys on the server before the migration, of columns that it renames.
        self.present: dict[str, str] = {}
        # Columns for which rows without a value get one, and those whose values are converted.
        self.filled: set[str] = set()
        self.converted: dict[str, Conversion] = {}

    def add(self, change: SchemaOperation) -> None:
        """Add an operation on this table to the plan."""
        self.plan.changes.append(change)
        self.table = change.state_after(self.table) or self.table

    def obstacle(self, text: str) -> None:
        """Add a difference that cannot be migrated to the plan."""
        self.plan.obstacles.append(text)

    def _waits(self) -> list[str]:
        parts = (part for part in self.table.parts if part.status in UNFINISHED)
        return [f"{_noun(part)} {self.ref.table}.{part.key} is {part.status}" for part in parts]

    def _drop(self, column: ColumnState, reason: str, kind: type[DropColumn] = DropColumn) -> None:
        if column.is_relationship and column.options["twoWay"]:  # dropping one side drops the other
            if (self.ref.table.lower(), column.key.lower()) in self.relationships.dropped:
                return
            self.relationships.dropped.add(other_end(column))
        for index in list(self.table.indexes.values()):
            if column.key in index.columns and index.status != "deleting":
                self.add(DropIndex(self.ref, index, f"because it is over {column.key}"))
        self.add(kind(self.ref, column, reason))

    def _drop_indexes(self) -> None:
        """Drop the indexes that differ from their declarations: Appwrite cannot change an index."""
        for index in list(self.table.indexes.values()):
            declared = lookup(self.declared.state.indexes, index.key)
            if declared is None or declared == index or index.status == "deleting":
                continue
            if index.status in ("failed", "stuck"):
                reason = f": {index.error}" if index.error else ""
                self.add(DropIndex(self.ref, index, f"because it is {index.status}{reason}"))
            elif replace(index, status=AVAILABLE, error="") != declared:
                self.add(DropIndex(self.ref, index, "because its declaration differs"))

    # Parts on the server that are not declared.

    def _extras(self) -> None:
        for index in list(self.table.indexes.values()):
            if index.status != "deleting" and lookup(self.declared.state.indexes, index.key) is None:
                if self.options.prune:
                    self.add(DropIndex(self.ref, index, "which is not declared"))
                else:
                    self.plan.extras.append(f"index {self.ref.table}.{index}")
        former = {former_key(key) for key in self.declared.columns}
        temporary = {temporary_key(key) for key in self.declared.columns}
        for column in list(self.table.columns.values()):
            if column.status == "deleting" or self.relationships.is_declared_elsewhere(column):
                continue
            if lookup(self.declared.state.columns, column.key) is None:
                self._extra_column(column, column.key in former, column.key in temporary)

    def _extra_column(self, column: ColumnState, is_former: bool, is_temporary: bool) -> None:
        where = f"column {self.ref.table}.{column}"
        if is_temporary and self.options.prune:
            self._drop(column, "left over from another migration", DropTemporaryColumn)
        elif (self.options.prune or is_former) and self.options.allow_destructive:
            self._drop(column, "which kept older values" if is_former else "which is not declared")
        elif is_former:
            self.plan.extras.append(f"{where}, values from before a conversion; {FLAG} drops it")
        elif self.options.prune:
            self.obstacle(f"{where} is not declared; dropping it with its values takes {FLAG}.")
        else:
            self.plan.extras.append(where)
            if column.required:
                self.plan.warnings.append(
                    f"{where} is required and not declared, so Appwrite refuses every new row of {self.ref.table}."
                    f" Declare it; or drop it with its values, by --prune and {FLAG}; or declare it without required=,"
                    " migrate, and then remove the declaration, which keeps the values."
                )


def _noun(part: ColumnState | IndexState) -> str:
    return "column" if isinstance(part, ColumnState) else "index"


def compare(
    database: str,
    declared: Sequence[DeclaredTable],
    existing: Mapping[str, TableState],
    options: MigrationOptions,
    undeclared: Sequence[TableState] = (),
    ends: frozenset[End] = frozenset(),
) -> MigrationPlan:
    """Return the plan that changes the tables of a server, `existing` (by id in lower case), to `declared`.

    `undeclared` are the tables of the server that no class declares; `ends` are the relationships of all classes, also
    of those that are not migrated.
    """
    plan = MigrationPlan()
    relationships = RelationshipGraph.between(declared, existing, ends)
    for table in declared:
        ref = TableRef(database, table.state.id)
        _Comparison(ref, table, existing.get(table.state.id.lower()), options, plan, relationships).run()
    for extra in undeclared:
        if not options.prune:
            plan.extras.append(f"table {extra.id}")
        elif options.allow_destructive:
            linked = frozenset(TableRef(database, id) for id in neighbours(existing, extra.id))
            plan.changes.append(DropTable(TableRef(database, extra.id), linked))
        else:
            plan.obstacles.append(f"table {extra.id} is not declared; dropping it with its rows takes {FLAG}.")
    return plan


class _Comparison(Draft):
    """The comparison of one table with its declaration."""

    def run(self) -> None:
        """Add the operations and obstacles of this table to the plan."""
        declared = self.declared.state
        if self.existing is None:
            self.add(CreateTable(self.ref, declared))
        else:
            self.plan.waits += self._waits()
            target = replace(declared, id=self.table.id, columns=self.table.columns, indexes=self.table.indexes)
            if target != self.table:
                self.add(UpdateTable(self.ref, self.table, target))
            self._rename()
            self._drop_indexes()
        for column in declared.columns.values():
            if not self.relationships.follows(self.ref.table, column):
                self._column(column)
        self._drop_indexes()
        for index in declared.indexes.values():
            built = self.table.indexes.get(index.key)
            if built is None or built.status == "deleting":
                self._survey(index)
                self.add(AddIndex(self.ref, index))
            elif any(key in self.filled for key in index.columns):
                self._survey(index)
        self._extras()

    # Columns.

    def _rename(self) -> None:
        for key, old_key in self.declared.former.items():
            former = self.table.columns.get(old_key)
            if former is None or lookup(self.table.columns, key) not in (None, former):
                continue
            if self.relationships.follows(self.ref.table, self.declared.state.columns[key]):
                continue
            kind = ChangeRelationship if former.is_relationship else RenameColumn
            self.add(kind(self.ref, former, replace(former, key=key)))
            self.present[key] = former.key

    def _column(self, declared: ColumnState) -> None:
        where = f"column {self.ref.table}.{declared.key}"
        existing = lookup(self.table.columns, declared.key)
        if existing is None:
            self._missing(declared)
        elif existing == declared:
            self._check_other_side(existing)
        elif existing.key != declared.key:
            self.obstacle(
                f"{where}: on the server its key is spelled {existing.key!r}, also in its rows. Declare it with"
                f" column={existing.key!r}."
            )
        elif existing.kind == UNREADABLE:
            self.obstacle(f"{where}: its description on the server is not valid: {existing.error}.")
        elif existing.status == "failed":
            self._drop(existing, f"which Appwrite failed to build ({_reason(existing)})")
            self._missing(declared)
        elif existing.status == "stuck":
            self.obstacle(
                f"{where} is stuck: Appwrite could not delete it ({_reason(existing)})."
                " Delete the indexes it is in, then the column, in the Appwrite console, and migrate again."
            )
        elif existing.status == "deleting":
            self._missing(declared)
        elif (names := differences(declared, existing)) and is_possible(declared, existing):
            self._change(declared, existing)
        elif not names and declared.is_relationship:
            self._check_other_side(existing)
        elif names:
            self._rebuild(declared, existing, names)

    def _check_other_side(self, existing: ColumnState) -> None:
        if existing.is_relationship:
            wait, obstacle = self.relationships.trouble(self.ref.table, existing)
            self.plan.waits += [wait] * bool(wait)
            self.plan.obstacles += [obstacle] * bool(obstacle)

    def _missing(self, declared: ColumnState) -> None:
        if declared.is_relationship:
            self._missing_relationship(declared)
            return
        former = self.table.columns.get(former_key(declared.key))
        if former is not None and lookup(self.declared.state.columns, former.key) is None:
            # A conversion was interrupted between its two renames: undo the first one and start again.
            self.add(RenameColumn(self.ref, former, replace(former, key=declared.key)))
            self.present[declared.key] = former.key
            self._column(declared)
        elif self.existing is None or not declared.required:
            self.add(AddColumn(self.ref, declared))
        else:  # existing rows must get a value before the column becomes required
            optional = replace(declared, required=False)
            self.add(AddColumn(self.ref, optional))
            self._change(declared, optional)

    def _missing_relationship(self, declared: ColumnState) -> None:
        if (remains := self.relationships.remains(self.ref.table, declared)) is not None:
            other = TableRef(self.ref.database, declared.options["relatedTable"])
            self.plan.changes.append(DropColumn(other, remains, f"which Appwrite failed to build ({_reason(remains)})"))
            self.relationships.dropped.add(other_end(declared))
        rival = rival_of(self.table, declared)
        if problem := self.relationships.obstacle(self.ref.table, declared):
            self.obstacle(problem)
        elif rival is not None and not self._is_dropped(rival):
            self.obstacle(
                f"column {self.ref.table}.{declared.key}: Appwrite allows one manyToMany between two tables, and there"
                f" is {rival.key}. Drop that one first, with --prune and {FLAG}, or rename it with renamed_from."
            )
        else:
            self.plan.waits += [wait for wait in self.relationships.others_unfinished() if wait not in self.plan.waits]
            self.add(AddRelationship(self.ref, declared))

    def _is_dropped(self, column: ColumnState) -> bool:
        """Whether this migration drops a column of the server."""
        is_declared = column.key in self.declared.state.columns or self.relationships.is_declared_elsewhere(column)
        return self.options.prune and self.options.allow_destructive and not is_declared

    def _change(self, declared: ColumnState, existing: ColumnState) -> None:
        if declared.is_relationship:
            self._change_relationship(declared, existing)
            return
        before = lookup(self.existing.columns, existing.key) if self.existing is not None else None
        is_built = before is not None and before.status == AVAILABLE
        present = self.present.get(declared.key, declared.key if is_built else None)
        self.filled |= {declared.key} if declared.required and not existing.required else set()
        self.add(ChangeColumn(self.ref, existing, declared, self.declared.columns[declared.key], present, self._by_row))

    def _change_relationship(self, declared: ColumnState, existing: ColumnState) -> None:
        if declared.options["twoWayKey"] == existing.options["twoWayKey"]:
            self.add(ChangeRelationship(self.ref, existing, declared))
        elif problem := self.relationships.obstacle(self.ref.table, declared):
            self.obstacle(problem)
        else:  # the other side is renamed in its own table
            other = TableRef(self.ref.database, existing.options["relatedTable"])
            sides = (mirror(self.ref.table, column) for column in (existing, declared))
            self.plan.changes.append(ChangeRelationship(other, *sides))

    def _rebuild(self, declared: ColumnState, existing: ColumnState, names: list[str]) -> None:
        """Change the kind: fill a second column, and rename it to the key of the first."""
        where = f"column {self.ref.table}.{declared.key}"
        if declared.is_relationship or existing.is_relationship:
            self.obstacle(
                f"{where} is {', '.join(existing.traits)} on the server, declared {', '.join(declared.traits)}."
                f" Appwrite cannot change {' and '.join(names)} of it. Declare it with another key (column=) and"
                " migrate; copy the values in a program, row by row; then drop the old column with --prune and"
                f" {FLAG}, or keep it."
            )
            return
        converter = conversion(self.declared.columns[declared.key], declared, existing)
        if converter is None:
            self.obstacle(
                f"{where} is {', '.join(existing.traits)} on the server, declared {', '.join(declared.traits)}."
                f" Appwrite cannot change {' and '.join(names)} in place. To keep the values, give the column a"
                " convert=, a function from the JSON value of the old column to the new value, and migrate again; the"
                f" old values then stay in {former_key(declared.key)}. To start empty, declare a column with another"
                " key."
            )
            return
        if existing.options.get("encrypt") and not declared.options.get("encrypt"):
            self.obstacle(
                f"{where} is encrypted on the server, and as {', '.join(declared.traits)} its values would not be."
                " Declare a column with another key, and copy in a program the values that may be stored unencrypted."
            )
            return
        companions = temporary_key(declared.key), former_key(declared.key)
        for key in companions:
            if lookup(self.declared.state.columns, key) is not None:
                self.obstacle(
                    f"{where}: the conversion needs columns {' and '.join(companions)}, and {key} is declared for"
                    " something else. Give that column another key first (renamed_from=)."
                )
                return
        former = self.table.columns.get(former_key(declared.key))
        if former is not None:
            if not self.options.allow_destructive:
                self.obstacle(
                    f"{where}: {former.key} still keeps the values from before the last conversion."
                    f" Drop it with {FLAG}, then migrate again."
                )
                return
            self._drop(former, "which kept the values from before the last conversion")
        self.converted[declared.key] = converter
        temporary = replace(declared, key=temporary_key(declared.key), required=False, default=None)
        filling = self.table.columns.get(temporary.key)
        if filling is not None and (differences(temporary, filling) or filling.status != AVAILABLE):
            if filling.status not in UNFINISHED:
                self._drop(filling, "left over from another migration", DropTemporaryColumn)
            filling = None if filling.status != "processing" else filling
        if filling is None:
            self.add(AddColumn(self.ref, temporary))
        present = self.present.get(declared.key, declared.key)
        self.add(CopyColumn(self.ref, declared.key, temporary.key, converter, present, True, self._by_row))
        kept = replace(existing, key=former_key(declared.key), required=False, default=None)
        self.add(RenameColumn(self.ref, existing, kept))
        self.add(CopyColumn(self.ref, kept.key, temporary.key, converter, kept.key, False, self._by_row))
        # An array without a value is read as an empty one, so only a separate change fills it.
        after = replace(declared, required=declared.required and not declared.array)
        self.add(RenameColumn(self.ref, temporary, after))
        if after != declared:
            self.add(ChangeColumn(self.ref, after, declared, self.declared.columns[declared.key], None, self._by_row))

    @property
    def _by_row(self) -> bool:
        """Whether the table has relationships: Appwrite then refuses to change many rows at once."""
        return self.ref.table.lower() in self.relationships.tables

    # Unique indexes.

    def _survey(self, index: IndexState) -> None:
        """Check for a unique index whether the rows will allow it after the migration."""
        if index.type == "unique" and self.existing is not None:
            parts = tuple(map(self._part, index.columns))
            self.plan.surveys.append(UniqueCheck(self.ref, index, parts))

    def _part(self, key: str) -> Part:
        if key.startswith("$"):
            return Part(key, key)
        is_built = self.existing is not None and is_available(self.existing, key)
        column = self.declared.columns.get(key)
        default = fill_of(column) if column is not None and column.required else None
        fill = None if column is None or default is None else column.cleaned_json(default)
        return Part(key, self.present.get(key, key if is_built else None), self.converted.get(key), fill)


def _reason(column: ColumnState) -> str:
    return column.error or "no reason given"
