"""`manage.py clear_appwrite`: invalidate all cached results of tables."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...connection import connections, own_caches
from ...exceptions import ConfigurationError
from ...plan_execution import invalidate
from ...registry import registry
from ...sansio import run_sync


class Command(BaseCommand):
    help = "Invalidates the cached results of the given tables, or of all tables."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("tables", nargs="*", help="Names of tables (default: all).")
        parser.add_argument("--database", help="Alias in APPWRITE_ORM (default: all).")

    def handle(self, *, tables: list[str], database: str | None, **options: Any) -> None:
        try:
            chosen = [registry.find(name) for name in tables] or registry.every_possible()
            aliases = connections.aliases() if database is None else [database]
            pairs = [(table, alias) for table in chosen for alias in aliases]
            failed = dict.fromkeys(
                table._meta.name for table, alias in pairs if not run_sync(invalidate(table._meta, alias))
            )
        except ConfigurationError as error:
            raise CommandError(str(error)) from None
        if failed:
            raise CommandError(
                f"The cache could not be reached and still has the results of {', '.join(failed)}. Run the command"
                " again when the cache works."
            )
        self.stdout.write(f"Invalidated the cached results of {len(chosen)} tables.")
        if own := own_caches(aliases):
            self.stdout.write(
                self.style.WARNING(
                    f"The cache {own} is local to one process: this command has cleared only its own cache, not those"
                    " of the servers. Use a shared cache such as Redis."
                )
            )
