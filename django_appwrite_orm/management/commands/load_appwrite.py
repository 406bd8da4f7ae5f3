"""`manage.py load_appwrite`: write the rows of a file into the declared tables."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, TextIO, TypedDict

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...conf import DEFAULT_ALIAS
from ...connection import connections
from ...exceptions import AppwriteORMError
from ...interchange import Summary, load
from ...sansio import run_sync
from ...schema import tables_named
from ...schema.printable import printable
from ...tables import Row
from ..progress import ProgressLine


class _Read(TypedDict):
    encoding: str
    errors: str


# "-sig" accepts the byte order mark of some editors; a byte that is not UTF-8 makes only its row invalid.
_READ: _Read = {"encoding": "utf-8-sig", "errors": "surrogateescape"}


class Command(BaseCommand):
    help = (
        "Writes the rows of a file that dump_appwrite (or exportToJSON of the TypeScript appwrite-orm) has written."
        " Existing rows are not changed, so loading the file again continues an interrupted load."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="The file, or - for stdin.")
        parser.add_argument("labels", nargs="*", help="App labels or tables (name or app.Table; default: all).")
        parser.add_argument("--database", default=DEFAULT_ALIAS, help="Alias in APPWRITE_ORM (default: %(default)s).")
        parser.add_argument(
            "--overwrite", action="store_true", help=("Update existing rows with the values in the file.")
        )

    def handle(self, *args: Any, file: str, labels: list[str], database: str, overwrite: bool, **options: Any) -> None:
        summary = Summary()
        try:
            tables: dict[str, type[Row]] = {}
            for table in tables_named(labels, database):
                tables |= {table._meta.name: table, table._meta.id: table}
            if file == "-":
                if isinstance(sys.stdin, TextIOWrapper):
                    sys.stdin.reconfigure(**_READ)
                with TemporaryFile("w+", **_READ) as copied:  # it may have to be read twice
                    shutil.copyfileobj(sys.stdin, copied)
                    copied.seek(0)
                    self._load(copied, tables, database, overwrite, summary)
            else:
                with Path(file).open(**_READ) as opened:
                    self._load(opened, tables, database, overwrite, summary)
        except (AppwriteORMError, OSError) as error:
            raise CommandError(printable(f"{error}{_written_rows(summary, error)}")) from error
        except KeyboardInterrupt as error:
            raise CommandError(f"Interrupted.{_written_rows(summary, error)}", returncode=130) from error
        self.stdout.write(
            f"{summary.total} rows: {summary.created} created, {summary.overwritten} overwritten,"
            f" {summary.present} unchanged, {summary.refused} refused."
        )
        for problem in summary.problems:
            self.stderr.write(self.style.WARNING(problem))
        if summary.refused:
            raise CommandError(f"{summary.refused} rows were refused.")
        if summary.unlinked:
            raise CommandError(f"The links of {summary.unlinked} rows were refused.")

    def _load(
        self, file: TextIO, tables: Mapping[str, type[Row]], database: str, overwrite: bool, summary: Summary
    ) -> None:
        with ProgressLine(self.stderr) as progress:

            def refuse(line: str) -> None:
                progress.clear()
                self.stderr.write(line)

            operation = load(
                connections[database],
                file,
                tables,
                overwrite=overwrite,
                refuse=refuse,
                progress=lambda summary: progress.update(f"{summary.total} rows"),
                summary=summary,
            )
            run_sync(operation)


def _written_rows(summary: Summary, error: BaseException) -> str:
    """Return a sentence on the rows that an interrupted load has written; empty when it has written none."""
    written = summary.created + summary.overwritten
    if written:
        rows = "1 row was written and stays" if written == 1 else f"{written} rows were written and stay"
    elif isinstance(error, KeyboardInterrupt) or getattr(error, "unclear", False):
        rows = "Rows of the last request may have been written and stay"
    else:
        return ""
    return f" {rows}; load the file again to continue."
