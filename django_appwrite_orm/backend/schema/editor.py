"""Changes of the schema as Django's migrations ask for them, carried out by the schema package.

Each makes two states of a table, before and after; what differs is surveyed first, done in a safe order, and goes on
where it was interrupted. No SQL is made: `sqlmigrate` prints the steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, NotSupportedError, ProgrammingError, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from ...plans import Clause, TableRef, UpdateRows
from ...sansio import run_sync
from ...schema import DeclaredTable, declared_table, migrate_tables, planned_changes
from ...schema.declared import declared_index
from ...schema.descriptions import column_state, index_state
from ...schema.state import IndexState, TableState
from ...tables import Index, UniqueIndex
from ...tables.columns import BigInt
from ..columns import ROW_ID, ModelColumn, column_of
from ..compile.row_ids import COUNTER
from ..indexes import index_of_field, index_over, is_plain_constraint, is_plain_index
from ..names import COUNTERS, index_key, table_id
from ..shadow import table_of
from .rename import copy_rows

if TYPE_CHECKING:
    from ..base import DatabaseWrapper

Model = type[models.Model]
Change = tuple["DeclaredTable | None", "DeclaredTable | None"]


class _DropTable(str):
    """In place of a statement that drops a table: `template % {"table": name}` is another one, which has its name."""

    table: str

    def __mod__(self, values: Any) -> _DropTable:
        made = _DropTable(f"DROP TABLE {values['table']}")
        made.table = str(values["table"]).strip('"')
        return made


class DatabaseSchemaEditor(BaseDatabaseSchemaEditor):
    """New tables are created together: when the editor is left, before another change, or before rows are used."""

    connection: DatabaseWrapper
    # Of Django's statements this one is made by code of others too.
    sql_create_table = ""
    sql_delete_table: Any = _DropTable()

    def __init__(self, connection: Any, collect_sql: bool = False, atomic: bool = True) -> None:
        super().__init__(connection, collect_sql, atomic=False)
        self._new: list[Change] = []
        self._counts = False  # whether one of the new tables needs that of the counters
        self._outer: DatabaseSchemaEditor | None = None

    def __enter__(self) -> DatabaseSchemaEditor:
        self._outer, self.connection.editor = self.connection.editor, self
        super().__enter__()
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        self.connection.editor = self._outer
        if kind is None:
            self.create_pending()
        self.deferred_sql = []
        super().__exit__(kind, error, traceback)

    def execute(self, sql: Any, params: Any = ()) -> None:
        """Drop the table of `sql_delete_table % {"table": name}`. Raises NotSupportedError for SQL, as RunSQL has."""
        if isinstance(sql, _DropTable):
            state = TableState(id=table_id(sql.table), name=sql.table)
            self._change((DeclaredTable(state, {}), None))
            return
        raise NotSupportedError(
            "Appwrite has no SQL: write a RunPython operation that uses the ORM in place of RunSQL, or"
            " schema_editor.connection.appwrite for requests to the server."
        )

    def create_pending(self) -> None:
        """Create the tables that wait for it, with all their columns and indexes."""
        waiting, self._new = self._new, []
        if waiting:
            self._carry_out([*waiting, *([(None, _counters())] if self._counts else [])])
            self._counts = False

    # Tables

    def create_model(self, model: Model) -> None:
        self._new.append((None, _declared(model)))
        pk = model._meta.pk
        self._counts |= isinstance(pk, models.AutoField) and not isinstance(pk, models.BigAutoField)
        for field in _many_to_many(model):
            if field.remote_field.through._meta.auto_created:
                self.create_model(field.remote_field.through)

    def delete_model(self, model: Model) -> None:
        for field in _many_to_many(model):
            if field.remote_field.through._meta.auto_created:
                self.delete_model(field.remote_field.through)
        self._change((_declared(model), None))

    def alter_db_table(self, model: Model, old_db_table: str, new_db_table: str) -> None:
        """Create the table under its new id, copy the rows, and drop the old one: Appwrite cannot change an id."""
        old, new = table_id(old_db_table), table_id(new_db_table)
        if old.lower() == new.lower():
            return
        declared = _declared(model)
        before, after = (replace(declared, state=replace(declared.state, id=id, name=id)) for id in (old, new))
        self._change((None, after))
        if not self.collect_sql:
            connection = self.connection.appwrite
            refs = [TableRef(connection.settings.database_id, id) for id in (old, new)]
            with self.connection.wrap_database_errors:
                run_sync(copy_rows(connection, *refs))
        self._change((before, None))

    def alter_db_table_comment(self, model: Model, old_db_table_comment: str, new_db_table_comment: str) -> None:
        """Do nothing: Appwrite keeps no comments."""

    def alter_db_tablespace(self, model: Model, old_db_tablespace: str, new_db_tablespace: str) -> None:
        """Do nothing: Appwrite has no tablespaces."""

    # Fields

    def add_field(self, model: Model, field: Any) -> None:
        if field.many_to_many and field.remote_field.through._meta.auto_created:
            self.create_model(field.remote_field.through)
            return
        if field.column is None or (column := column_of(field)).is_system:
            return
        default = self._default(field, column)
        before = _declared(model)
        self._change((before, _with_field(before, field, column, default)))
        if default is not None and not column.column.required and not self.collect_sql:
            self._fill(model, column, default)

    def remove_field(self, model: Model, field: Any) -> None:
        if field.many_to_many and field.remote_field.through._meta.auto_created:
            self.delete_model(field.remote_field.through)
            return
        if field.column is None or (column := column_of(field)).is_system:
            return
        before = _declared(model)
        self._change((before, _without_column(before, column.key)))

    def alter_field(self, model: Model, old_field: Any, new_field: Any, strict: bool = False) -> None:
        if old_field.many_to_many or new_field.many_to_many:
            _require_same_relation(old_field, new_field)
            self._alter_many_to_many(model, old_field, new_field, strict)
            return
        if old_field.column is None and new_field.column is None:
            return
        old, new = column_of(old_field), column_of(new_field)
        if old.is_system or new.is_system:
            _require_same_key(old, new)
            return
        default = self._default(new_field, new)
        before = _declared(model)
        without = _without_column(before, old.key)
        after = _with_field(without, new_field, new, default, before=before, old_key=old.key)
        if old_field.null and not new_field.null and default is not None and not self.collect_sql:
            self._fill(model, old, default if type(new.column) is type(old.column) else None)
        self._change((before, after))

    def _alter_many_to_many(self, model: Model, old_field: Any, new_field: Any, strict: bool) -> None:
        old, new = old_field.remote_field.through, new_field.remote_field.through
        if not (old._meta.auto_created and new._meta.auto_created):
            return
        self.alter_db_table(old, old._meta.db_table, new._meta.db_table)
        for names in ((old_field.m2m_reverse_field_name(), new_field.m2m_reverse_field_name()),
                      (old_field.m2m_field_name(), new_field.m2m_field_name())):  # fmt: skip
            self.alter_field(new, old._meta.get_field(names[0]), new._meta.get_field(names[1]))

    # Indexes and constraints

    def add_index(self, model: Model, index: models.Index) -> None:
        if is_plain_index(index):
            names = [f"{'-' if order == 'DESC' else ''}{name}" for name, order in index.fields_orders]
            self._add_index(model, index_over(Index, model, names, index.name))

    def remove_index(self, model: Model, index: models.Index) -> None:
        if is_plain_index(index):
            self._remove_index(model, index.name)

    def rename_index(self, model: Model, old_index: models.Index, new_index: models.Index) -> None:
        self.remove_index(model, old_index)
        self.add_index(model, new_index)

    def add_constraint(self, model: Model, constraint: Any) -> None:
        if isinstance(constraint, models.UniqueConstraint) and is_plain_constraint(constraint):
            self._add_index(model, index_over(UniqueIndex, model, constraint.fields, constraint.name))

    def remove_constraint(self, model: Model, constraint: Any) -> None:
        if isinstance(constraint, models.UniqueConstraint) and is_plain_constraint(constraint):
            self._remove_index(model, constraint.name)

    def alter_unique_together(
        self, model: Model, old_unique_together: Iterable[Sequence[str]], new_unique_together: Iterable[Sequence[str]]
    ) -> None:
        old, new = {tuple(names) for names in old_unique_together}, {tuple(names) for names in new_unique_together}
        self._alter_together(model, old, new, UniqueIndex, "uniq")

    def alter_index_together(
        self, model: Model, old_index_together: Iterable[Sequence[str]], new_index_together: Iterable[Sequence[str]]
    ) -> None:
        old, new = {tuple(names) for names in old_index_together}, {tuple(names) for names in new_index_together}
        self._alter_together(model, old, new, Index, "idx")

    def _alter_together(
        self, model: Model, old: set[tuple[str, ...]], new: set[tuple[str, ...]], kind: type[Index], suffix: str
    ) -> None:
        for names in sorted(old - new):
            self._remove_index(model, "_".join([*names, suffix]))
        for names in sorted(new - old):
            self._add_index(model, index_over(kind, model, names, "_".join([*names, suffix])))

    def _add_index(self, model: Model, index: Index) -> None:

        state = declared_index(table_of(model), index)
        before = _without_index(_declared(model), state.key)
        self._change((before, replace(before, state=before.state.with_index(state))))

    def _remove_index(self, model: Model, name: str) -> None:
        after = _without_index(_declared(model), index_key(name))

        state = IndexState(index_key(name), "key", (), (), ())
        before = after.state.indexes.get(state.key, state)
        self._change((replace(after, state=after.state.with_index(before)), after))

    # Carrying out

    def _change(self, *changes: Change) -> None:
        self.create_pending()
        self._carry_out(changes)

    def _carry_out(self, changes: Sequence[Change]) -> None:

        connection = self.connection.appwrite
        if self.collect_sql:
            plan = planned_changes(connection.settings.database_id, changes)
            self.collected_sql += [f"-- {change}" for change in plan.changes]
            return
        self.connection.before_change()
        try:
            with self.connection.wrap_database_errors:
                run_sync(migrate_tables(connection, changes))
        except ProgrammingError as error:
            if any(_becomes_unique(*change) for change in changes):
                raise IntegrityError(str(error)) from error
            raise
        for before, after in changes:
            if (table := after or before) is not None:
                self.connection.note_changed(table.state.id)

    def _default(self, field: Any, column: ModelColumn) -> Any:
        """Return the JSON that existing rows get in a new column; None for nothing."""
        if field.has_db_default():
            given = field.db_default
            if hasattr(given, "resolve_expression") and not isinstance(given, models.Value):
                raise NotSupportedError(f"{column!r}: a db_default on Appwrite is a value, not {given!r}.")
            value = given.value if isinstance(given, models.Value) else given
            default = field.get_db_prep_save(value, self.connection)
        else:
            default = self.effective_default(field)
        return column.encode_change(default)

    def _fill(self, model: Model, column: ModelColumn, default: Any) -> None:
        """Give the rows without a value in `column` this one."""
        if default is None:
            return
        table = table_of(model)._meta
        plan = UpdateRows(self.connection.ref(table), {column.key: default}, (Clause("isNull", column.key),))
        self.connection.write(table, plan)


def _many_to_many(model: Model) -> Iterable[Any]:
    return model._meta.local_many_to_many


def _declared(model: Model) -> DeclaredTable:

    return declared_table(table_of(model))


def _counters() -> DeclaredTable:
    """Return the table of the counters for primary keys."""
    last = BigInt(required=True).bound(COUNTER)
    state = TableState(COUNTERS, COUNTERS, columns={COUNTER: column_state(last.definition())})
    return DeclaredTable(state, {COUNTER: last})


def _with_field(
    table: DeclaredTable,
    field: Any,
    column: ModelColumn,
    default: Any,
    *,
    before: DeclaredTable | None = None,
    old_key: str | None = None,
) -> DeclaredTable:
    """Return the table with a new column, and its index; `default` is the JSON of rows that need a value.

    `old_key` is the key of the column that it takes the place of in `before`.
    """
    kind = column.column.bound(field.name)
    kind.key = column.key
    if default is not None:
        kind.default = kind.to_python(default)
    state = table.state.with_column(column_state(kind.definition()))
    former = {kind.key: old_key} if old_key is not None and old_key != kind.key else {}
    if before is not None and old_key is not None:  # indexes over several columns stay
        own = {index.key for index in _own_indexes(before, old_key)}
        for index in before.state.indexes.values():
            if old_key in index.columns and index.key not in own:
                columns = tuple(kind.key if key == old_key else key for key in index.columns)
                state = state.with_index(replace(index, columns=columns))
    if (own_index := index_of_field(field)) is not None:
        described = {"columns": [kind.key], "orders": own_index.orders, "lengths": own_index.lengths}
        state = state.with_index(index_state({"key": own_index.key, "type": own_index.type, **described}))
    return replace(table, state=state, columns={**table.columns, kind.key: kind}, former=former)


def _own_indexes(table: DeclaredTable, key: str) -> list[Any]:
    """Return the indexes over this column alone."""
    return [index for index in table.state.indexes.values() if index.columns == (key,)]


def _without_column(table: DeclaredTable, key: str) -> DeclaredTable:
    """Return the table without a column and the indexes over it."""
    columns = {name: column for name, column in table.state.columns.items() if name != key}
    indexes = {name: index for name, index in table.state.indexes.items() if key not in index.columns}
    objects = {name: column for name, column in table.columns.items() if name != key}
    return replace(table, state=replace(table.state, columns=columns, indexes=indexes), columns=objects)


def _without_index(table: DeclaredTable, key: str) -> DeclaredTable:
    indexes = {name: index for name, index in table.state.indexes.items() if name != key}
    return replace(table, state=replace(table.state, indexes=indexes))


def _becomes_unique(before: DeclaredTable | None, after: DeclaredTable | None) -> bool:
    """Whether existing rows must differ in more values than before."""
    if before is None or after is None:
        return False
    return any(index.type == "unique" and key not in before.state.indexes for key, index in after.state.indexes.items())


def _require_same_relation(old: Any, new: Any) -> None:
    """Raise ValueError where a relation to many becomes another kind of field, or gets a model of its own."""
    models = [field.remote_field.through for field in (old, new) if field.many_to_many]
    throughs = [model is not None and model._meta.auto_created for model in models]
    if len(throughs) < 2 or bool(throughs[0]) != bool(throughs[1]):
        raise ValueError(
            f"Cannot alter field {old} into {new} - they are not compatible types (you cannot alter to or from M2M"
            " fields, or add or remove through= on M2M fields)"
        )


def _require_same_key(old: ModelColumn, new: ModelColumn) -> None:
    """Raise NotSupportedError for another kind of primary key: the ids of rows would have to change."""
    if old.key != new.key and ROW_ID not in (old.key, new.key):
        raise NotSupportedError(
            f"{new.field.model._meta.label}.{new.field.name}: Appwrite keeps {old.key if old.is_system else new.key}"
            " itself. Remove the field, and add another one."
        )
    if old.key != new.key or type(getattr(old, "row_key", None)) is not type(getattr(new, "row_key", None)):
        raise NotSupportedError(
            f"{new.field.model._meta.label}.{new.field.name}: the ids of rows are made from the primary key, and"
            " Appwrite cannot change them. Make a new model, and copy the rows."
        )
