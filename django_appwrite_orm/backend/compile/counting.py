"""Count the rows of a queryset no further than is needed."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections as databases
from django.db import models

from .reader import Reader
from .selection import rows_to_count
from .untranslatable import Untranslatable


def count_up_to(queryset: models.QuerySet[Any], most: int) -> int:
    """Return how many rows there are, or `most` where there are as many or more.

    A query that Appwrite answers by itself takes one request for every 5,000 rows up to `most`. Any other, and one of
    another database, is counted to its end, as `count()` does.
    """
    connection: Any = databases[queryset.db]
    if connection.vendor != "appwrite" or queryset.query.is_sliced:
        return queryset.count()
    compiler = queryset.query.clone().get_compiler(connection=connection)
    try:
        reader = Reader(connection, rows_to_count(compiler))
    except EmptyResultSet:
        return 0
    except Untranslatable:
        return queryset.count()
    return min(reader.count(most), most)
