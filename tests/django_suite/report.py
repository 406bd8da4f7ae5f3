"""What came of each app: counts, the table, and the JSON report."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import django

STATUSES = ("passed", "failed", "skipped", "expected failure")


@dataclass
class AppResult:
    """`problem` says why the app did not run to its end; empty when it did. `elsewhere` are failed tests that fail on
    SQLite as well: this machine is their reason, not the backend."""

    app: str
    tests: list[dict[str, str]]
    seconds: float
    problem: str = ""
    elsewhere: list[str] = field(default_factory=list)

    @property
    def counts(self) -> Counter[str]:
        return Counter(test["status"] for test in self.tests)

    @property
    def failures(self) -> list[dict[str, str]]:
        return [test for test in self.tests if test["status"] == "failed" and test["test"] not in self.elsewhere]

    @property
    def ok(self) -> bool:
        return not self.failures and not self.problem


def read_tests(file: Path) -> list[dict[str, str]]:
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def table(results: Iterable[AppResult]) -> str:
    """One line an app, and the sums. `run` counts what was not skipped."""
    lines = [_line("app", "run", "passed", "failed", "skipped", "expected", "SQLite too", "seconds")]
    sums: Counter[str] = Counter()
    results = list(results)
    for result in results:
        counts = result.counts
        counts["run"] = sum(counts[status] for status in STATUSES if status != "skipped")
        counts["failed"] -= len(result.elsewhere)
        counts["elsewhere"] = len(result.elsewhere)
        sums += counts
        lines.append(_counted(result.app, counts, result.seconds) + (f"  {result.problem}" if result.problem else ""))
    lines.append(_counted(f"{len(results)} apps", sums, sum(result.seconds for result in results)))
    share = 100 * sums["passed"] / sums["run"] if sums["run"] else 0
    green = sum(result.ok for result in results)
    lines.append(
        f"Django {django.__version__}: {green} of {len(results)} apps without an unexpected failure,"
        f" {share:.2f} % passed"
    )
    return "\n".join(lines)


def _counted(name: str, counts: Counter[str], seconds: float) -> str:
    columns = ("run", "passed", "failed", "skipped", "expected failure", "elsewhere")
    return _line(name, *(str(counts[column]) for column in columns), f"{seconds:.0f}")


def _line(name: str, *columns: str) -> str:
    return f"{name:<32}" + "".join(f"{column:>11}" for column in columns)


def write_json(results: Iterable[AppResult], file: Path) -> None:
    report: dict[str, Any] = {
        "django": django.__version__,
        "apps": [{**asdict(result), "counts": dict(result.counts)} for result in results],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(report, indent=1), encoding="utf-8")
