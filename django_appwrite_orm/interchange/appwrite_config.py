"""Read and write the tables of `appwrite.config.json`, the file that Appwrite's own CLI pulls and pushes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..exceptions import SchemaError
from ..schema.declared import End
from ..schema.descriptions import table_state
from ..schema.payloads import options_body, sent_options
from ..schema.relationships import is_to_itself, mirror, other_end
from ..schema.state import ColumnState, TableState, lookup
from ..tables.columns.relations import inverse

# Terms of an older CLI, by the current ones.
_OLDER_TERMS = {"relatedTable": "relatedCollection", "columns": "attributes"}


def tables_of(text: str, database: str) -> list[TableState]:
    """Return the tables of `database` in the text of a file, also of one of an older CLI (`collections`).

    A table without a database counts as one of `database`. Raises `SchemaError`, which names what cannot be read, or
    the databases in the file if none of them is `database`.
    """
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _not_a_config(f"it is not JSON: {error}") from error
    tables = config.get("tables", config.get("collections")) if isinstance(config, dict) else None
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise _not_a_config("there is no list 'tables' of objects in it")
    chosen = [table for table in tables if table.get("databaseId", database) == database]
    if tables and not chosen:
        others = ", ".join(sorted({repr(table["databaseId"]) for table in tables}))
        raise SchemaError(
            f"No table in this file is of database {database!r}, the DATABASE_ID of the connection. It has tables of:"
            f" {others}. Set DATABASE_ID to that one, or name another connection with --database."
        )
    try:
        return [table_state(_table(table)) for table in chosen]
    except SchemaError as error:
        raise _not_a_config(str(error)) from error


def _not_a_config(reason: str) -> SchemaError:
    return SchemaError(f"This is not the CLI's appwrite.config.json (or appwrite.json): {reason}")


def config_of(tables: Iterable[TableState], database: str, project: str, endpoint: str) -> dict[str, Any]:
    """Return the file's content for `tables`. It includes index lengths, which the CLI ignores."""
    head: dict[str, Any] = {"projectId": project}
    if not endpoint.startswith("local:"):
        head["endpoint"] = endpoint
    return {
        **head,
        "tablesDB": [{"$id": database, "name": database, "enabled": True}],
        "tables": _all_described(tables, database),
    }


def _table(described: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table of the file in the form of Appwrite's responses: with defaults, and with the terms since 1.8."""
    return {
        "rowSecurity": described.get("documentSecurity", False),
        "enabled": True,
        "$permissions": [],
        **described,
        "columns": _renamed(described.get("columns", described.get("attributes", [])), "relatedTable"),
        "indexes": _renamed(described.get("indexes", []), "columns"),
    }


def _renamed(parts: Any, term: str) -> Any:
    """Return columns or indexes with the current term in place of an older one."""
    if not isinstance(parts, list):
        return parts
    older = _OLDER_TERMS[term]
    return [
        {**part, term: part.get(term) or part[older]} if isinstance(part, dict) and older in part else part
        for part in parts
    ]


def _all_described(tables: Iterable[TableState], database: str) -> list[dict[str, Any]]:
    """Describe the tables. The parent of a relationship is its first declared side: the CLI creates it from there."""
    described, children = [], set[End]()
    for table in tables:
        described.append(_described(_with_parents(table, children), database, children))
        children |= {other_end(column) for column in table.columns.values() if column.options.get("twoWay")}
    return described


def _with_parents(table: TableState, children: set[End]) -> TableState:
    """With the other side of a manyToOne of the table with itself, for Appwrite builds it only from there."""
    for column in table.columns.values():
        if not (column.options.get("twoWay") and is_to_itself(table.id, column)):
            continue
        end = table.id.lower(), column.key.lower()
        if column.options["relationType"] == "manyToOne":
            children.add(end)
            other = mirror(table.id, column)
            table = table if lookup(table.columns, other.key) else table.with_column(other)
        elif end not in children:
            children.add(other_end(column))
    return table


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
    kind = column.facts
    options = {name: list(value) if isinstance(value, tuple) else value for name, value in sent_options(column).items()}
    if column.is_relationship:
        type = column.options["relationType"]
        options |= {"side": "child" if is_child else "parent", "relationType": inverse(type) if is_child else type}
    return {
        "key": column.key,
        "type": kind.type,
        **({"format": kind.format} if kind.format else {}),
        "required": column.required,
        "array": column.array,
        **options,
        "default": column.default,
    }
