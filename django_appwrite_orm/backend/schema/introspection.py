"""The tables of a database as Appwrite describes them: for `inspectdb`, `migrate --fake-initial` and constraints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import ProgrammingError, models
from django.db.backends.base.introspection import BaseDatabaseIntrospection, FieldInfo, TableInfo

from ...plans import ListRows, TableRef
from ...sansio import run_sync
from ...tables.columns import column_class
from ...tables.kinds import KINDS
from ..columns import ROW_ID
from ..keys import NumberKey, RowKey, UUIDKey
from ..names import COUNTERS, table_id

if TYPE_CHECKING:
    from ...schema.state import ColumnState

# Fields for the kinds of columns that a model can have.
_FIELDS = {
    name: made.django_field.__name__
    for name in KINDS
    if (made := column_class(name)) is not None and made.django_field is not models.Field
}
_info: Any = FieldInfo  # the types of its parts are narrower than what Django's own backends put there
# What the id of a row is called as a field.
_PRIMARY_KEY = "id"
# Primary keys that the form of an id shows, by the kind that a description of the table says.
_KEYS: dict[str, RowKey] = {"number as id": NumberKey(), "uuid as id": UUIDKey()}
_FIELDS |= {
    "id": "django_appwrite_orm.models.IDField",
    "number as id": "BigAutoField",
    "uuid as id": "UUIDField",
}


def _described(column: ColumnState) -> Any:
    """Return what Django wants to know of a column."""
    size = column.options.get("size") or max(map(len, column.options.get("elements", ())), default=None)
    digits, places = column.options.get("decimal", (None, None))
    default = column.default if isinstance(column.default, str | None) else json.dumps(column.default)
    return _info(column.key, column.kind, size, size, digits, places, not column.required, default, None)


def _is_held(column: ColumnState) -> bool:
    """Whether a field of a model can hold the values."""
    return not column.array and column.kind in _FIELDS


def _is_made_by(key: RowKey, row_id: str) -> bool:
    try:
        return key.row_id(key.value(row_id)) == row_id
    except ValidationError:
        return False


class DatabaseIntrospection(BaseDatabaseIntrospection):
    connection: Any
    data_types_reverse = _FIELDS

    def identifier_converter(self, name: str) -> str:
        return name

    def get_table_list(self, cursor: Any) -> list[TableInfo]:
        return [TableInfo(self._name(table), "t") for table in self._tables().values() if table.id != COUNTERS]

    def get_table_description(self, cursor: Any, table_name: str) -> list[FieldInfo]:
        """Return the primary key, whose kind the id of one row tells, and the columns of the table's own."""
        table = self._table(table_name)
        columns = [_described(column) for column in table.columns.values() if _is_held(column)]
        if _PRIMARY_KEY in table.columns:
            return columns
        return [_info(_PRIMARY_KEY, self._kind_of_ids(table.id), None, None, None, None, False, None, None), *columns]

    def get_columns_left_out(self, table_name: str) -> list[str]:
        """Return the columns that no field of a model can hold: lists, relationships, shapes."""
        return [str(column) for column in self._table(table_name).columns.values() if not _is_held(column)]

    def _kind_of_ids(self, table_id: str) -> str:
        plan = ListRows(TableRef(self.connection.appwrite.settings.database_id, table_id), limit=1, select=(ROW_ID,))
        with self.connection.wrap_database_errors:
            rows = run_sync(self.connection.appwrite.follow(plan.fetch())).data["rows"]
        ids = [row[ROW_ID] for row in rows]
        return next((name for name, key in _KEYS.items() if ids and _is_made_by(key, ids[0])), "id")

    def get_field_type(self, data_type: str, description: Any) -> Any:
        if description.precision is not None:
            return "DecimalField"
        if (description.internal_size or 0) > (KINDS["varchar"].max_size or 0):
            return "TextField"
        return super().get_field_type(data_type, description)

    def get_relations(self, cursor: Any, table_name: str) -> dict[str, Any]:
        """Return none: nothing on the server says where a reference leads."""
        return {}

    def get_sequences(self, cursor: Any, table_name: str, table_fields: Any = ()) -> Any:
        return []

    def get_primary_key_columns(self, cursor: Any, table_name: str) -> list[str]:
        return [_PRIMARY_KEY]

    def get_constraints(self, cursor: Any, table_name: str) -> Any:
        """Return the indexes, and the id of the rows as the primary key."""
        primary = {
            "columns": [_PRIMARY_KEY], "primary_key": True, "unique": True, "foreign_key": None, "check": False,
            "index": False, "orders": [], "type": None,
        }  # fmt: skip
        constraints: dict[str, dict[str, Any]] = {"__primary__": primary}
        for index in self._table(table_name).indexes.values():
            constraints[index.key] = {
                "columns": [_PRIMARY_KEY if key == ROW_ID else key for key in index.columns],
                "primary_key": False,
                "unique": index.type == "unique",
                "foreign_key": None,
                "check": False,
                "index": True,
                "orders": list(index.orders),
                "type": "idx" if index.type in ("key", "unique") else index.type,
            }
        return constraints

    def _tables(self) -> Any:
        from ...schema import read_tables  # requests and models do without the schema package

        with self.connection.wrap_database_errors:
            return run_sync(read_tables(self.connection.appwrite)) or {}

    def _table(self, name: str) -> Any:
        table = self._tables().get(table_id(name).lower())
        if table is None:
            raise ProgrammingError(f"There is no table {name!r} in the database. Run migrate.")
        return table

    @staticmethod
    def _name(table: Any) -> str:
        """Return the name that a model has for it: the table's where its id is made from it, else the id."""
        return str(table.name if table_id(table.name) == table.id else table.id)
