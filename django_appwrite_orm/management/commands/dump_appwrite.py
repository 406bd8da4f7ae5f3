"""`manage.py dump_appwrite`: all rows of the declared tables into a file."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...conf import DEFAULT_ALIAS
from ...connection import connections
from ...exceptions import AppwriteORMError
from ...interchange import dump
from ...interchange.dump import Form, Write
from ...sansio import run_sync
from ...schema import tables_named
from ...schema.printable import printable


class Command(BaseCommand):
    help = "Writes all rows of the declared tables as JSON Lines, with ids, times and permissions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("labels", nargs="*", help="App labels or tables (name or app.Table); all when left out.")
        parser.add_argument("--database", default=DEFAULT_ALIAS, help="Alias in APPWRITE_ORM (default: %(default)s).")
        parser.add_argument("--output", "-o", help="File to write; it only appears when it is whole. Default: stdout.")
        parser.add_argument(
            "--format",
            choices=["jsonl", "object"],
            default="jsonl",
            help="jsonl: a row a line (default). object: one object with a list of rows for each table.",
        )

    def handle(self, *args: Any, labels: list[str], database: str, output: str | None, **options: Any) -> None:
        form: Form = options["format"]
        try:
            if output is None:
                self._dump(labels, database, lambda text: self.stdout.write(text, ending=""), form)
                return
            part = Path(f"{output}.{secrets.token_hex(8)}.part")
            try:
                # "x": a new file under a name that nobody could know, not one that somebody has linked elsewhere.
                with part.open("x", encoding="utf-8") as file:
                    self._dump(labels, database, file.write, form)
                    file.flush()
                    os.fsync(file.fileno())
                part.replace(output)
            finally:
                part.unlink(missing_ok=True)
        except (AppwriteORMError, OSError) as error:
            raise CommandError(printable(str(error))) from error

    def _dump(self, labels: list[str], database: str, write: Write, form: Form) -> None:
        tables = tables_named(labels, database)

        def progress(table: str, count: int) -> None:
            if self.stderr.isatty():
                self.stderr.write(f"\r{table}: {count} rows", ending="")

        counts = run_sync(dump(connections[database], tables, write, form, progress))
        if self.stderr.isatty():
            self.stderr.write("")
        for table, count in counts.items():
            self.stderr.write(f"{table}: {count} rows", self.style.NOTICE)
