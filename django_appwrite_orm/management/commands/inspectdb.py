"""`manage.py inspectdb`, with the ids of Appwrite's rows as primary keys. Other databases are as Django has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.management.commands.inspectdb import Command as InspectDB
from django.db import connections

_IMPORT = "from django_appwrite_orm.models import IDField"


class Command(InspectDB):
    def handle_inspection(self, options: Any) -> Iterator[str]:
        connection = connections[options["database"]]
        if connection.vendor != "appwrite":
            yield from super().handle_inspection(options)
            return
        lines = [
            line.replace(" = django_appwrite_orm.models.IDField(", " = IDField(")
            for line in super().handle_inspection(options)
        ]
        uses_ids = any(" = IDField(" in line for line in lines)
        for line in lines:
            yield line
            if uses_ids and line == f"from {self.db_module} import models":
                yield ""
                yield _IMPORT
        introspection: Any = connection.introspection
        with connection.cursor() as cursor:
            tables = sorted(introspection.table_names(cursor))
        requested = options["table"] or tables
        left_out = {table: introspection.get_columns_left_out(table) for table in tables if table in requested}
        if any(left_out.values()):
            yield ""
            yield ""
            yield "# No field of a model holds these columns. A Table does, as inspect_appwrite writes it:"
            for table, columns in left_out.items():
                yield from (f"#   {table}.{column}" for column in columns)
