"""From what is declared and what a server has to the changes between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..plans import TableRef
from .changes import AddColumn, AddIndex, Change, CreateTable, UpdateTable
from .state import AVAILABLE, BROKEN, UNFINISHED, ColumnState, IndexState, TableState

_TEXT = frozenset({"string", "varchar"})


@dataclass(frozen=True, slots=True)
class Plan:
    """`changes` in a safe order; `waits`: what Appwrite is still at work on; `obstacles`: differences that
    these changes do not mend, each with a way out; `extras`: what the server has and nobody declares."""

    changes: tuple[Change, ...] = ()
    waits: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.changes or self.waits or self.obstacles)


def compare(database: str, declared: Sequence[TableState], found: Mapping[str, TableState]) -> Plan:
    """The plan that leads from `found`, a server's tables by id in lower case, to `declared`."""
    plans = [_compare_table(TableRef(database, table.id), table, found.get(table.id.lower())) for table in declared]
    changes = [change for plan in plans for change in plan.changes]
    return Plan(
        tuple(sorted(changes, key=lambda change: isinstance(change, AddIndex))),
        tuple(wait for plan in plans for wait in plan.waits),
        tuple(obstacle for plan in plans for obstacle in plan.obstacles),
        tuple(extra for plan in plans for extra in plan.extras),
    )


def _compare_table(ref: TableRef, wanted: TableState, found: TableState | None) -> Plan:
    if found is None:
        return Plan(_new_table(ref, wanted))
    changes: list[Change] = []
    options = replace(wanted, id=found.id, columns=found.columns, indexes=found.indexes)
    if options != found:
        changes.append(UpdateTable(ref, found, options))
    obstacles: list[str] = []
    by_key = {key.lower(): column for key, column in found.columns.items()}
    for column in wanted.columns.values():
        there = by_key.get(column.key.lower())
        if there is None:
            changes.append(AddColumn(ref, column))
        else:
            obstacles += _column_obstacles(ref, column, there)
    by_key_of_index = {key.lower(): index for key, index in found.indexes.items()}
    for index in wanted.indexes.values():
        built = by_key_of_index.get(index.key.lower())
        if built is None:
            changes.append(AddIndex(ref, index))
        else:
            obstacles += _index_obstacles(ref, index, built)
    return Plan(tuple(changes), tuple(_waits(ref, found)), tuple(obstacles), tuple(_extras(ref, wanted, found)))


def _new_table(ref: TableRef, wanted: TableState) -> tuple[Change, ...]:
    create = CreateTable(ref, wanted)
    columns = [AddColumn(ref, column) for key, column in wanted.columns.items() if key not in create.made.columns]
    indexes = [AddIndex(ref, index) for key, index in wanted.indexes.items() if key not in create.made.indexes]
    return (create, *columns, *indexes)


def _waits(ref: TableRef, found: TableState) -> Iterator[str]:
    for part in found.parts:
        if part.status in UNFINISHED:
            yield f"{_noun(part)} {ref.table}.{part.key} is {part.status}"


def _column_obstacles(ref: TableRef, wanted: ColumnState, found: ColumnState) -> Iterator[str]:
    where = f"column {ref.table}.{wanted.key}"
    if found.key != wanted.key:
        yield (
            f"{where}: on the server its key is written {found.key!r}, and rows carry it like that."
            f" Declare it with column={found.key!r}."
        )
    if found.status in BROKEN:
        yield f"{where} is {found.status}{_reason(found)}. Delete it in the Appwrite console and migrate again."
    elif differences := column_differences(wanted, found):
        yield f"{where} is {', '.join(found.traits)} on the server, declared {', '.join(wanted.traits)}" + (
            f" (differs in {', '.join(differences)})."
        )


def column_differences(wanted: ColumnState, found: ColumnState) -> list[str]:
    """What two columns differ in. A string and a varchar of one size count as equal, for they hold the same."""
    differences = []
    if wanted.kind != found.kind and not {wanted.kind, found.kind} <= _TEXT:
        differences.append("type")
    for name in ("required", "array", "default"):
        if getattr(wanted, name) != getattr(found, name):
            differences.append(name)
    if "type" not in differences:
        names = dict.fromkeys((*wanted.options, *found.options))
        differences += [name for name in names if wanted.options.get(name) != found.options.get(name)]
    return differences


def _index_obstacles(ref: TableRef, wanted: IndexState, found: IndexState) -> Iterator[str]:
    where = f"index {ref.table}.{wanted.key}"
    if found.status in BROKEN:
        yield f"{where} is {found.status}{_reason(found)}. Delete it in the Appwrite console and migrate again."
    elif replace(found, key=wanted.key, status=AVAILABLE, error="") != wanted:
        yield f"{where} is {found} on the server, declared {wanted}."


def _extras(ref: TableRef, wanted: TableState, found: TableState) -> Iterator[str]:
    for columns, known in ((found.columns, wanted.columns), (found.indexes, wanted.indexes)):
        declared = {key.lower() for key in known}
        for part in columns.values():
            if part.key.lower() not in declared:
                yield f"{_noun(part)} {ref.table}.{part}"


def _noun(part: ColumnState | IndexState) -> str:
    return "column" if isinstance(part, ColumnState) else "index"


def _reason(part: ColumnState | IndexState) -> str:
    return f": {part.error}" if part.error else ""
