"""What the in-memory strategy uses of Django beyond its documentation.

A Django that lacks something of it fails here, with the name.
"""

from __future__ import annotations

import inspect
import sqlite3
from typing import Any

import pytest
from django.db.backends.sqlite3 import _functions, base, features, operations
from django.db.models import Lookup
from django.db.models.expressions import BaseExpression, Col
from django.db.models.fields.related import ForeignKey
from django.db.models.fields.reverse_related import ForeignObjectRel
from django.db.models.options import Options
from django.db.models.sql import Query, compiler
from django.db.models.sql.datastructures import BaseTable, Join
from django.db.models.sql.where import WhereNode

from tests.backend.shop.models import Maker, Product

USED = [
    (_functions, "register"),
    (base, "FORMAT_QMARK_REGEX"),
    (base.DatabaseWrapper, "operators"),
    (base.DatabaseWrapper, "data_types"),
    (base.DatabaseWrapper, "timezone_name"),
    (features.DatabaseFeatures, "max_query_params"),
    (features.DatabaseFeatures, "supports_json_field"),
    (operations.DatabaseOperations, "adapt_decimalfield_value"),
    (operations.DatabaseOperations, "prep_for_iexact_query"),
    (operations.DatabaseOperations, "compiler_module"),
    (compiler.SQLCompiler, "apply_converters"),
    (compiler.SQLCompiler, "as_sql"),
    (compiler.SQLCompiler, "execute_sql"),
    (compiler.SQLCompiler, "get_converters"),
    (compiler.SQLAggregateCompiler, "as_sql"),
    (Query, "annotation_select"),
    (Query, "get_compiler"),
    (Query, "reset_refcounts"),
    (WhereNode, "contains_aggregate"),
    (WhereNode, "contains_over_clause"),
    (WhereNode, "get_source_expressions"),
    (BaseExpression, "get_source_expressions"),
    (Lookup, "get_source_expressions"),
    (ForeignKey, "get_joining_fields"),
    (ForeignObjectRel, "get_joining_fields"),
    (Options, "concrete_fields"),
    (sqlite3, "PrepareProtocol"),
]


@pytest.mark.parametrize(("owner", "name"), USED, ids=lambda value: getattr(value, "__name__", value))
def test_django_has(owner: Any, name: str) -> None:
    assert hasattr(owner, name)


def test_queries_have_the_attributes_that_the_search_for_sources_reads() -> None:
    query = Product.objects.filter(maker__name="Ada").query
    for name in ("alias_map", "alias_refcount", "base_table", "combinator", "combined_queries", "model", "where"):
        assert hasattr(query, name), name
    table, join = query.alias_map.values()
    assert isinstance(table, BaseTable)
    assert isinstance(join, Join)
    for name in ("join_field", "join_type", "parent_alias", "table_alias", "table_name"):
        assert hasattr(join, name), name
    assert (table.join_type, table.table_name) == (None, "shop_product")
    (lookup,) = query.where.children
    assert isinstance(lookup.lhs, Col)
    assert (lookup.lhs.alias, lookup.lhs.target) == ("shop_maker", Maker._meta.get_field("name"))


def test_the_compiler_executes_through_the_cursor_of_its_connection() -> None:
    source = inspect.getsource(compiler.SQLCompiler.execute_sql)
    for call in ("self.connection.cursor()", "self.connection.chunked_cursor()", "cursor.execute(sql, params)"):
        assert call in source, call
    aggregate = inspect.getsource(compiler.SQLAggregateCompiler.as_sql)
    assert "self.query.inner_query.get_compiler(" in aggregate
