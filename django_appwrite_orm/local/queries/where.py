"""The WHERE of validated queries in SQL. Values of clients are always bound, names never a client's."""

# ruff: noqa: S608 -- SQL contains only our own names and numbers, values are bound
from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..emulation.collation import after_prefix, fold, sort_key
from ..emulation.fulltext import is_phrase, search_expression
from .fields import Field
from .parser import NULLS, Query
from .spatial import spatial_condition

_OPERATORS: Final = {
    "notEqual": "!=",
    "lessThan": "<",
    "lessThanEqual": "<=",
    "greaterThan": ">",
    "greaterThanEqual": ">=",
}
_WILDCARDS: Final = frozenset("%_[]^-.*+?(){}|")  # escaped by the server


class Sql:
    """A growing SQL text with its bound values."""

    __slots__ = ("parts", "values")

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.values: list[Any] = []

    def add(self, text: str, *values: Any) -> None:
        """Add a part with the values that it binds."""
        self.parts.append(text)
        self.values.extend(values)

    def joined(self, word: str) -> str:
        """Return the parts as one condition; true where there are none."""
        return f" {word} ".join(self.parts) if self.parts else "1"


def compile_filters(queries: Sequence[Query], fields: Mapping[str, Field], word: str = "AND") -> tuple[str, list[Any]]:
    """Return one SQL condition for all queries, with the values to bind."""
    sql = Sql()
    for query in queries:
        if query.method in ("and", "or"):
            text, values = compile_filters(query.values, fields, query.method.upper())
            sql.add(f"({text})", *values)
        else:
            field = fields[query.attribute]
            filter_sql = Sql()  # the parts of one filter stay together inside an `or`
            _add_filter(filter_sql, query, field)
            condition = f"({filter_sql.joined('AND')})"
            if field.through:
                condition = field.through.format(condition)
            sql.add(condition, *filter_sql.values, *field.through_values)
    return sql.joined(word), sql.values


def _add_filter(sql: Sql, query: Query, field: Field) -> None:
    method = query.method
    if method in NULLS:
        sql.add(f"{field.sql} IS {'NOT ' if method == 'isNotNull' else ''}NULL")
    elif field.kind.is_spatial:
        condition, values = spatial_condition(query, field)
        sql.add(condition, *values)
    elif method == "equal":
        values = [comparable_value(field, value) for value in query.values]
        marks = ",".join("?" * len(values))
        sql.add(f"{field.comparable} IN ({marks})" if len(values) > 1 else f"{field.comparable} = ?", *values)
    elif method in _OPERATORS:
        sql.add(f"{field.comparable} {_OPERATORS[method]} ?", comparable_value(field, query.values[0]))
    elif method in ("between", "notBetween"):
        low, high = (comparable_value(field, value) for value in query.values)
        sql.add(f"{field.comparable} {'NOT ' if method == 'notBetween' else ''}BETWEEN ? AND ?", low, high)
    elif method in ("search", "notSearch"):
        _add_search(sql, method, field, query.values[0])
    elif field.array:
        _add_members(sql, method, field, query.values)
    elif method.lower().endswith("with"):
        _add_pattern(sql, method, field, query.values[0])
    else:
        _add_substrings(sql, method, field, query.values)


def comparable_value(field: Field, value: Any) -> Any:
    """Return a client's value in the form of the field's ``comparable`` expression."""
    if field.is_text:
        return sort_key(value)
    return field.kind.bind(value)


def _add_members(sql: Sql, method: str, field: Field, values: tuple[Any, ...]) -> None:
    """Add the membership in a stored list: exact, letter case included (observed)."""
    operands = json.dumps([field.kind.bind_element(value) for value in values])
    elements, listed = f"SELECT value FROM json_each({field.sql})", "SELECT value FROM json_each(?)"
    if method == "containsAll":
        sql.add(f"NOT EXISTS ({listed} WHERE value NOT IN ({elements}))", operands)
        return
    condition = f"EXISTS ({elements} WHERE value IN ({listed}))"
    if method == "notContains":
        condition = f"({field.sql} IS NOT NULL AND NOT {condition})"
    sql.add(condition, operands)


