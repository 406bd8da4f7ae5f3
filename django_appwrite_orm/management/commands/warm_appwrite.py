"""`manage.py warm_appwrite`: fill the cache with what tables and functions declare."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...connection import connections
from ...warming import Job, Warmed, jobs, warm


class Command(BaseCommand):
    help = "Reads what tables declare in Meta.warm, and what functions marked by `warms` read, into the cache."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("labels", nargs="*", help="Apps, tables (name, id or label) or functions; else all.")
        parser.add_argument("--database", metavar="ALIAS", help="Only tables of this connection of APPWRITE_ORM.")
        parser.add_argument("--concurrency", type=int, default=1, metavar="N", help="Warm N of them at a time.")
        parser.add_argument("--interval", type=float, metavar="SECONDS", help="Do it again every so many seconds.")
        parser.add_argument("--if-stale", action="store_true", help="Pass over tables whose answers are current.")

    def handle(self, *, labels: list[str], database: str | None, **options: Any) -> None:
        if database is not None and database not in connections.aliases():
            known = ", ".join(connections.aliases())
            raise CommandError(f"APPWRITE_ORM has no connection {database!r}. There are: {known}.")
        if options["concurrency"] < 1 or (options["interval"] is not None and options["interval"] <= 0):
            raise CommandError("--concurrency takes a whole number from 1, --interval a number of seconds above 0.")
        try:
            todo = jobs(database, labels)
        except LookupError as error:
            raise CommandError(str(error)) from None
        if not todo:
            self.stdout.write("No table here declares anything to warm. Set `warm` in its Meta.")
            return
        failed = self._round(todo, concurrency=options["concurrency"], if_stale=options["if_stale"])
        self._warn_of_own_caches(todo)
        while options["interval"] is not None:
            time.sleep(options["interval"])
            failed = self._round(todo, concurrency=options["concurrency"], if_stale=options["if_stale"])
        if failed:
            raise CommandError(f"Not warm: {', '.join(failed)}.")

    def _round(self, todo: list[Job], **how: Any) -> list[str]:
        """Warm everything once; the labels of what failed."""
        failed, rows, started = [], 0, time.perf_counter()
        for done in self._with_bar(warm(todo, **how), len(todo)):
            rows += done.rows
            if done.problem is not None:
                failed.append(done.label)
                self.stderr.write(self.style.ERROR(f"{done.label}: {done.problem}"))
            elif done.skipped:
                self.stdout.write(f"{done.label}: current")
            else:
                self.stdout.write(f"{done.label}: {done.rows} rows in {done.seconds * 1000:.0f} ms")
        if len(todo) > 1:
            self.stdout.write(f"In all: {rows} rows in {time.perf_counter() - started:.1f} s")
        return failed

    def _with_bar(self, work: Iterator[Warmed], total: int) -> Iterable[Warmed]:
        """With a progress bar on a terminal, where tqdm is installed."""
        if not self.stderr.isatty():
            return work
        try:
            from tqdm import tqdm
        except ImportError:
            return work
        bar: Iterable[Warmed] = tqdm(work, total=total, unit="job", leave=False)
        return bar

    def _warn_of_own_caches(self, todo: list[Job]) -> None:
        stores = [connections[job.alias].store for job in todo if job.alias is not None]
        for cache in sorted({store.alias for store in stores if not store.shared}):
            self.stdout.write(
                self.style.WARNING(
                    f"The cache {cache!r} belongs to one process: this command has warmed only itself."
                    " Set WARM_ON_START to warm each server process, or use a shared cache such as Redis."
                )
            )
