"""The tables of `docs/internals/django-suite.md`, from reports of two runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.django_suite import summary
from tests.django_suite.report import AppResult

SQL = "Appwrite has no SQL: it is refused in cursors, raw(), RunSQL and schema editors."
MILLISECONDS = "Appwrite keeps points in time to the millisecond."


def report(file: Path, *results: AppResult) -> str:
    apps = [{**vars(result), "counts": dict(result.counts)} for result in results]
    file.write_text(json.dumps({"django": "6.1.9", "apps": apps}))
    return str(file)


def result(app: str, elsewhere: tuple[str, ...] = (), **statuses: str) -> AppResult:
    tests = [{"test": name.replace("__", "."), "status": status, "detail": ""} for name, status in statuses.items()]
    return AppResult(app, tests, 1.0, elsewhere=list(elsewhere))


def test_a_later_report_replaces_apps_and_reasons_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    times = "timezones.tests.NewDatabaseTests"
    first = report(
        tmp_path / "first.json",
        result("basic", basic__tests__A__test_a="failed"),
        result("timezones", **{
            f"{times}.test_raw_sql": "skipped",
            f"{times}.test_naive_datetime_with_microsecond": "expected failure",
            "timezones.tests.Derived.test_naive_datetime_with_microsecond": "expected failure",
            "timezones.tests.B.test_b": "skipped",
        }),
        result("i18n", ("i18n.C.test_c",), i18n__C__test_c="failed", i18n__C__test_d="passed"),
    )  # fmt: skip
    second = report(tmp_path / "second.json", result("basic", basic__tests__A__test_a="passed"))
    summary.main([first, second])
    lines = capsys.readouterr().out.splitlines()
    assert "| 6.1.9 | 3 | 3 | 5 | 2 | 0 | 1 | 2 | 2 | 40.00 % |" in lines
    assert f"| {MILLISECONDS} | 2 |" in lines
    assert f"| {SQL} | 1 |" in lines
    assert "| Django marks them itself: for other databases, or by a feature that a database lacks. | 1 |" in lines
