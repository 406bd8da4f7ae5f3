"""`manage.py warm_appwrite`: fill the cache with what the tables declare."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...connection import connections
from ...queries import Table
from ...queries.operations import alias_of
from ...web.warming import is_per_process, tables_to_warm, warm


class Command(BaseCommand):
    help = "Reads what tables declare in Meta.warm, so that the cache holds it before anybody asks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("labels", nargs="*", help="Apps or tables (name, id or label); all when left out.")
        parser.add_argument("--database", metavar="ALIAS", help="Only tables of this connection of APPWRITE_ORM.")

    def handle(self, *, labels: list[str], database: str | None, **options: Any) -> None:
        if database is not None and database not in connections.aliases():
            known = ", ".join(connections.aliases())
            raise CommandError(f"APPWRITE_ORM has no connection {database!r}. There are: {known}.")
        tables = _chosen(tables_to_warm(database), labels)
        if not tables:
            self.stdout.write("No table here declares anything to warm. Set `warm` in its Meta.")
            return
        failed = []
        for done in warm(tables):
            if done.problem is None:
                self.stdout.write(f"{done.table}: {done.rows} rows in {done.seconds * 1000:.0f} ms")
            else:
                failed.append(done.table)
                self.stderr.write(self.style.ERROR(f"{done.table}: {done.problem}"))
        for cache in sorted({connections[alias_of(table)].settings.cache_alias for table in tables}):
            if is_per_process(cache):
                self.stdout.write(
                    self.style.WARNING(
                        f"The cache {cache!r} belongs to one process: this command has warmed only itself."
                        " Set WARM_ON_START to warm each server process, or use a shared cache such as Redis."
                    )
                )
        if failed:
            raise CommandError(f"Not warm: {', '.join(failed)}.")


def _chosen(tables: list[type[Table]], labels: list[str]) -> list[type[Table]]:
    """The tables that `labels` name, in their own order. Raises CommandError for a label that names none."""
    if not labels:
        return tables
    chosen = set()
    for label in labels:
        options = [(table, table._meta) for table in tables]
        named = [t for t, meta in options if label in (meta.app_label, meta.name, meta.id, meta.label)]
        if not named:
            raise CommandError(f"{label!r} is no app and no table that declares anything to warm.")
        chosen.update(named)
    return [table for table in tables if table in chosen]
