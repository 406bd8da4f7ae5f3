"""Table classes as Python source, from a schema that is there: what `inspect_appwrite` prints.

Migrated, the classes give no difference. What no class can say (relationships, kinds without a column class) is
left out with a comment, and a migration leaves it alone.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError

from ..conf import DEFAULT_ALIAS
from ..exceptions import ConfigurationError
from ..tables import FulltextIndex, Index, Row, UniqueIndex, columns, name_problem
from ..tables.columns import Column
from .inplace import differences
from .state import DOUBLE, INT64, ColumnState, IndexState, TableState, column_state

# The classes that stand for a kind of Appwrite's, not those that keep something else in one of them.
_KINDS: dict[str, type[Column]] = {
    vars(found)["kind"]: found for name in columns.__all__ if "kind" in vars(found := getattr(columns, name))
}
_INDEXES: dict[str, type[Index]] = {kind.type: kind for kind in (Index, UniqueIndex, FulltextIndex)}
_SYSTEM = {"$id": "id", "$createdAt": "created_at", "$updatedAt": "updated_at"}


def source(tables: Iterable[TableState], base: type[Row], using: str = DEFAULT_ALIAS) -> str:
    """A module that declares `tables` as classes derived from `base`, which must be the public `Table`."""
    names: set[str] = {"columns", "Table", *(kind.__name__ for kind in _INDEXES.values())}
    classes, used = [], {"Table", "columns"}
    for table in tables:
        text, indexes = _class(table, _class_name(table.id, names), base, using)
        classes.append(text)
        used |= indexes
    imported = ", ".join(sorted(used, key=lambda name: (name.islower(), name)))
    return "\n\n\n".join([f"from django_appwrite_orm import {imported}", *classes]) + "\n"


def _class(table: TableState, name: str, base: type[Row], using: str) -> tuple[str, set[str]]:
    attributes: dict[str, str] = {}
    lines = []
    for column in table.columns.values():
        attribute = _attribute(column.key, base, set(attributes.values()))
        made = _column(column, attribute)
        if isinstance(made, str):
            attributes[column.key] = attribute
        else:
            made = f"# {column.key!r} is not declared: {made[0]}"
        lines.append(made)
    meta = [f"name = {table.name!r}"]
    if table.id != table.name:
        meta.append(f"id = {table.id!r}")
    if using != DEFAULT_ALIAS:
        meta.append(f"using = {using!r}")
    used: set[str] = set()
    indexes = []
    for index in table.indexes.values():
        if (made_index := _index(index, attributes)) is None:
            meta.append(f"# index {index.key!r} ({index.type}) is not declared: no class says it, or its columns")
        else:
            indexes.append(f"    {made_index},")
            used.add(_INDEXES[index.type].__name__)
    if indexes:
        meta += ["indexes = [", *indexes, "]"]
    if table.permissions:
        meta += ["permissions = [", *(f"    {permission!r}," for permission in sorted(table.permissions)), "]"]
    if table.row_security:
        meta.append("row_security = True")
    if not table.enabled:
        meta.append("enabled = False")
    body = [*(f"    {line}" for line in lines), "", "    class Meta:", *(f"        {line}" for line in meta)]
    return "\n".join([f"class {name}(Table):", *(body if lines else body[1:])]), used


def _class_name(id: str, names: set[str]) -> str:
    words = re.findall(r"[A-Za-z0-9]+", id)
    base = "".join(word[0].upper() + word[1:] for word in words)
    if not base[:1].isalpha() or keyword.iskeyword(base):
        base = f"Table{base}"
    return _unused(base, names)


def _attribute(key: str, base: type[Row], names: set[str]) -> str:
    """A name for the column in Python: its key where that will do."""
    name = re.sub(r"_+", "_", re.sub(r"\W", "_", key, flags=re.ASCII)).strip("_")
    if not name or name[0].isdigit() or keyword.iskeyword(name) or name_problem(name, base):
        name = f"column_{name}".rstrip("_")
    return _unused(name, names)


def _unused(base: str, names: set[str]) -> str:
    name, number = base, 2
    while name in names:
        name, number = f"{base}{number}", number + 1
    names.add(name)
    return name


def _column(column: ColumnState, attribute: str) -> str | tuple[str]:
    """The line that declares the column, or the reason why there is none."""
    kind = _KINDS.get(column.kind)
    if kind is None:
        return (f"there is no column class for {column.kind}.",)
    arguments = _arguments(column)
    if column.key != attribute:
        arguments["column"] = column.key
    try:
        made = kind(**arguments).bound(attribute)
        if differences(column_state(made.definition()), column):
            return ("its options are not those of its class.",)
    except (ConfigurationError, ValidationError, TypeError) as error:
        return (" ".join(str(error).split()),)
    listed = arguments.pop("elements", None)
    given = [repr(listed)] if listed is not None else []
    given += [f"{name}={value!r}" for name, value in arguments.items()]
    note = "  # encrypted on the server, and so not to be filtered by" if column.options.get("encrypt") else ""
    return f"{attribute} = columns.{kind.__name__}({', '.join(given)}){note}"


def _arguments(column: ColumnState) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    if "elements" in column.options:
        arguments["elements"] = list(column.options["elements"])
    if "size" in column.options:
        arguments["size"] = column.options["size"]
    limits = DOUBLE if column.kind == "float" else INT64
    for name, limit in zip(("min", "max"), limits, strict=True):
        if column.options.get(name, limit) != limit:
            arguments[name] = column.options[name]
    for name in ("required", "array"):
        if getattr(column, name):
            arguments[name] = True
    if column.default is not None:
        arguments["db_default"] = column.default
    return arguments


def _index(index: IndexState, attributes: dict[str, str]) -> str | None:
    kind = _INDEXES.get(index.type)
    known = attributes | _SYSTEM
    if kind is None or not all(column in known for column in index.columns):
        return None
    signs = ("-" if order == "DESC" else "" for order in index.orders)
    names = [f"{sign}{known[column]}" for sign, column in zip(signs, index.columns, strict=True)]
    given = [repr(name) for name in names]
    if index.key != kind(*names).key:
        given.append(f"key={index.key!r}")
    if any(index.lengths):
        given.append(f"lengths={[length or None for length in index.lengths]!r}")
    return f"{kind.__name__}({', '.join(given)})"
