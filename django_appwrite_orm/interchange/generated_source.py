"""Check generated Python source: it contains only declarations of tables, and comments of one line."""

from __future__ import annotations

import ast
from typing import Final

from ..exceptions import SchemaError, one_line
from ..tables import columns

INDEXES: Final = frozenset({"Index", "UniqueIndex", "FulltextIndex", "SpatialIndex"})
# What a generated module may import, all from the package itself.
IMPORTED: Final = INDEXES | {"Table", "columns"}
_META: Final = frozenset({"name", "id", "using", "indexes", "permissions", "row_security", "enabled"})


def comment(text: str) -> str:
    """Return `text` as a comment of one line, whatever characters it contains."""
    return f"# {one_line(text)}"


def checked(source: str) -> str:
    """Return the source if it is an import of this package's names and table classes with literals, and nothing else.

    Raises `SchemaError` otherwise, which is a bug of the generator.
    """
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise SchemaError(
            f"The generated classes are not Python ({one_line(str(error))}). Please report it."
        ) from error
    for position, statement in enumerate(module.body):
        allowed = _is_import(statement) if position == 0 else _is_table(statement)
        if not allowed:
            raise SchemaError(
                f"Line {statement.lineno} of the generated classes is not a declaration, so nothing is printed. Please"
                " report it."
            )
    return source


def _is_import(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.ImportFrom)
        and (statement.module, statement.level) == ("django_appwrite_orm", 0)
        and all(alias.asname is None and alias.name in IMPORTED for alias in statement.names)
    )


def _is_table(statement: ast.stmt) -> bool:
    if not (isinstance(statement, ast.ClassDef) and _is_bare(statement)):
        return False
    (*declared, meta), bases = statement.body, statement.bases
    return (
        len(bases) == 1
        and _is_name(bases[0], {"Table"})
        and statement.name not in IMPORTED
        and all(map(_is_column, declared))
        and isinstance(meta, ast.ClassDef)
        and _is_bare(meta)
        and (meta.name, meta.bases) == ("Meta", [])
        and all(map(_is_option, meta.body))
    )


def _is_bare(statement: ast.ClassDef) -> bool:
    """Whether a class has no decorators, arguments or type parameters."""
    return not (statement.decorator_list or statement.keywords or getattr(statement, "type_params", []))


def _is_column(statement: ast.stmt) -> bool:
    """Whether it is `name = columns.Kind(literals)`."""
    if not (isinstance(statement, ast.Assign) and _is_one_name(statement) and isinstance(statement.value, ast.Call)):
        return False
    function = statement.value.func
    return (
        isinstance(function, ast.Attribute)
        and _is_name(function.value, {"columns"})
        and function.attr in columns.__all__
        and _has_literals(statement.value)
    )


def _is_option(statement: ast.stmt) -> bool:
    if not (isinstance(statement, ast.Assign) and _is_one_name(statement) and _is_name(statement.targets[0], _META)):
        return False
    value = statement.value
    return _is_literal(value) or (isinstance(value, ast.List) and all(map(_is_index, value.elts)))


def _is_index(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and _is_name(value.func, INDEXES) and _has_literals(value)


def _is_one_name(statement: ast.Assign) -> bool:
    (target, *more) = statement.targets
    return not more and isinstance(target, ast.Name) and target.id.isascii() and target.id not in IMPORTED


def _is_name(value: ast.expr, names: frozenset[str] | set[str]) -> bool:
    return isinstance(value, ast.Name) and value.id in names


def _has_literals(call: ast.Call) -> bool:
    named = all(keyword.arg is not None and _is_literal(keyword.value) for keyword in call.keywords)
    return named and all(map(_is_literal, call.args))


def _is_literal(value: ast.expr) -> bool:
    if isinstance(value, ast.UnaryOp):
        return isinstance(value.op, ast.USub) and isinstance(value.operand, ast.Constant)
    if isinstance(value, ast.List):
        return all(map(_is_literal, value.elts))
    return isinstance(value, ast.Constant) and isinstance(value.value, (str, int, float, bool, type(None)))
