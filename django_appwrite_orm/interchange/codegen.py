"""Generate table classes as Python source from an existing schema, for `inspect_appwrite`.

A migration of the classes changes nothing. What a class cannot declare (a relationship to a table that is not included,
a kind without a column class) is left out with a comment, and a migration keeps it.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError

from ..conf import DEFAULT_ALIAS
from ..exceptions import ConfigurationError
from ..schema.descriptions import column_state
from ..schema.state import UNREADABLE, ColumnState, IndexState, TableState, differences
from ..tables import FulltextIndex, Index, Row, SpatialIndex, UniqueIndex, columns, name_problem
from ..tables.system_columns import INDEXABLE
from .generated_source import IMPORTED, checked, comment

_INDEXES: dict[str, type[Index]] = {kind.type: kind for kind in (Index, UniqueIndex, FulltextIndex, SpatialIndex)}


def source(tables: Iterable[TableState], base: type[Row], using: str = DEFAULT_ALIAS) -> str:
    """Return a module that declares `tables` as classes derived from `base`, which must be the public `Table`.

    The schema may come from an untrusted source: every name in the module is an ASCII identifier, every value a `repr`,
    and the result is parsed before it is returned. Raises `SchemaError` for anything but declarations.
    """
    names = set(IMPORTED)
    classes, used = [], {"Table", "columns"}
    named_tables = [(table, _class_name(table.id, names)) for table in tables]
    class_names = {table.id: name for table, name in named_tables}
    for table, name in named_tables:
        text, indexes = _class(table, name, base, using, class_names)
        classes.append(text)
        used |= indexes
    imported = ", ".join(sorted(used, key=lambda name: (name.islower(), name)))
    return checked("\n\n\n".join([f"from django_appwrite_orm import {imported}", *classes]) + "\n")


def _class(
    table: TableState, name: str, base: type[Row], using: str, class_names: Mapping[str, str]
) -> tuple[str, set[str]]:
    attributes: dict[str, str] = {}
    taken: set[str] = set()
    lines = []
    # Relationships come last: one to a single row takes two names.
    for column in sorted(table.columns.values(), key=lambda column: column.is_relationship):
        attribute = _attribute(column, base, taken)
        line = _relationship(column, attribute, class_names) if column.is_relationship else _column(column, attribute)
        if not isinstance(line, str):
            line = comment(f"{column.key!r} is not declared: {line[0]}")
        else:
            taken |= _names_of(column, attribute)
            if not column.is_relationship:
                attributes[column.key] = attribute
        lines.append(line)
    meta = [f"name = {table.name!r}"]
    if table.id != table.name:
        meta.append(f"id = {table.id!r}")
    if using != DEFAULT_ALIAS:
        meta.append(f"using = {using!r}")
    used: set[str] = set()
    indexes = []
    for index in table.indexes.values():
        if (declaration := _index(index, attributes)) is None:
            reason = index.error if index.type == UNREADABLE else "there is no class for it, or for one of its columns"
            meta.append(comment(f"index {index.key!r} ({index.type}) is not declared: {reason}"))
        else:
            indexes.append(f"    {declaration},")
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
    parts = re.findall(r"[A-Za-z0-9]+", id)
    base = "".join(part[0].upper() + part[1:] for part in parts)
    if not base[:1].isalpha() or keyword.iskeyword(base):
        base = f"Table{base}"
    return _unused(base, names)


def _names_of(column: ColumnState, attribute: str) -> set[str]:
    """Return the Python names that a column takes: a relationship to a single row also has an attribute for the id."""
    to_one = column.is_relationship and not column.options["relationType"].endswith("Many")
    return {attribute, f"{attribute}_id"} if to_one else {attribute}


def _attribute(column: ColumnState, base: type[Row], names: set[str]) -> str:
    """Return a Python name for the column: its key if that is possible."""
    name = re.sub(r"_+", "_", re.sub(r"\W", "_", column.key, flags=re.ASCII)).strip("_")
    if not name or name[0].isdigit() or keyword.iskeyword(name) or name in IMPORTED or name_problem(name, base):
        name = f"column_{name}".rstrip("_")
    unused, number = name, 2
    while _names_of(column, unused) & names:
        unused, number = f"{name}{number}", number + 1
    return unused


def _unused(base: str, names: set[str]) -> str:
    name, number = base, 2
    while name in names:
        name, number = f"{base}{number}", number + 1
    names.add(name)
    return name


def _column(column: ColumnState, attribute: str) -> str | tuple[str]:
    """Return the line that declares the column, or in a tuple the reason why there is none."""
    kind = columns.Decimal if "decimal" in column.options else columns.column_class(column.kind)
    if column.kind == UNREADABLE:
        return (f"{column.error}.",)
    if kind is None:
        return (f"there is no column class for {column.kind}.",)
    arguments = _arguments(column)
    if column.key != attribute:
        arguments["column"] = column.key
    try:
        declared = kind(**arguments).bound(attribute)
        if differences(column_state(declared.definition()), column):
            return ("its options are not those of its class.",)
    except (ConfigurationError, ValidationError, TypeError) as error:
        return (" ".join(str(error).split()),)
    elements = arguments.pop("elements", None)
    texts = [repr(elements)] if elements is not None else []
    texts += [f"{name}={value!r}" for name, value in arguments.items()]
    return f"{attribute} = columns.{kind.__name__}({', '.join(texts)})"


def _relationship(column: ColumnState, attribute: str, class_names: Mapping[str, str]) -> str | tuple[str]:
    """Return the line that declares a relationship, or in a tuple the reason why there is none."""
    options = column.options
    other = options["relatedTable"]
    if other not in class_names:
        return (f"it is a relationship to {other}, which is not among these tables.",)
    arguments = {"two_way_key": options["twoWayKey"]} if options["twoWay"] else {}
    if options["onDelete"] != "restrict":
        arguments["on_delete"] = options["onDelete"]
    if column.key != attribute:
        arguments["column"] = column.key
    declared = columns.Relationship(other, options["relationType"], **arguments)
    declared.name = attribute
    if differences(column_state(declared.definition(other)), column):
        return ("its options are not those of a relationship.",)
    texts = [repr(class_names[other]), repr(declared.type), *(f"{name}={value!r}" for name, value in arguments.items())]
    return f"{attribute} = columns.Relationship({', '.join(texts)})"


def _arguments(column: ColumnState) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    if "elements" in column.options:
        arguments["elements"] = list(column.options["elements"])
    if "size" in column.options:
        arguments["size"] = column.options["size"]
    if "decimal" in column.options:
        arguments["max_digits"], arguments["decimal_places"] = column.options["decimal"]
    for name, limit in zip(("min", "max"), column.facts.range or (), strict=False):
        if column.options.get(name, limit) != limit:
            arguments[name] = column.options[name]
    if column.options.get("encrypt"):
        arguments["encrypt"] = True
    for name in ("required", "array"):
        if getattr(column, name):
            arguments[name] = True
    if column.default is not None:
        arguments["db_default"] = column.default
        if "decimal" in column.options and isinstance(column.default, int):
            arguments["db_default"] = str(Decimal(column.default).scaleb(-column.options["decimal"][1]))
    return arguments


def _index(index: IndexState, attributes: dict[str, str]) -> str | None:
    kind = _INDEXES.get(index.type)
    names = attributes | {column.key: column.name for column in INDEXABLE.values()}
    if kind is None or not all(column in names for column in index.columns):
        return None
    signs = ("-" if order == "DESC" else "" for order in index.orders)
    ordered = [f"{sign}{names[column]}" for sign, column in zip(signs, index.columns, strict=True)]
    arguments = [repr(name) for name in ordered]
    if index.key != kind(*ordered).key:
        arguments.append(f"key={index.key!r}")
    if any(index.lengths):
        arguments.append(f"lengths={[length or None for length in index.lengths]!r}")
    return f"{kind.__name__}({', '.join(arguments)})"
