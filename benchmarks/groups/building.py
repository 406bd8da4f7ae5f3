"""What a read by a table costs before the cache is asked, and what rows cost once their JSON is there.

Django's own querysets stand beside it: how long the same filter, order and slice take, and the text of their SQL.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from ..cells import Cell, Timed
from ..support.products import attributes, models, site, tables
from . import Goal

TITLE = "Building queries, and making rows of JSON"
TABLE, MODEL = "table", "model on SQLite"
CONTENDERS = {TABLE: "django_appwrite_orm", MODEL: "django"}
BUILD, TEXT, KEY = "filter, order and slice", "with the text of its plan", "cache key of a text"
PARSE, ROWS, USED = "JSON parsed, each row", "rows of it, each row", "with every attribute, each row"
TABLES = {
    "one query": {"built": BUILD, "and its text": TEXT, "key of a text": KEY},
    "each of 1,000 rows": {"JSON parsed": PARSE, "row made of it": ROWS, "with its attributes": USED},
}
BASE: dict[str, tuple[str, str]] = {}
GOALS = [Goal((BUILD, TABLE), at_most=40e-6)]


def prepare(name: str, stack: ExitStack) -> dict[str, Cell]:
    site(stack, in_process=True)
    if name == MODEL:
        build = _builder(models().product.objects)
        return {BUILD: Timed(build), TEXT: Timed(lambda: str(build().query))}
    from django_appwrite_orm.cache.entries import CacheEntry, by_column
    from django_appwrite_orm.connection import connections
    from django_appwrite_orm.plans import ColumnarRows, Response
    from django_appwrite_orm.sansio import run_sync
    from django_appwrite_orm.tables import read_rows

    product = tables().product
    build = _builder(product.objects)

    def plan_text() -> str:
        pager: Any = run_sync(build()._pages())
        return str(pager._plan(25))

    raws = [row.to_appwrite() for row in product.objects.all()]
    page = {"total": len(raws), "rows": raws}
    entry = CacheEntry((), 0, by_column(Response(json.dumps(page), page)).text)
    by_columns = ColumnarRows.of(raws)
    assert by_columns is not None
    plan, key = plan_text(), connections["default"].keys.entry

    def rows() -> list[Any]:
        return read_rows(product, by_columns, "default")

    return {
        BUILD: Timed(build),
        TEXT: Timed(plan_text),
        KEY: Timed(lambda: key(plan)),
        PARSE: Timed(entry.decode, per=len(raws)),
        ROWS: Timed(rows, per=len(raws)),
        USED: Timed(lambda: attributes(rows()), per=len(raws)),
    }


def _builder(products: Any) -> Callable[[], Any]:
    return lambda: products.filter(stock__lt=500, category="books").order_by("-price")[:25]