def _add_substrings(sql: Sql, method: str, field: Field, values: tuple[Any, ...]) -> None:
    if method == "containsAll":  # observed: on a plain text it finds nothing
        sql.add("0")
        return
    escaped = [_escaped(value) for value in values]
    patterns = json.dumps([f"%{value}%" for value in escaped if _literal(value) is None])
    parts = json.dumps([part for part in map(_literal, escaped) if part is not None])
    text = _with_trailing_spaces(field)
    # One value for all of them: SQLite takes seconds to parse a condition for each of thousands.
    listed = "SELECT 1 FROM (SELECT value AS part FROM json_each(?)) WHERE"
    some = f"(EXISTS ({listed} instr({text}, part)) OR EXISTS ({listed} {text} LIKE part ESCAPE '\\'))"
    sql.add(f"({text} IS NOT NULL AND NOT {some})" if method == "notContains" else some, parts, patterns)


def _add_pattern(sql: Sql, method: str, field: Field, value: str) -> None:
    text = _escaped(str(comparable_value(field, value)) if not field.is_text else value)
    starts = method.lower().endswith("startswith")
    negated = method.startswith("not")
    if field.is_text and starts and not negated and (range_ := _prefix_range(value)):
        low, high = range_
        sql.add(f"{field.folded} >= ?", low)  # lets SQLite walk an index of the column
        if high is not None:
            sql.add(f"{field.folded} < ?", high)
    if field.is_text and not starts and (part := _literal(text)):
        sql.add(f"substr({_as_text(field)}, ?) {'!=' if negated else '='} ?", -len(part), part)
        return
    pattern = text + "%" if starts else "%" + text
    sql.add(f"{_as_text(field)} {'NOT ' if negated else ''}LIKE ? ESCAPE '\\'", pattern)


def _prefix_range(value: str) -> tuple[str, str | None] | None:
    """Return the range of folded texts with a prefix; None where the prefix does not bound them."""
    prefix = fold(value.partition("\\")[0]).rstrip(" ")
    return (prefix, after_prefix(prefix)) if prefix else None


def _escaped(value: str) -> str:
    r"""Return a text as a pattern.

    Wildcards are escaped, a client's own backslash is not: it escapes the next character (observed: startsWith "back\"
    does not match "back\slash").
    """
    return fold("".join("\\" + letter if letter in _WILDCARDS else letter for letter in value))


def _literal(pattern: str) -> str | None:
    """Return the one text that a pattern matches; None where it has wildcards, or matches nothing.

    SQLite looks for it in time that grows with the text alone; LIKE tries each place of the text, letter by letter.
    """
    literal = []
    letters = iter(pattern)
    for letter in letters:
        if letter in "%_":
            return None
        if letter == "\\" and (letter := next(letters, "")) == "":
            return None
        literal.append(letter)
    return "".join(literal)


def _as_text(field: Field) -> str:
    """Return the SQL that a pattern is compared with; numbers without a fraction of zero."""
    if field.is_text:
        return _with_trailing_spaces(field)
    return field.kind.as_text.format(sql=field.sql)


def _with_trailing_spaces(field: Field) -> str:
    """Return the folded text with trailing spaces, which equality ignores and patterns do not."""
    return f"({field.folded} || substr({field.sql}, length(rtrim({field.sql}, ' ')) + 1))"


def _add_search(sql: Sql, method: str, field: Field, value: str) -> None:
    expression = search_expression(value) if isinstance(value, str) else None
    if expression is None:
        sql.add("0" if method == "search" else "1")
        return
    condition, values = (
        f"seq IN (SELECT rowid FROM {field.fulltext_table} WHERE {field.fulltext_table} MATCH ?)",
        [expression],
    )
    if is_phrase(value):
        condition, values = f"({condition} AND has_phrase({field.sql}, ?))", [expression, value]
    sql.add(condition if method == "search" else f"NOT {condition}", *values)
