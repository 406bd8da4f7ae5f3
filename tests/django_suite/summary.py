"""Print what the reports of full runs hold as the Markdown of `docs/internals/django-suite.md`.

    python -m tests.django_suite.summary 5.2.json 6.0.json 6.1.json

A report of some apps takes the place of these apps in an earlier report of the same Django.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from django_appwrite_orm.backend.testing.django_suite import EXPECTED_FAILURES, SKIPPED

from .report import STATUSES, AppResult

_REASONS = {name: reason for lists in (SKIPPED, EXPECTED_FAILURES) for reason, names in lists.items() for name in names}
# A class that inherits a test expects its failure too.
_INHERITED = {name.rpartition(".")[2]: reason for reason, names in EXPECTED_FAILURES.items() for name in names}
_OF_DJANGO = "Django marks them itself: for other databases, or by a feature that a database lacks."

_RESULT = [field.name for field in fields(AppResult)]

Apps = dict[str, dict[str, Any]]


def main(files: Sequence[str]) -> None:
    series: dict[str, Apps] = {}
    for file in files:
        report = json.loads(Path(file).read_text(encoding="utf-8"))
        series.setdefault(report["django"], {}).update({app["app"]: app for app in report["apps"]})
    print("\n".join(summary(series)))


def summary(series: dict[str, Apps]) -> Iterable[str]:
    """Yield the lines of a table of the series, and of one of the reasons with their numbers of tests."""
    columns = ("Apps", "without a failure", "run", "passed", "failed", "on SQLite too", "expected", "skipped", "passed")
    yield f"| Django | {' | '.join(columns)} |"
    yield "| --- |" + " ---: |" * len(columns)
    for version, apps in series.items():
        results = [AppResult(**{name: app[name] for name in _RESULT}) for app in apps.values()]
        counts = sum((result.counts for result in results), Counter())
        run = sum(counts[status] for status in STATUSES if status != "skipped")
        elsewhere = sum(len(result.elsewhere) for result in results)
        green = sum(result.ok for result in results)
        values = (len(apps), green, run, counts["passed"], counts["failed"] - elsewhere, elsewhere)
        expected, skipped = counts["expected failure"], counts["skipped"]
        share = f"{100 * counts['passed'] / run:.2f} %"
        yield f"| {version} | {' | '.join(map(str, values))} | {expected} | {skipped} | {share} |"
    for title, status in (("Expected to fail", "expected failure"), ("Skipped", "skipped")):
        reasons = {version: _reasons(apps.values(), status) for version, apps in series.items()}
        yield ""
        yield f"| {title} | {' | '.join(series)} |"
        yield "| --- |" + " ---: |" * len(series)
        total: Counter[str] = sum(reasons.values(), Counter())
        for reason, _ in total.most_common():
            yield f"| {reason} | {' | '.join(str(reasons[version][reason]) for version in series)} |"


def _reasons(apps: Iterable[dict[str, Any]], status: str) -> Counter[str]:
    return Counter(_reason(test) for app in apps for test in app["tests"] if test["status"] == status)


def _reason(test: dict[str, str]) -> str:
    name = test["test"]
    reason = _REASONS.get(name) or _REASONS.get(name.rpartition(".")[0])
    if reason is None and test["status"] == "expected failure":
        reason = _INHERITED.get(name.rpartition(".")[2])
    return reason or _OF_DJANGO


if __name__ == "__main__":
    main(sys.argv[1:])
