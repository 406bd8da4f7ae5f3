"""`manage.py dump_appwrite`: write all rows of the declared tables to a file."""

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
from ..progress import ProgressLine


class Command(BaseCommand):
    help = "Writes all rows of the declared tables as JSON Lines, with ids, times and permissions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("labels", nargs="*", help="App labels or tables (name or app.Table; default: all).")
        parser.add_argument("--database", default=DEFAULT_ALIAS, help="Alias in APPWRITE_ORM (default: %(default)s).")
        parser.add_argument(
            "--output",
            "-o",
            help=("File to write (default: stdout). It replaces an existing file when the dump is complete."),
        )
        parser.add_argument(
            "--format",
            choices=["jsonl", "object"],
            default="jsonl",
            help="One row per line (jsonl, the default), or one object with a list of rows per table (object).",
        )

    def handle(self, *args: Any, labels: list[str], database: str, output: str | None, **options: Any) -> None:
        form: Form = options["format"]
        try:
            if output is None:
                self._dump(labels, database, lambda text: self.stdout.write(text, ending=""), form, to_stdout=True)
                return
            part = Path(f"{output}.{secrets.token_hex(8)}.part")
            try:
                # "x": a new file with a random name, never one that another user has linked to somewhere else.
                with part.open("x", encoding="utf-8") as file:
                    self._dump(labels, database, file.write, form)
                    file.flush()
                    os.fsync(file.fileno())
                part.replace(output)
            finally:
                part.unlink(missing_ok=True)
        except (AppwriteORMError, OSError) as error:
            raise CommandError(printable(str(error))) from error

    def _dump(self, labels: list[str], database: str, write: Write, form: Form, *, to_stdout: bool = False) -> None:
        tables = tables_named(labels, database)
        with ProgressLine(self.stderr, enabled=not (to_stdout and self.stdout.isatty())) as progress:
            counts = run_sync(
                dump(
                    connections[database],
                    tables,
                    write,
                    form,
                    lambda table, count: progress.update(f"{table}: {count} rows"),
                )
            )
        for table, count in counts.items():
            self.stderr.write(f"{table}: {count} rows", self.style.NOTICE)
