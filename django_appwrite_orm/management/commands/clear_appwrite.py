"""`manage.py clear_appwrite`: make every cached answer about tables a miss."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from django_appwrite_orm.exceptions import ConfigurationError
from django_appwrite_orm.queries import orm
from django_appwrite_orm.registry import registry


class Command(BaseCommand):
    help = "Drops the cached answers of the named tables, or of all. Costs one small key each, whatever is cached."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("tables", nargs="*", help="tables by name; none: all of them")
        parser.add_argument("--database", help="the connection's alias, where it is not the table's own")

    def handle(self, *, tables: list[str], database: str | None, **options: Any) -> None:
        try:
            chosen = [orm.table(name, using=database) for name in tables or [t._meta.name for t in registry.all()]]
        except ConfigurationError as error:
            raise CommandError(str(error)) from None
        for table in chosen:
            table.set_updated(False)
        self.stdout.write(f"Dropped the cached answers of {len(chosen)} tables.")
