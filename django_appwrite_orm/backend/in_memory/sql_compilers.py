"""Django's compilers of SQL, with all digits of decimals, and with errors that name the field.

Django looks up the compilers of `MemoryOperations` in this module.
"""

from __future__ import annotations

import copy
from functools import partial
from typing import Any, cast

from django.db import DataError, NotSupportedError, ProgrammingError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Lookup, Transform
from django.db.models.expressions import Col
from django.db.models.sql import Query, compiler

from ..columns import UNPREPARED, UnpreparedValue, unprepared
from .decimals import ExactDecimal, has_all_digits, is_wide_decimal, with_exact_decimals
from .parameters import adapted
from .regular_expressions import refuse_pattern


class SQLCompiler(compiler.SQLCompiler):
    """Django's, but for decimals and errors.

    `is_outermost`: its rows are those of the result, and no others are made of them.
    """

    is_outermost = False
    _makes_groups = False

    def compile(self, node: Any) -> Any:
        if self._makes_groups:
            return self._compiled_group(node)
        if not isinstance(node, Lookup):
            return super().compile(with_exact_decimals(node))
        try:
            return self._compiled_lookup(node)
        except NotImplementedError as error:  # as those of django.contrib.postgres, which are lookups of every field
            field = _field_of(node.lhs)
            name = "" if field is None else f"{field.model._meta.label}.{field.name}: "
            reason = f"{name}the lookup {node.lookup_name!r} is for another database. Use one that every database has."
            raise NotSupportedError(reason) from error

    def _compiled_lookup(self, lookup: Any) -> Any:
        """Return the SQL of a condition. Raises an error that names the field for a value that it cannot compare."""
        field = _field_of(lookup.lhs)
        refuse_pattern(lookup, field)
        if field is None or not lookup.rhs_is_direct_value():
            return super().compile(with_exact_decimals(lookup))
        try:
            sql, parameters = super().compile(with_exact_decimals(lookup))
            for parameter in parameters:
                adapted(parameter)
        except (DataError, ProgrammingError) as error:
            if isinstance(error, UnpreparedValue):
                raise unprepared(field, error) from error
            raise type(error)(f"{field.model._meta.label}.{field.name}: {error}") from None
        except UNPREPARED as error:
            raise unprepared(field, error) from error
        return sql, parameters

    def _compiled_group(self, node: Any) -> Any:
        self._makes_groups = False  # not for the parts of the expression
        try:
            return self.compile(ExactDecimal(node) if is_wide_decimal(node) else node)
        finally:
            self._makes_groups = True

    def get_group_by(self, select: Any, order_by: Any) -> Any:
        self._makes_groups = True
        try:
            return super().get_group_by(select, order_by)
        finally:
            self._makes_groups = False

    def get_select(self, with_col_aliases: bool = False) -> Any:
        selected, *others = super().get_select(with_col_aliases)
        if self.is_outermost and not self.query.combinator:
            selected = [
                (node, self.compile(ExactDecimal(node)) if has_all_digits(node) else sql, alias)
                for node, sql, alias in selected
            ]
        return selected, *others


class SQLAggregateCompiler(SQLCompiler, compiler.SQLAggregateCompiler):
    """Django's, but for the inner query, which it would compile for the outer connection."""

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        query = self.query
        self.query = copy.copy(query)
        self.query.inner_query = inner = copy.copy(query.inner_query)
        inner.get_compiler = partial(  # type: ignore[method-assign]
            _compiler_here, query.inner_query, self.connection
        )
        try:
            return super().as_sql(*args, **kwargs)
        finally:
            self.query = query


def _compiler_here(query: Query, connection: BaseDatabaseWrapper, using: None, **options: Any) -> compiler.SQLCompiler:
    return cast("compiler.SQLCompiler", query.get_compiler(connection=connection, **options))


def _field_of(expression: Any) -> Any:
    """Return the field of the column that an expression is, or is a part of; None for another expression."""
    while isinstance(expression, Transform):
        expression = expression.get_source_expressions()[0]
    return expression.target if isinstance(expression, Col) else None
