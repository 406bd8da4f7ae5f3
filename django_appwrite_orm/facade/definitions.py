"""Tables from dictionaries: the `TableDefinition` of the TypeScript package appwrite-orm (0.6).

The meaning of each key is that package's: `number` is an integer, a string without `size` has 255 characters,
`default` is the column's default on the server unless the column is required, `role` maps a verb to one role or a list
of roles (`public` means `any`), and a table without roles can be read by anyone. A key whose value is None (`null` in
JSON) counts as missing.

Extensions: a `default` may be a callable, or belong to a required column or an array; Python then fills it in. A column
cannot have the name of an attribute of rows, such as `id`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ..exceptions import ConfigurationError
from ..querysets.table import Table
from ..registry import registry
from ..tables import TABLE_VERBS, FulltextIndex, Index, Row, UniqueIndex, columns, name_problem, permission_problems
from ..tables.system_columns import INDEXABLE

_DEFINITION = ("name", "id", "schema", "role", "indexes", "interface")
_FIELD = ("type", "required", "default", "array", "size", "min", "max", "enum")
_INDEX = ("key", "type", "attributes", "orders")
_INDEXES: dict[str, type[Index]] = {"key": Index, "unique": UniqueIndex, "fulltext": FulltextIndex}
_KINDS: Mapping[str, Callable[..., columns.Column]] = {
    "string": columns.String,
    "number": columns.Integer,
    "integer": columns.Integer,
    "float": columns.Float,
    "boolean": columns.Boolean,
    "Date": columns.Datetime,
    "datetime": columns.Datetime,
}
# The options of each type; others are ignored, as by that package.
_EXTRAS: Mapping[str, tuple[str, ...]] = {
    "string": ("size",),
    "number": ("min", "max"),
    "integer": ("min", "max"),
    "float": ("min", "max"),
}
# The names in Python of the system columns, by the keys that definitions use in indexes.
_SYSTEM = {column.key: column.name for column in INDEXABLE.values()}


def register(table: type[Table] | Mapping[str, Any]) -> type[Table]:
    """Register a table class, or a definition in appwrite-orm's form; return the class.

    Raises `ConfigurationError` that names the table, the column and the key that cannot be used.
    """
    if isinstance(table, Mapping):
        return registry.add(table_from_definition(table))
    if not (isinstance(table, type) and issubclass(table, Table)):
        raise ConfigurationError(f"register() takes a table class or a dict with a table definition, not {table!r}.")
    return registry.add(table)


def table_from_definition(definition: Mapping[str, Any]) -> type[Table]:
    """Return the table class for a definition in appwrite-orm's form. Raises `ConfigurationError`."""
    name = definition.get("name")
    if not isinstance(name, str) or not name:
        raise ConfigurationError(f"A table definition needs a 'name' that is a string, not {name!r}.")
    where = f"Table {name!r}"
    entries = _entries(where, definition, _DEFINITION)
    schema = _typed(where, entries, "schema", Mapping)
    if not schema:
        raise ConfigurationError(f"{where}: 'schema' must be a dict with at least one column.")
    meta = {
        "name": name,
        "id": _typed(where, entries, "id", str) or name,
        "permissions": _permissions(where, _typed(where, entries, "role", Mapping) or {}),
        "indexes": [
            index_from_definition(where, index) for index in _typed(where, entries, "indexes", (list, tuple)) or ()
        ],
    }
    body: dict[str, Any] = {key: _column(f"{where}, column {key!r}", key, field) for key, field in schema.items()}
    parts = re.findall(r"[A-Za-z0-9]+", name)
    title = "".join(part[:1].upper() + part[1:] for part in parts)
    title = title if title[:1].isalpha() else f"Table{title}"
    body |= {"__module__": __name__, "__reduce__": _reduce, "Meta": type("Meta", (), meta)}
    return type(title, (Table,), body)


def _reduce(row: Row) -> tuple[Any, ...]:
    """Pickle a row whose class is not in a module by the registered name of its table."""
    return _unsaved_row, (row._meta.name,), row.__getstate__()


