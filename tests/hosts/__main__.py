"""Part the hosts of a site from each other, and print what readers saw: `python -m tests.hosts`, as root.

Ends with status 1 when a read missed an acknowledged change that it must show, and with 2 where there is no network.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.support.redis_server import PROGRAMS


def main() -> int:
    from tests.hosts.network import NoNetworkError
    from tests.hosts.run import run

    parser = argparse.ArgumentParser(prog="python -m tests.hosts", description=__doc__)
    parser.add_argument("--seconds", type=float, default=6, help="of each partition")
    parser.add_argument("--server", choices=PROGRAMS, default="Redis")
    parser.add_argument("--folder", type=Path, help="where logs and data go")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="hosts"))
    print(f"Logs go to {folder}")
    try:
        report = run(folder, seconds=options.seconds, kind=options.server)
    except NoNetworkError as error:
        print(error)
        return 2
    print(report)
    wrong = sum(seen.missed for seen in report.seen if not seen.phase.may_miss) + sum(report.missed_after.values())
    print(f"{wrong} reads that miss an acknowledged change which they must show")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
