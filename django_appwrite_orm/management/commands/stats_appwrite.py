"""`manage.py stats_appwrite`: the cache statistics of each table, over all processes that share the cache."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...connection import connections
from ...events.heartbeat import last_reports
from ...exceptions import CacheUnavailable, ConfigurationError
from ...facade.orm import orm
from ...sansio import run_sync

# The columns, with the unit of those that are not counts.
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
    help = (
        "Shows for each table, also those of models: reads, hits, misses, invalidations and errors. Also the hit rate "
        "in percent, the bytes of JSON read from the cache, and the seconds that hits saved."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("table", nargs="?", help="Show only this table, by name, id or label.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object instead of a table.")
        parser.add_argument("--watch", type=float, metavar="SECONDS", help="Repeat after this many seconds.")
        parser.add_argument("--reset", action="store_true", help="Set the counters to zero.")

    def handle(self, *, table: str | None, watch: float | None, reset: bool, **options: Any) -> None:
        if watch is not None and watch <= 0:
            raise CommandError("--watch takes a number of seconds above 0.")
        try:
            self._run(table, watch, reset, as_json=options["json"])
        except ConfigurationError as error:
            raise CommandError(str(error)) from None
        except CacheUnavailable as error:
            raise CommandError(
                f"{error} The statistics are stored in it; run the command again when it works."
            ) from None
        except KeyboardInterrupt:
            return

    def _run(self, table: str | None, watch: float | None, reset: bool, *, as_json: bool) -> None:
        if reset:
            orm.reset_stats(table)
            self.stdout.write("The counters are set to zero.")
            return
        if any(not connections[alias].store.shared for alias in connections.aliases()):
            self.stderr.write(
                "A cache is not shared between processes, so only the counters of this process are shown."
            )
        while True:
            self._show(table, as_json=as_json)
            if watch is None:
                return
            time.sleep(watch)

    def _show(self, table: str | None, *, as_json: bool) -> None:
        chosen = orm.stats(table)
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
            for name, report in run_sync(last_reports(alias)).items():
                self.stdout.write(f"{name} of {alias!r}: {report.state}, {report.age:.0f} s ago")
