"""`manage.py clear_appwrite`: make every cached answer about tables a miss."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...connection import connections, own_caches
from ...exceptions import ConfigurationError
from ...execution import invalidate
from ...registry import registry
from ...sansio import run_sync


class Command(BaseCommand):
    help = "Drops the cached answers of the named tables, or of all. Costs one small key each, whatever is cached."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("tables", nargs="*", help="tables by name; none: all of them")
        parser.add_argument("--database", help="on this connection alone (default: on all)")

    def handle(self, *, tables: list[str], database: str | None, **options: Any) -> None:
        try:
            chosen = [registry.get(name) for name in tables] or registry.all()
            aliases = connections.aliases() if database is None else [database]
            everywhere = [(table, alias) for table in chosen for alias in aliases]
            kept = dict.fromkeys(
                table._meta.name for table, alias in everywhere if not run_sync(invalidate(table._meta, alias))
            )
        except ConfigurationError as error:
            raise CommandError(str(error)) from None
        if kept:
            raise CommandError(
                f"The cache could not be reached: it still has what it had about {', '.join(kept)}."
                " Run this again when it works."
            )
        self.stdout.write(f"Dropped the cached answers of {len(chosen)} tables.")
        if own := own_caches(aliases):
            self.stdout.write(
                self.style.WARNING(
                    f"The cache {own} belongs to one process: this command has cleared only its own, and servers keep"
                    " what they have. Use a shared cache such as Redis."
                )
            )
