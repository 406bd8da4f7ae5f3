"""`manage.py export_appwrite`: print the declared tables in other formats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...conf import DEFAULT_ALIAS
from ...conf.load import connection_settings
from ...exceptions import AppwriteORMError
from ...interchange.appwrite_config import config_of
from ...interchange.exporters import firebase, sql, text
from ...schema import declared_table, tables_named
from ...schema.printable import json_text, printable
from ...schema.state import TableState

_FORMATS = {"sql": sql, "firebase": firebase, "text": text}


class Command(BaseCommand):
    help = (
        "Prints the declared tables as SQL for SQLite and PostgreSQL, as rules for Firebase's Realtime Database, as "
        "text, or as JSON. The JSON is the appwrite.config.json of Appwrite's own CLI."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("labels", nargs="*", help="App labels or tables (name or app.Table; default: all).")
        parser.add_argument("--database", default=DEFAULT_ALIAS, help="Alias in APPWRITE_ORM (default: %(default)s).")
        parser.add_argument("--format", choices=[*_FORMATS, "json"], required=True, help="What to print.")

    def handle(self, *args: Any, labels: list[str], database: str, format: str, **options: Any) -> None:
        try:
            tables = [declared_table(table).state for table in tables_named(labels, database)]
            output = _FORMATS[format](tables) if format in _FORMATS else self._config(tables, database)
        except AppwriteORMError as error:
            raise CommandError(printable(str(error))) from error
        self.stdout.write(output)

    def _config(self, tables: Sequence[TableState], database: str) -> str:
        settings = connection_settings(database)
        config = config_of(tables, settings.database_id, settings.project_id, settings.endpoint)
        return json_text(config, indent=2)
