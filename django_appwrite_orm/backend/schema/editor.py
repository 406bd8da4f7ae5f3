"""Changes of the schema as Django's migrations ask for them, carried out by the schema package.

Each makes two states of a table, before and after; what differs is surveyed first, done in a safe order, and goes on
where it was interrupted. No SQL is made: `sqlmigrate` prints the steps.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, NotSupportedError, ProgrammingError, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from ...plans import Clause, UpdateRows
from ...sansio import Operation, run_sync
from ...schema import DeclaredTable, migrate_tables, planned_changes, read_tables
from ...schema.declared import declared_index
from ...schema.state import IndexState, TableState
from ...tables import Index, UniqueIndex
from ..columns import ROW_ID, ModelColumn, column_of
from ..indexes import index_over, is_plain_constraint, is_plain_index
from ..model_table import table_of
from ..names import index_key, table_id
from .moving import moved_table
from .states import (
    has_server_default,
    key_together,
    server_default,
    state_of,
    state_of_counters,
    with_field,
    with_index,
    with_other_field,
    with_other_fields,
    without_field,
    without_index,
)

if TYPE_CHECKING:
    from ..base import DatabaseWrapper

logger = logging.getLogger("django_appwrite_orm.schema")

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
            if not self.collect_sql:
                self._note_existing(waiting)
            self._carry_out([*waiting, *([(None, state_of_counters())] if self._counts else [])])
            self._counts = False

    def _note_existing(self, changes: Sequence[Change]) -> None:
        """Log the new tables that exist already: nothing tells whether an interrupted run has made them."""
        with self.connection.wrap_database_errors:
            existing = run_sync(read_tables(self.connection.appwrite)) or {}
        for _, after in changes:
            if after is not None and after.state.id.lower() in existing:
                logger.warning(
                    "Table %s existed before the migration that creates it, which goes on with it and its rows. That is"
                    " right after an interrupted migration. If another program has made it, give the model another"
                    " Meta.db_table.",
                    after.state.id,
                )

    # Tables

    def create_model(self, model: Model) -> None:
        self._new.append((None, self._state_of(model)))
        pk = model._meta.pk
        self._counts |= isinstance(pk, models.AutoField) and not isinstance(pk, models.BigAutoField)
        if self.collect_sql:  # each operation prints its own steps
            self.create_pending()
        for field in _many_to_many(model):
            if field.remote_field.through._meta.auto_created:
                self.create_model(field.remote_field.through)

    def delete_model(self, model: Model) -> None:
        for field in _many_to_many(model):
            if field.remote_field.through._meta.auto_created:
                self.delete_model(field.remote_field.through)
        self._change((self._state_of(model), None))

    def alter_db_table(self, model: Model, old_db_table: str, new_db_table: str) -> None:
        """Copy the rows into a table of the new name, and drop the other: Appwrite cannot change the id of a table."""
        old, new = table_id(old_db_table), table_id(new_db_table)
        if old.lower() == new.lower():
            return
        self.create_pending()
        if self.collect_sql:
            self.collected_sql.append(f"-- copy table {old} with its rows to {new}, and drop {old}")
            return
        self._run(moved_table(self.connection.appwrite, old, new, table_of(model)._meta.name), old, new)

    def alter_db_table_comment(self, model: Model, old_db_table_comment: str, new_db_table_comment: str) -> None:
        """Do nothing: Appwrite keeps no comments."""

    def alter_db_tablespace(self, model: Model, old_db_tablespace: str, new_db_tablespace: str) -> None:
        """Do nothing: Appwrite has no tablespaces."""

    # Fields

    def add_field(self, model: Model, field: Any) -> None:
        if field.many_to_many and field.remote_field.through._meta.auto_created:
            self.create_model(field.remote_field.through)
            return
        if field.many_to_many or field.column is None or (column := column_of(field)).is_system:
            return
        default = self._default(field, column)
        before = self._state_of(model)
        self._change((before, with_field(before, field, default, self.connection)))
        if not column.column.required or has_server_default(field):
            self._fill(model, column, default)

    def remove_field(self, model: Model, field: Any) -> None:
        if field.many_to_many and field.remote_field.through._meta.auto_created:
            self.delete_model(field.remote_field.through)
            return
        if field.many_to_many or field.column is None or column_of(field).is_system:
            return
        before = self._state_of(model)
        self._change((before, without_field(before, field)))

    def alter_field(self, model: Model, old_field: Any, new_field: Any, strict: bool = False) -> None:
        if old_field.many_to_many or new_field.many_to_many:
            _require_same_relation(old_field, new_field)
            self._alter_many_to_many(model, old_field, new_field, strict)
            return
        for field in (old_field, new_field):
            if not hasattr(field, "model"):  # Django takes fields that are of no model yet
                field.model = model
        if old_field.column is None and new_field.column is None:
            return
        old, new = column_of(old_field), column_of(new_field)
        if old.is_system or new.is_system:
            _require_same_key(old, new)
            return
        before = self._with_field_of(model, old_field, (old.key, new.key))
        default = self._default(new_field, new)
        after = with_other_field(before, old_field, new_field, default, self.connection)
        if before.state == after.state:
            return
        self._change((before, after))
        if old_field.null and has_server_default(new_field):
            self._fill(model, new, default)
        for old_relation, new_relation in _relations_to(old_field, new_field):
            self.alter_field(old_relation.model, old_relation, new_relation, strict)

    def _with_field_of(self, model: Model, field: Any, keys: Sequence[str]) -> DeclaredTable:
        """Return the table of `model` with `field` in the place of the model's own field that has one of the `keys`.

        The model may have the field as it is after the change.
        """
        table = self._state_of(model)
        own = next((own for own in model._meta.local_concrete_fields if column_of(own).key in keys), None)
        if own is None:
            return table
        return replace(with_other_field(table, own, field, None, self.connection), former={})

    def _alter_many_to_many(self, model: Model, old_field: Any, new_field: Any, strict: bool) -> None:
        old, new = old_field.remote_field.through, new_field.remote_field.through
        if not (old._meta.auto_created and new._meta.auto_created):
            return
        self.alter_db_table(new, old._meta.db_table, new._meta.db_table)
        fields = [
            (old._meta.get_field(old_field.m2m_field_name()), new._meta.get_field(new_field.m2m_field_name())),
            (
                old._meta.get_field(old_field.m2m_reverse_field_name()),
                new._meta.get_field(new_field.m2m_reverse_field_name()),
            ),
        ]
        before, after = with_other_fields(old, new, fields, self.connection)
        if before.state != after.state:
            self._change((before, after))

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
        self._alter_together(model, old, new, UniqueIndex)

    def alter_index_together(
        self, model: Model, old_index_together: Iterable[Sequence[str]], new_index_together: Iterable[Sequence[str]]
    ) -> None:
        old, new = {tuple(names) for names in old_index_together}, {tuple(names) for names in new_index_together}
        self._alter_together(model, old, new, Index)

    def _alter_together(
        self, model: Model, old: set[tuple[str, ...]], new: set[tuple[str, ...]], kind: type[Index]
    ) -> None:
        for names in sorted(old - new):
            self._remove_index(model, key_together(names, kind))
        for names in sorted(new - old):
            self._add_index(model, index_over(kind, model, names, key_together(names, kind)))

    def _add_index(self, model: Model, index: Index) -> None:
        index_state = declared_index(table_of(model), index)
        before = without_index(self._state_of(model), index_state.key)
        self._change((before, with_index(before, index_state)))

    def _remove_index(self, model: Model, name: str) -> None:
        after = without_index(self._state_of(model), index_key(name))
        self._change((with_index(after, IndexState(index_key(name), "key", (), (), ())), after))

    # Carrying out

    def _state_of(self, model: Model) -> DeclaredTable:
        return state_of(model, self.connection)

    def _change(self, *changes: Change) -> None:
        self.create_pending()
        self._carry_out(changes)

    def _carry_out(self, changes: Sequence[Change]) -> None:
        connection = self.connection.appwrite
        if self.collect_sql:
            plan = planned_changes(connection.settings.database_id, changes)
            self.collected_sql += [f"-- {line}" for line in (*plan.changes, *plan.obstacles)]
            return
        tables = [table.state.id for before, after in changes if (table := after or before) is not None]
        try:
            self._run(migrate_tables(connection, changes), *tables)
        except ProgrammingError as error:
            if any(_becomes_unique(*change) for change in changes):
                raise IntegrityError(str(error)) from error
            raise

    def _run(self, operation: Operation[Any], *tables: str) -> None:
        self.connection.before_change()
        with self.connection.wrap_database_errors:
            run_sync(operation)
        for table in tables:
            self.connection.note_changed(table)

    def _default(self, field: Any, column: ModelColumn) -> Any:
        """Return the JSON that existing rows get in a new column; None for nothing."""
        if field.has_db_default():
            return server_default(field, self.connection)
        return column.encode_change(self.effective_default(field))

    def _fill(self, model: Model, column: ModelColumn, default: Any) -> None:
        """Give the rows without a value in `column` this one: now, also where the changes of a block wait."""
        if default is None or self.collect_sql:
            return
        ref = self.connection.ref(table_of(model)._meta)
        plan = UpdateRows(ref, {column.key: default}, (Clause("isNull", column.key),))
        self._run(self.connection.appwrite.write([ref], plan.request), ref.table)


def _many_to_many(model: Model) -> Iterable[Any]:
    return model._meta.local_many_to_many


def _relations_to(old_field: Any, new_field: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the fields of other models that hold values of this field, before and after its change."""
    old = {_name(field): field for field in _fields_to(old_field)}
    for field in _fields_to(new_field):
        if (before := old.get(_name(field))) is not None:
            yield before, field


def _fields_to(field: Any) -> Iterator[Any]:
    for relation in field.model._meta.get_fields(include_hidden=True):
        is_reverse = relation.auto_created and not relation.concrete and (relation.one_to_one or relation.one_to_many)
        if is_reverse and relation.field.target_field is field:
            yield relation.field


def _name(field: Any) -> tuple[str, str]:
    return field.model._meta.label_lower, field.column


def _becomes_unique(before: DeclaredTable | None, after: DeclaredTable | None) -> bool:
    """Whether existing rows must differ in more values than before."""
    if before is None or after is None:
        return False
    return any(index.type == "unique" and key not in before.state.indexes for key, index in after.state.indexes.items())


def _require_same_relation(old: Any, new: Any) -> None:
    """Raise ValueError where a relation to many becomes another kind of field, or gets a model of its own."""
    models = [field.remote_field.through for field in (old, new) if field.many_to_many]
    throughs = [model._meta.auto_created for model in models if model is not None]
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
