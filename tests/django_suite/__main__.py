"""Run Django's own tests against the database backend, unpatched, from the sdist of the installed Django.

    python -m tests.django_suite                        # all apps of apps.py
    python -m tests.django_suite --part ci              # some 40 of them, for every change
    python -m tests.django_suite basic lookup.tests.LookupTests.test_exists --verbose

Exit status 1 means an unexpected failure, or an app that did not run to its end; 2 that nothing could be run.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .apps import APPS, PART
from .report import AppResult, table, write_json
from .running import end_all, run_app
from .source import SourceError, django_tests

BACKEND = "django_appwrite_orm.backend"


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    try:
        tests = django_tests()
    except SourceError as error:
        print(error, file=sys.stderr)
        return 2
    results = run_all(tests, labels_by_app(options.labels, options.part), options)
    print(f"\n{table(results)}")
    if options.report:
        write_json(results, options.report)
    return 0 if all(result.ok for result in results) else 1


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.django_suite", description="Run Django's own tests.")
    parser.add_argument("labels", nargs="*", help="apps, or tests by their dotted name; without: those of --part")
    parser.add_argument("--part", choices=("all", "ci"), default="all", help="which apps to run (default: all)")
    parser.add_argument("--parallel", type=int, default=os.cpu_count() or 1, help="how many apps at a time")
    parser.add_argument("--limit", type=float, default=1_200, help="seconds for one app (default: 1200)")
    parser.add_argument("--engine", default=BACKEND, help="another database backend, for a comparison")
    parser.add_argument("--report", type=Path, help="a file for the results, as JSON")
    parser.add_argument("--verbose", action="store_true", help="print the traceback of each failure")
    return parser.parse_args(arguments)


def labels_by_app(labels: Sequence[str], part: str) -> dict[str, list[str]]:
    if not labels:
        return {app: [app] for app in APPS if part == "all" or app in PART}
    apps: dict[str, list[str]] = {}
    for label in labels:
        apps.setdefault(label.partition(".")[0], []).append(label)
    return apps


def run_all(tests: Path, apps: dict[str, list[str]], options: argparse.Namespace) -> list[AppResult]:
    def run(app: str) -> AppResult:
        result = run_app(tests, app, apps[app], engine=options.engine, limit=options.limit)
        report_app(result, verbose=options.verbose)
        return result

    with ThreadPoolExecutor(max(1, options.parallel)) as pool:
        try:
            return list(pool.map(run, apps))
        except BaseException:  # Ctrl-C, which the processes of apps do not get, for one
            pool.shutdown(wait=False, cancel_futures=True)
            end_all()
            raise


def report_app(result: AppResult, *, verbose: bool) -> None:
    """Print at once how the app went, so that a run of half an hour can be followed."""
    counts = ", ".join(f"{count} {status}" for status, count in sorted(result.counts.items()))
    lines = [f"{'ok  ' if result.ok else 'FAIL'} {result.app}: {counts}, {result.seconds:.0f} s"]
    for failure in result.failures:
        last = failure["detail"].rstrip().rpartition("\n")[2]
        lines.append(f"  {failure['test']}\n    {failure['detail'] if verbose else last}")
    lines += [f"  {result.problem}"] if result.problem else []
    print("\n".join(lines), flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