def _unsaved_row(name: str) -> Row:
    table = registry.get(name)
    return table.__new__(table)


def _column(where: str, key: object, field: Any) -> columns.Column:
    if not isinstance(key, str) or (problem := name_problem(key, Table)):
        reason = problem if isinstance(key, str) else "a name is a string"
        raise ConfigurationError(
            f"{where}: {reason}. Declare the table as a class, where the column can have another name in Python:"
            f" other_name = columns.String(column={key!r})."
        )
    options = _entries(where, field, _FIELD)
    kind, default, elements = options.get("type"), options.get("default"), options.get("enum")
    required = bool(_typed(where, options, "required", bool))
    array = bool(_typed(where, options, "array", bool))
    common: dict[str, Any] = {"required": required, "array": array}
    # Appwrite refuses a default on a required column or an array, and cannot compute one: Python fills it in.
    common["default" if callable(default) or required or array else "db_default"] = default
    try:
        if elements is None and isinstance(kind, (list, tuple)):
            elements = kind
        if elements is not None or kind == "enum":
            return columns.Enum(elements or (), **common)
        if not isinstance(kind, str) or kind not in _KINDS:
            raise ConfigurationError(f"unknown type {kind!r}; use one of {', '.join(_KINDS)}, or a list of strings")
        return _KINDS[kind](**common, **{name: options[name] for name in _EXTRAS.get(kind, ()) if name in options})
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}: {error}") from None


def _permissions(where: str, by_verb: Mapping[str, Any]) -> list[str]:
    """Return `{"read": "any", "update": ["team:x"]}` as Appwrite's permissions."""
    permissions = [
        f'{verb}("{"any" if role == "public" else role}")'
        for verb, roles in by_verb.items()
        for role in (roles if isinstance(roles, (list, tuple)) else [roles])
    ] or ['read("any")']
    if problems := permission_problems(permissions, TABLE_VERBS):
        raise ConfigurationError(f"{where}, role: {problems[0]}")
    return permissions


def index_from_definition(where: str, index: Any) -> Index:
    """Return the index for a definition in appwrite-orm's form; error messages begin with `where`."""
    key = index.get("key") if isinstance(index, Mapping) else None
    where = f"{where}, index {key!r}"
    options = _entries(where, index, _INDEX)
    kind = options.get("type", "key")
    if kind not in _INDEXES:
        raise ConfigurationError(f"{where}: unknown type {kind!r}; use one of {', '.join(_INDEXES)}.")
    attributes = _typed(where, options, "attributes", (list, tuple)) or ()
    requested = _typed(where, options, "orders", (list, tuple)) or ["ASC"] * len(attributes)
    orders = [str(order).upper() for order in requested]
    if len(orders) != len(attributes) or not set(orders) <= {"ASC", "DESC"}:
        raise ConfigurationError(f"{where}: 'orders' must have ASC or DESC for each attribute.")
    names = [_SYSTEM.get(attribute, attribute) for attribute in attributes]
    signed = [f"-{name}" if order == "DESC" else name for name, order in zip(names, orders, strict=True)]
    try:
        return _INDEXES[kind](*signed, key=key)
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}: {error}") from None


def _entries(where: str, mapping: Any, allowed: tuple[str, ...]) -> dict[str, Any]:
    """Return the entries that are not null. Raises `ConfigurationError` for an unknown key."""
    if not isinstance(mapping, Mapping):
        raise ConfigurationError(f"{where}: expected a dict, not {mapping!r}.")
    if unknown := [key for key in mapping if key not in allowed]:
        raise ConfigurationError(f"{where}: unknown key {unknown[0]!r}. Known: {', '.join(allowed)}.")
    return {key: value for key, value in mapping.items() if value is not None}


def _typed(where: str, entries: Mapping[str, Any], key: str, kind: type | tuple[type, ...]) -> Any:
    value = entries.get(key)
    if value is not None and not isinstance(value, kind):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        names = {bool: "true or false", str: "a string", Mapping: "a dict", list: "a list"}
        raise ConfigurationError(f"{where}: {key!r} must be {names[kinds[0]]}, not {value!r}.")
    return value
