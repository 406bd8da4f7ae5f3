"""The plan of one table as it is drawn up: what has been decided so far, and what of the server's has to go."""

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
    """One table. `table` is what it will be after the changes so far."""

    def __init__(
        self,
        ref: TableRef,
        wanted: DeclaredTable,
        found: TableState | None,
        rules: MigrationOptions,
        plan: MigrationPlan,
        links: RelationshipGraph,
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

    def add(self, change: SchemaOperation) -> None:
        self.plan.changes.append(change)
        self.table = change.state_after(self.table) or self.table

    def obstacle(self, text: str) -> None:
        self.plan.obstacles.append(text)

    def _waits(self) -> list[str]:
        parts = (part for part in self.table.parts if part.status in UNFINISHED)
        return [f"{_noun(part)} {self.ref.table}.{part.key} is {part.status}" for part in parts]

    def _drop(self, column: ColumnState, why: str, kind: type[DropColumn] = DropColumn) -> None:
        if column.is_relationship and column.options["twoWay"]:  # one side takes the other along
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
            if wanted is None or wanted == index or index.status == "deleting":
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


def compare(
    database: str,
    declared: Sequence[DeclaredTable],
    found: Mapping[str, TableState],
    rules: MigrationOptions,
    undeclared: Sequence[TableState] = (),
    ends: frozenset[End] = frozenset(),
) -> MigrationPlan:
    """The plan that leads from `found`, a server's tables by id in lower case, to `declared`. `undeclared` are
    tables of it that nobody knows, `ends` the relationships of all that somebody knows."""
    plan = MigrationPlan()
    links = RelationshipGraph.between(declared, found, ends)
    for table in declared:
        ref = TableRef(database, table.state.id)
        _Comparison(ref, table, found.get(table.state.id.lower()), rules, plan, links).run()
    for extra in undeclared:
        if not rules.prune:
            plan.extras.append(f"table {extra.id}")
        elif rules.allow_destructive:
            linked = frozenset(TableRef(database, id) for id in neighbours(found, extra.id))
            plan.changes.append(DropTable(TableRef(database, extra.id), linked))
        else:
            plan.obstacles.append(f"table {extra.id} is not declared; dropping it with its rows takes {FLAG}.")
    return plan


class _Comparison(Draft):
    """What a table lacks of what is declared."""

    def run(self) -> None:
        wanted = self.wanted.state
        if self.found is None:
            self.add(CreateTable(self.ref, wanted))
        else:
            self.plan.waits += self._waits()
            options = replace(wanted, id=self.table.id, columns=self.table.columns, indexes=self.table.indexes)
            if options != self.table:
                self.add(UpdateTable(self.ref, self.table, options))
            self._rename()
            self._drop_indexes()
        for column in wanted.columns.values():
            if not self.links.follows(self.ref.table, column):
                self._column(column)
        self._drop_indexes()
        for index in wanted.indexes.values():
            built = self.table.indexes.get(index.key)
            if built is None or built.status == "deleting":
                self._survey(index)
                self.add(AddIndex(self.ref, index))
            elif any(key in self.filled for key in index.columns):
                self._survey(index)
        self._extras()

    # Columns.

    def _rename(self) -> None:
        for key, old_key in self.wanted.former.items():
            former = self.table.columns.get(old_key)
            if former is None or lookup(self.table.columns, key) is not None:
                continue
            if self.links.follows(self.ref.table, self.wanted.state.columns[key]):
                continue
            kind = ChangeRelationship if former.is_relationship else RenameColumn
            self.add(kind(self.ref, former, replace(former, key=key)))
            self.present[key] = former.key

    def _column(self, wanted: ColumnState) -> None:
        where = f"column {self.ref.table}.{wanted.key}"
        found = lookup(self.table.columns, wanted.key)
        if found is None:
            self._missing(wanted)
        elif found == wanted:
            self._check_other_side(found)
        elif found.key != wanted.key:
            self.obstacle(
                f"{where}: on the server its key is written {found.key!r}, and rows carry it like that."
                f" Declare it with column={found.key!r}."
            )
        elif found.kind == UNREADABLE:
            self.obstacle(f"{where}: what the server says about it makes no sense: {found.error}.")
        elif found.status == "failed":
            self._drop(found, f"which Appwrite failed to build ({_reason(found)})")
            self._missing(wanted)
        elif found.status == "stuck":
            self.obstacle(
                f"{where} is stuck: Appwrite could not delete it ({_reason(found)})."
                " Delete the indexes it is in, then the column, in the Appwrite console, and migrate again."
            )
        elif found.status == "deleting":
            self._missing(wanted)
        elif (names := differences(wanted, found)) and is_possible(wanted, found):
            self._change(wanted, found)
        elif not names and wanted.is_relationship:
            self._check_other_side(found)
        elif names:
            self._rebuild(wanted, found, names)

    def _check_other_side(self, found: ColumnState) -> None:
        if found.is_relationship:
            wait, obstacle = self.links.trouble(self.ref.table, found)
            self.plan.waits += [wait] * bool(wait)
            self.plan.obstacles += [obstacle] * bool(obstacle)

    def _missing(self, wanted: ColumnState) -> None:
        if wanted.is_relationship:
            self._missing_relationship(wanted)
            return
        former = self.table.columns.get(former_key(wanted.key))
        if former is not None and lookup(self.wanted.state.columns, former.key) is None:
            # A conversion ended between its two renames: the values go back, and it starts again.
            self.add(RenameColumn(self.ref, former, replace(former, key=wanted.key)))
            self.present[wanted.key] = former.key
            self._column(wanted)
        elif self.found is None or not wanted.required:
            self.add(AddColumn(self.ref, wanted))
        else:  # rows that are there must get a value before one is required of them
            optional = replace(wanted, required=False)
            self.add(AddColumn(self.ref, optional))
            self._change(wanted, optional)

    def _missing_relationship(self, wanted: ColumnState) -> None:
        if (remains := self.links.remains(self.ref.table, wanted)) is not None:
            other = TableRef(self.ref.database, wanted.options["relatedTable"])
            self.plan.changes.append(DropColumn(other, remains, f"which Appwrite failed to build ({_reason(remains)})"))
            self.links.dropped.add(other_end(wanted))
        rival = rival_of(self.table, wanted)
        if problem := self.links.obstacle(self.ref.table, wanted):
            self.obstacle(problem)
        elif rival is not None and not self._goes(rival):
            self.obstacle(
                f"column {self.ref.table}.{wanted.key}: Appwrite takes one manyToMany between two tables, and there is"
                f" {rival.key}. Drop that one first, with --prune and {FLAG}, or rename it with renamed_from."
            )
        else:
            self.plan.waits += [wait for wait in self.links.others_unfinished() if wait not in self.plan.waits]
            self.add(AddRelationship(self.ref, wanted))

    def _goes(self, column: ColumnState) -> bool:
        """Whether this migration drops a column of the server's."""
        declared = column.key in self.wanted.state.columns or self.links.is_declared_elsewhere(column)
        return self.rules.prune and self.rules.allow_destructive and not declared

    def _change(self, wanted: ColumnState, found: ColumnState) -> None:
        if wanted.is_relationship:
            self._change_relationship(wanted, found)
            return
        there = lookup(self.found.columns, found.key) if self.found is not None else None
        known = there is not None and there.status == AVAILABLE
        present = self.present.get(wanted.key, wanted.key if known else None)
        self.filled |= {wanted.key} if wanted.required and not found.required else set()
        self.add(ChangeColumn(self.ref, found, wanted, self.wanted.columns[wanted.key], present, self._by_row))

    def _change_relationship(self, wanted: ColumnState, found: ColumnState) -> None:
        if wanted.options["twoWayKey"] == found.options["twoWayKey"]:
            self.add(ChangeRelationship(self.ref, found, wanted))
        elif problem := self.links.obstacle(self.ref.table, wanted):
            self.obstacle(problem)
        else:  # the other side is renamed where it stands
            other = TableRef(self.ref.database, found.options["relatedTable"])
            sides = (mirror(self.ref.table, one) for one in (found, wanted))
            self.plan.changes.append(ChangeRelationship(other, *sides))

    def _rebuild(self, wanted: ColumnState, found: ColumnState, names: list[str]) -> None:
        """Another kind: fill a second column beside it, and let that one take its place."""
        where = f"column {self.ref.table}.{wanted.key}"
        if wanted.is_relationship or found.is_relationship:
            self.obstacle(
                f"{where} is {', '.join(found.traits)} on the server, declared {', '.join(wanted.traits)}. Appwrite"
                f" cannot change {' and '.join(names)} of it. Declare it with another key (column=) and migrate; carry"
                " the values over in a program, row by row; then drop the old column with --prune and"
                f" {FLAG}, or leave it."
            )
            return
        converter = conversion(self.wanted.columns[wanted.key], wanted, found)
        if converter is None:
            self.obstacle(
                f"{where} is {', '.join(found.traits)} on the server, declared {', '.join(wanted.traits)}. Appwrite"
                f" cannot change {' and '.join(names)} in place. To keep the values, give the column a convert=, a"
                " function from the JSON that it holds to the value it is to hold, and migrate again; the old values"
                f" then stay in {former_key(wanted.key)}. To start empty, declare a column with another key."
            )
            return
        if found.options.get("encrypt") and not wanted.options.get("encrypt"):
            self.obstacle(
                f"{where} is encrypted on the server, and as {', '.join(wanted.traits)} its values would not be."
                " Declare a column with another key, and carry over in a program what may be read by everybody."
            )
            return
        companions = temporary_key(wanted.key), former_key(wanted.key)
        for key in companions:
            if lookup(self.wanted.state.columns, key) is not None:
                self.obstacle(
                    f"{where}: its values pass through columns {' and '.join(companions)},"
                    f" and {key} is declared for something else. Give that column another key first (renamed_from=)."
                )
                return
        former = self.table.columns.get(former_key(wanted.key))
        if former is not None:
            if not self.rules.allow_destructive:
                self.obstacle(
                    f"{where}: {former.key} still keeps the values from before the last conversion."
                    f" Drop it with {FLAG}, then migrate again."
                )
                return
            self._drop(former, "which kept the values from before the last conversion")
        self.converted[wanted.key] = converter
        temporary = replace(wanted, key=temporary_key(wanted.key), required=False, default=None)
        there = self.table.columns.get(temporary.key)
        if there is not None and (differences(temporary, there) or there.status != AVAILABLE):
            if there.status not in UNFINISHED:
                self._drop(there, "left over from another migration", DropTemporaryColumn)
            there = None if there.status != "processing" else there
        if there is None:
            self.add(AddColumn(self.ref, temporary))
        present = self.present.get(wanted.key, wanted.key)
        self.add(CopyColumn(self.ref, wanted.key, temporary.key, converter, present, True, self._by_row))
        kept = replace(found, key=former_key(wanted.key), required=False, default=None)
        self.add(RenameColumn(self.ref, found, kept))
        self.add(CopyColumn(self.ref, kept.key, temporary.key, converter, kept.key, False, self._by_row))
        # An unset array reads like an empty one, so only a fill finds it.
        after = replace(wanted, required=wanted.required and not wanted.array)
        self.add(RenameColumn(self.ref, temporary, after))
        if after != wanted:
            self.add(ChangeColumn(self.ref, after, wanted, self.wanted.columns[wanted.key], None, self._by_row))

    @property
    def _by_row(self) -> bool:
        """Whether the table has relationships, for then Appwrite refuses to change many rows at once."""
        return self.ref.table.lower() in self.links.tables

    # Unique indexes.

    def _survey(self, index: IndexState) -> None:
        """Whether the rows will allow a unique index when all is done."""
        if index.type == "unique" and self.found is not None:
            parts = tuple(map(self._part, index.columns))
            self.plan.surveys.append(UniqueCheck(self.ref, index, parts))

    def _part(self, key: str) -> Part:
        if key.startswith("$"):
            return Part(key, key)
        known = self.found is not None and is_available(self.found, key)
        column = self.wanted.columns.get(key)
        default = fill_of(column) if column is not None and column.required else None
        fill = None if column is None or default is None else column.to_appwrite(column.clean(default))
        return Part(key, self.present.get(key, key if known else None), self.converted.get(key), fill)


def _reason(column: ColumnState) -> str:
    return column.error or "no reason given"
