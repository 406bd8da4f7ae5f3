"""Table classes as Python source, from a schema that is there: what `inspect_appwrite` prints.

Migrated, the classes give no difference. What no class can say (a relationship to a table that is not among these,
kinds without a column class) is left out with a comment, and a migration leaves it alone.
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
    """A module that declares `tables` as classes derived from `base`, which must be the public `Table`.

    What it is made from may come from anybody: every name in it is an ASCII identifier, every value a `repr`, and
    the whole is parsed before it is given out. Raises `SchemaError` for anything but declarations.
    """
    names = set(IMPORTED)
    classes, used = [], {"Table", "columns"}
    chosen = [(table, _class_name(table.id, names)) for table in tables]
    titles = {table.id: name for table, name in chosen}
    for table, name in chosen:
        text, indexes = _class(table, name, base, using, titles)
        classes.append(text)
        used |= indexes
    imported = ", ".join(sorted(used, key=lambda name: (name.islower(), name)))
    return checked("\n\n\n".join([f"from django_appwrite_orm import {imported}", *classes]) + "\n")


def _class(
    table: TableState, name: str, base: type[Row], using: str, titles: Mapping[str, str]
) -> tuple[str, set[str]]:
    attributes: dict[str, str] = {}
    taken: set[str] = set()
    lines = []
    # Those with an id beside them take the names that are left.
    for column in sorted(table.columns.values(), key=lambda column: column.is_relationship):
        attribute = _attribute(column, base, taken)
        made = _link(column, attribute, titles) if column.is_relationship else _column(column, attribute)
        if not isinstance(made, str):
            made = comment(f"{column.key!r} is not declared: {made[0]}")
        else:
            taken |= _names_of(column, attribute)
            if not column.is_relationship:
                attributes[column.key] = attribute
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
            reason = index.error if index.type == UNREADABLE else "no class says it, or its columns"
            meta.append(comment(f"index {index.key!r} ({index.type}) is not declared: {reason}"))
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


def _names_of(column: ColumnState, attribute: str) -> set[str]:
    """The names in Python that a column takes: one to a single row has its id beside it."""
    to_one = column.is_relationship and not column.options["relationType"].endswith("Many")
    return {attribute, f"{attribute}_id"} if to_one else {attribute}


def _attribute(column: ColumnState, base: type[Row], names: set[str]) -> str:
    """A name for the column in Python: its key where that will do."""
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
    """The line that declares the column, or the reason why there is none."""
    kind = columns.Decimal if "decimal" in column.options else columns.column_class(column.kind)
    if column.kind == UNREADABLE:
        return (f"{column.error}.",)
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
    return f"{attribute} = columns.{kind.__name__}({', '.join(given)})"


def _link(column: ColumnState, attribute: str, titles: Mapping[str, str]) -> str | tuple[str]:
    """The line that declares a relationship, or the reason why there is none."""
    options = column.options
    other = options["relatedTable"]
    if other not in titles:
        return (f"it is a relationship to {other}, which is not among these tables.",)
    given = {"two_way_key": options["twoWayKey"]} if options["twoWay"] else {}
    if options["onDelete"] != "restrict":
        given["on_delete"] = options["onDelete"]
    if column.key != attribute:
        given["column"] = column.key
    made = columns.Relationship(other, options["relationType"], **given)
    made.name = attribute
    if differences(column_state(made.definition(other)), column):
        return ("its options are not those of a relationship.",)
    words = [repr(titles[other]), repr(made.type), *(f"{name}={value!r}" for name, value in given.items())]
    return f"{attribute} = columns.Relationship({', '.join(words)})"


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
    known = attributes | {column.key: column.name for column in INDEXABLE.values()}
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
