"""`manage.py migrate_appwrite`: make Appwrite's tables match the declared ones."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...conf import DEFAULT_ALIAS
from ...exceptions import AppwriteORMError
from ...registry import registry
from ...schema import migrate
from ...steps import run
from ...tables import Row


class Command(BaseCommand):
    help = "Creates what Appwrite lacks of the declared tables: database, tables, columns, indexes, permissions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("labels", nargs="*", help="App labels or tables (name or app.Table); all when left out.")
        parser.add_argument("--database", default=DEFAULT_ALIAS, help="Alias in APPWRITE_ORM (default: %(default)s).")

    def handle(self, *args: Any, labels: list[str], database: str, verbosity: int, **options: Any) -> None:
        def report(line: str) -> None:
            if verbosity:
                self.stdout.write(line)

        try:
            changes = run(migrate(self._tables(labels, database), database, report))
        except AppwriteORMError as error:
            raise CommandError(str(error)) from error
        if not changes:
            report("Nothing to do.")

    def _tables(self, labels: list[str], database: str) -> list[type[Row]]:
        """The tables the labels name, in order of registration; those of another connection are left out."""
        if not labels:
            tables = registry.all()
        else:
            named = {table for label in labels for table in registry.of_app(label) or [registry.get(label)]}
            tables = [table for table in registry.all() if table in named]
        return [table for table in tables if (table._meta.using or DEFAULT_ALIAS) == database]
