"""`manage.py warm_appwrite`: read into the cache what tables and functions declare."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...connection import connections
from ...warming import Job, jobs, warm
from ..progress import ProgressLine


class Command(BaseCommand):
    help = "Fills the cache with what tables and models declare as `warm` and what functions marked by `warms` read."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("labels", nargs="*", help="Apps, tables (name, id or label) or functions (default: all).")
        parser.add_argument("--database", metavar="ALIAS", help="Only tables of this connection of APPWRITE_ORM.")
        parser.add_argument(
            "--concurrency", type=int, default=1, metavar="N", help="Warm N at a time (default: %(default)s)."
        )
        parser.add_argument("--interval", type=float, metavar="SECONDS", help="Repeat after this many seconds.")
        parser.add_argument("--if-stale", action="store_true", help="Skip tables whose cached results are current.")

    def handle(self, *, labels: list[str], database: str | None, **options: Any) -> None:
        if database is not None and database not in connections.aliases():
            aliases = ", ".join(connections.aliases())
            raise CommandError(f"APPWRITE_ORM has no connection {database!r}. It has: {aliases}.")
        if options["concurrency"] < 1 or (options["interval"] is not None and options["interval"] <= 0):
            raise CommandError(
                "--concurrency must be a whole number of at least 1, and --interval a number of seconds above 0."
            )
        try:
            todo = jobs(database, labels)
        except LookupError as error:
            raise CommandError(str(error)) from None
        if not todo:
            self.stdout.write(
                "No table declares anything to warm. Set `warm` in the Meta of a table, or in a model's class Appwrite."
            )
            return
        failed = self._warm(todo, concurrency=options["concurrency"], if_stale=options["if_stale"])
        self._warn_of_own_caches(todo)
        while options["interval"] is not None:
            time.sleep(options["interval"])
            failed = self._warm(todo, concurrency=options["concurrency"], if_stale=options["if_stale"])
        if failed:
            raise CommandError(f"Not warm: {', '.join(failed)}.")

    def _warm(self, todo: list[Job], *, concurrency: int, if_stale: bool) -> list[str]:
        """Run every job once; return the labels of those that failed."""
        failed, rows, started = [], 0, time.perf_counter()
        with ProgressLine(self.stderr) as progress:
            progress.update(f"0 of {len(todo)}")
            for count, result in enumerate(warm(todo, concurrency=concurrency, if_stale=if_stale), 1):
                rows += result.rows
                progress.clear()
                if result.problem is not None:
                    failed.append(result.label)
                    self.stderr.write(self.style.ERROR(f"{result.label}: {result.problem}"))
                elif result.skipped:
                    self.stdout.write(f"{result.label}: current")
                else:
                    self.stdout.write(f"{result.label}: {result.rows} rows in {result.seconds * 1000:.0f} ms")
                progress.update(f"{count} of {len(todo)}")
        if len(todo) > 1:
            self.stdout.write(f"Total: {rows} rows in {time.perf_counter() - started:.1f} s")
        return failed

    def _warn_of_own_caches(self, todo: list[Job]) -> None:
        stores = [connections[job.alias].store for job in todo if job.alias is not None]
        for cache in sorted({store.alias for store in stores if not store.shared}):
            self.stdout.write(
                self.style.WARNING(
                    f"The cache {cache!r} is local to one process: this command has warmed only its own cache. Set"
                    " WARM_ON_START to warm each server process, or use a shared cache such as Redis."
                )
            )
