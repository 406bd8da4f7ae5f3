"""The tables of `appwrite.config.json`, the file that Appwrite's own CLI pulls and pushes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..exceptions import SchemaError
from ..tables.columns.relationship import inverse
from .bodies import options_body
from .declared import End
from .links import other_end
from .state import ColumnState, TableState, column_state, index_state, permission_set

_TYPES = {"float": "double", "line": "linestring"}
_FORMATS = frozenset({"email", "ip", "url", "enum"})


def tables_of(text: str, database: str) -> list[TableState]:
    """The tables of `database` in the file's text. Raises `SchemaError` that names what cannot be read."""
    try:
        config = json.loads(text)
        found = config["tables"]
        return [_table(table) for table in found if table.get("databaseId", database) == database]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SchemaError(
            f"This is not the CLI's appwrite.config.json with 'tables' in it ({type(error).__name__}: {error})."
        ) from error


def config_of(tables: Iterable[TableState], database: str, project: str, endpoint: str) -> dict[str, Any]:
    """The file's content for `tables`. The CLI has no index lengths: they are written, and it passes over them."""
    head: dict[str, Any] = {"projectId": project}
    if not endpoint.startswith("local:"):
        head["endpoint"] = endpoint
    return {
        **head,
        "tablesDB": [{"$id": database, "name": database, "enabled": True}],
        "tables": _all_described(tables, database),
    }


def _table(described: Mapping[str, Any]) -> TableState:
    columns = [column_state(column, served=True) for column in described.get("columns", ())]
    indexes = [
        index_state({**index, "columns": index.get("columns") or index["attributes"]})
        for index in described.get("indexes", ())
    ]
    return TableState(
        id=described["$id"],
        name=described["name"],
        permissions=permission_set(described.get("$permissions", ())),
        row_security=described.get("rowSecurity", False),
        enabled=described.get("enabled", True),
        columns={column.key: column for column in columns},
        indexes={index.key: index for index in indexes},
    )


def _all_described(tables: Iterable[TableState], database: str) -> list[dict[str, Any]]:
    """The CLI makes a relationship from the side that says it is the parent: the first one that declares it."""
    described, children = [], set[End]()
    for table in tables:
        described.append(_described(table, database, children))
        children |= {other_end(column) for column in table.columns.values() if column.options.get("twoWay")}
    return described


def _described(table: TableState, database: str, children: set[End]) -> dict[str, Any]:
    options = options_body(table)
    return {
        "$id": table.id,
        "$permissions": options.pop("permissions"),
        "databaseId": database,
        **options,
        "columns": [
            _column(column, (table.id.lower(), column.key.lower()) in children) for column in table.columns.values()
        ],
        "indexes": [
            {
                "key": index.key,
                "type": index.type,
                "columns": list(index.columns),
                "orders": list(index.orders),
                **({"lengths": list(index.lengths)} if any(index.lengths) else {}),
            }
            for index in table.indexes.values()
        ],
    }


def _column(column: ColumnState, is_child: bool) -> dict[str, Any]:
    has_format = column.kind in _FORMATS
    options = {name: list(value) if isinstance(value, tuple) else value for name, value in column.options.items()}
    if column.kind == "relationship":
        type = column.options["relationType"]
        options |= {"side": "child" if is_child else "parent", "relationType": inverse(type) if is_child else type}
    return {
        "key": column.key,
        "type": "string" if has_format else _TYPES.get(column.kind, column.kind),
        **({"format": column.kind} if has_format else {}),
        "required": column.required,
        "array": column.array,
        **options,
        "default": column.default,
    }
