"""Tables from dictionaries: the `TableDefinition` of the TypeScript package appwrite-orm (0.6), as it stands.

What that package does with each word is kept: `number` is an integer, a string without `size` has 255
characters, `default` is the column's default on the server unless the column is required, `role` maps a verb
to one role or a list of them (`public` and `any` meaning `any`), and no role at all means that anybody reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ..exceptions import ConfigurationError
from ..registry import registry
from ..tables import FulltextIndex, Index, UniqueIndex, columns
from .table import Table

_DEFINITION = {"name", "id", "schema", "role", "indexes", "interface"}
_FIELD = {"type", "required", "default", "array", "size", "min", "max", "enum"}
_INDEXES = {"key": Index, "unique": UniqueIndex, "fulltext": FulltextIndex}
_KINDS: Mapping[str, Callable[..., columns.Column]] = {
    "string": columns.String,
    "number": columns.Integer,
    "integer": columns.Integer,
    "float": columns.Float,
    "boolean": columns.Boolean,
    "Date": columns.Datetime,
    "datetime": columns.Datetime,
}
_EXTRAS: Mapping[str, tuple[str, ...]] = {
    "string": ("size",),
    "number": ("min", "max"),
    "integer": ("min", "max"),
    "float": ("min", "max"),
}


def register(table: type[Table] | Mapping[str, Any]) -> type[Table]:
    """Register a table class, or a definition in appwrite-orm's form, which becomes one; that class.

    Raises `ConfigurationError` that names the table, the column and the word that cannot be used.
    """
    return registry.add(table_from_definition(table) if isinstance(table, Mapping) else table)


def table_from_definition(definition: Mapping[str, Any]) -> type[Table]:
    """The table class for a definition in appwrite-orm's form."""
    name = definition.get("name")
    if not isinstance(name, str) or not name:
        raise ConfigurationError("A table definition needs a 'name'.")
    _refuse_unknown(f"Table {name!r}", definition, _DEFINITION)
    schema = definition.get("schema")
    if not isinstance(schema, Mapping):
        raise ConfigurationError(f"Table {name!r}: 'schema' must map column names to their definitions.")
    attributes: dict[str, Any] = {key: _column(f"{name}.{key}", field) for key, field in schema.items()}
    meta = {
        "name": name,
        "id": definition.get("id") or name,
        "permissions": _permissions(definition.get("role")),
        "indexes": [_index(name, index) for index in definition.get("indexes") or ()],
    }
    words = re.findall(r"[A-Za-z0-9]+", name) or ["Table"]
    title = "".join(word[:1].upper() + word[1:] for word in words)
    body = {"__module__": __name__, **attributes, "Meta": type("Meta", (), meta)}
    return type(title if title[0].isalpha() else f"Table{title}", (Table,), body)


def _column(where: str, field: Any) -> columns.Column:
    if not isinstance(field, Mapping):
        raise ConfigurationError(f"{where}: a column's definition must be a dict such as {{'type': 'string'}}.")
    _refuse_unknown(where, field, _FIELD)
    kind, default = field.get("type"), field.get("default")
    required, array = bool(field.get("required")), bool(field.get("array"))
    common: dict[str, Any] = {"required": required, "array": array}
    # A default that is computed, or that the server could not hold, is filled in by Python.
    common["default" if callable(default) or required or array else "db_default"] = default
    try:
        if isinstance(kind, (list, tuple)) or kind == "enum" or "enum" in field:
            elements = field.get("enum") or (kind if isinstance(kind, (list, tuple)) else ())
            return columns.Enum(elements, **common)
        if not isinstance(kind, str) or kind not in _KINDS:
            raise ConfigurationError(f"unknown type {kind!r}; use one of {', '.join(_KINDS)}, or a list of texts")
        extras = {word: field[word] for word in _EXTRAS.get(kind, ()) if field.get(word) is not None}
        return _KINDS[kind](**common, **extras)
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}: {error}") from None


def _permissions(role: Any) -> list[str]:
    permissions = []
    for verb, roles in (role or {}).items():
        for one in roles if isinstance(roles, (list, tuple)) else [roles]:
            permissions.append(f'{verb}("{"any" if one == "public" else one}")')
    return permissions or ['read("any")']


def _index(table: str, index: Mapping[str, Any]) -> Index:
    kind = index.get("type", "key")
    if kind not in _INDEXES:
        raise ConfigurationError(
            f"Table {table!r}, index {index.get('key')!r}: unknown type {kind!r}; use key, unique or fulltext."
        )
    orders = [str(order).upper() for order in index.get("orders") or ()]
    attributes = list(index.get("attributes") or ())
    if orders and len(orders) != len(attributes):
        raise ConfigurationError(f"Table {table!r}, index {index.get('key')!r}: give one order for each attribute.")
    signs = ["-" if order == "DESC" else "" for order in orders] or [""] * len(attributes)
    return _INDEXES[kind](*(s + a for s, a in zip(signs, attributes, strict=True)), key=index.get("key"))


def _refuse_unknown(where: str, given: Mapping[str, Any], known: set[str]) -> None:
    if unknown := sorted(given.keys() - known):
        raise ConfigurationError(f"{where}: unknown word {unknown[0]!r}. Known: {', '.join(sorted(known))}.")
