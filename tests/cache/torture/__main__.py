"""Torture the cache for long: `python -m tests.cache.torture --minutes N`. Ends with status 1 when a read misled.

Logs and data stay in the folder given, or else in a temporary one that is named.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import django

from tests.support.proxies import Faults
from tests.support.redis_server import PAIRS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.cache.torture", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--workers", type=int, default=3, help="processes, each with three readers and a writer")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--models", action="store_const", const="models", default="tables", help="models, not tables")
    pairs = {" on ".join(pair): pair for pair in PAIRS}
    parser.add_argument("--cache", choices=pairs, default=next(iter(pairs)), help="the server and the client")
    parser.add_argument("--failovers", action="store_true", help="in a Cluster of such servers, whose primary dies")
    without = parser.add_mutually_exclusive_group()
    for safeguard in ("fence", "invalidation"):
        help = f"show that the checker finds what goes wrong without the {safeguard}"
        without.add_argument(f"--without-{safeguard}", dest="without", action="store_const", const=safeguard, help=help)
    parser.add_argument("--late", type=float, metavar="PERCENT", help="no faults but requests that are applied late")
    parser.add_argument("--folder", type=Path, help="where logs and data go")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from tests.cache.torture.checker import appeared, violations
    from tests.cache.torture.run import FAULTS, PATIENCE, run

    folder = options.folder or Path(tempfile.mkdtemp(prefix="torture"))
    print(f"Logs go to {folder}")
    faults = Faults(late=options.late, patience=PATIENCE) if options.late else FAULTS
    report = run(
        options.minutes * 60,
        folder,
        kind=options.models,
        workers=options.workers,
        without=options.without or "",
        pair=pairs[options.cache],
        failovers=options.failovers,
        seed=options.seed,
        faults=faults,
    )
    print(report)
    found = violations(report.events)
    for violation in found[:10]:
        print(violation)
    print(f"{len(found)} reads that miss what they must show, or show what is gone")
    refused = appeared(report.events)
    print(f"{len(refused)} facts shown whose write was refused", *sorted(refused)[:10])
    return 1 if found or refused else 0


if __name__ == "__main__":
    sys.exit(main())
