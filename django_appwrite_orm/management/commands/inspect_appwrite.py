"""`manage.py inspect_appwrite`: print table classes for an existing database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...conf import DEFAULT_ALIAS
from ...connection import connections
from ...exceptions import AppwriteORMError
from ...interchange.appwrite_config import tables_of
from ...interchange.codegen import source
from ...querysets import Table
from ...sansio import run_sync
from ...schema import read_tables
from ...schema.printable import printable
from ...schema.state import TableState


class Command(BaseCommand):
    help = "Prints table classes for the tables of a database, or of the Appwrite CLI's appwrite.config.json."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("tables", nargs="*", help="Ids of tables (default: all).")
        parser.add_argument("--database", default=DEFAULT_ALIAS, help="Alias in APPWRITE_ORM (default: %(default)s).")
        parser.add_argument("--config", help="Read this appwrite.config.json instead of the server.")

    def handle(self, *args: Any, tables: list[str], database: str, config: str | None, **options: Any) -> None:
        try:
            existing = self._read(database, config)
            unknown = sorted({id.lower() for id in tables} - existing.keys())
            if unknown:
                raise CommandError(f"There is no table {unknown[0]!r}. Tables: {', '.join(existing) or 'none'}.")
            chosen = [existing[id.lower()] for id in tables] or list(existing.values())
            self.stdout.write(source(chosen, Table, database), ending="")
        except (AppwriteORMError, OSError, UnicodeDecodeError) as error:
            raise CommandError(printable(str(error))) from error

    def _read(self, database: str, config: str | None) -> dict[str, TableState]:
        connection = connections[database]
        if config is None:
            existing = run_sync(read_tables(connection))
            if existing is None:
                raise CommandError(f"There is no database {connection.settings.database_id!r}.")
            return existing
        tables = tables_of(Path(config).read_text(encoding="utf-8-sig"), connection.settings.database_id)
        return {table.id.lower(): table for table in tables}
