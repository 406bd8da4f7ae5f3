"""`manage.py stats_appwrite`: what the cache does for each table, over all processes that share it."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...connection import connections
from ...events.heartbeat import last_reports
from ...exceptions import CacheUnavailable
from ...facade.orm import orm
from ...registry import registry
from ...sansio import run_sync

# What is counted, and its unit where it is not a number of times.
_COLUMNS = {
    "reads": "",
    "hits": "",
    "stale": "",
    "misses": "",
    "bypasses": "",
    "hit_rate": "%",
    "invalidations": "",
    "errors": "",
    "bytes": "",
    "saved": "s",
}


class Command(BaseCommand):
    help = "Shows reads, hits, misses, invalidations and errors, the hit rate in percent, the bytes of JSON that came"
    help += " from the cache, and the seconds that hits saved, by table."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("table", nargs="?", help="only this table, by name")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
        parser.add_argument("--watch", type=float, metavar="SECONDS", help="print again every so many seconds")
        parser.add_argument("--reset", action="store_true", help="count from nothing again")

    def handle(self, *, table: str | None, watch: float | None, reset: bool, **options: Any) -> None:
        if watch is not None and watch <= 0:
            raise CommandError("--watch takes a number of seconds above 0.")
        known = sorted(found._meta.name for found in registry.all())
        if table is not None and table not in known:
            raise CommandError(f"There is no table {table!r}. Registered: {', '.join(known) or 'none'}.")
        try:
            self._carry_out(table, watch, reset, as_json=options["json"])
        except CacheUnavailable as error:
            raise CommandError(f"{error} The statistics are kept there; try again when it works.") from None
        except KeyboardInterrupt:
            return

    def _carry_out(self, table: str | None, watch: float | None, reset: bool, *, as_json: bool) -> None:
        if reset:
            orm.reset_stats(table)
            self.stdout.write("The counters start from nothing.")
            return
        if any(not connections[alias].store.shared for alias in connections.aliases()):
            self.stderr.write("A cache is not shared between processes: only this process's counters can be shown.")
        while True:
            self._show(table, as_json=as_json)
            if watch is None:
                return
            time.sleep(watch)

    def _show(self, table: str | None, *, as_json: bool) -> None:
        chosen = {name: counts for name, counts in orm.stats().items() if table in (None, name)}
        if as_json:
            self.stdout.write(json.dumps(chosen))
            return
        width = max(map(len, ["table", *chosen]))
        self.stdout.write("  ".join(["table".ljust(width), *(name.rjust(max(len(name), 8)) for name in _COLUMNS)]))
        for name, counts in chosen.items():
            cells = (
                f"{counts[column]} {unit}".rstrip().rjust(max(len(column), 8)) for column, unit in _COLUMNS.items()
            )
            self.stdout.write("  ".join([name.ljust(width), *cells]))
        for alias in connections.aliases():
            for name, heard in run_sync(last_reports(alias)).items():
                self.stdout.write(f"{name} of {alias!r}: {heard.state}, {heard.age:.0f} s ago")
