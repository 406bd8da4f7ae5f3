"""Runs one app of Django's tests in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from .recording import RESULTS
from .report import AppResult, read_tests
from .source import ROOT

SQLITE = "django.db.backends.sqlite3"
TAIL = 4_000  # characters of the output that are kept of an app that did not run to its end


def run_app(tests: Path, app: str, labels: Sequence[str], *, engine: str, limit: float) -> AppResult:
    """Run the tests of `labels`, all of one app, on `engine`; it is ended after `limit` seconds."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"django_suite_{app}_") as place:
        results, output = Path(place, "results"), Path(place, "output")
        problem = _run(tests, labels, engine, limit, results, output)
        done = read_tests(results)
        if not problem and not done:
            problem = "no test ran"
        if problem:
            text = output.read_text(encoding="utf-8", errors="replace")
            problem += f"\n{text[-TAIL:]}"
        result = AppResult(app, done, time.monotonic() - started, problem)
    if engine != SQLITE and result.failures:
        result.elsewhere = failing_on_sqlite(tests, app, [test["test"] for test in result.failures], limit)
    return result


def failing_on_sqlite(tests: Path, app: str, labels: Sequence[str], limit: float) -> list[str]:
    """Which of these tests fail on Django's SQLite backend too: as root, without a network, without a locale."""
    runnable = [label for label in labels if " " not in label]  # `setUpClass (...)` is not a test's name
    if not runnable:
        return []
    there = run_app(tests, app, runnable, engine=SQLITE, limit=limit)
    failed = {test["test"] for test in there.tests if test["status"] == "failed"}
    return [label for label in runnable if label in failed]


def _run(tests: Path, labels: Sequence[str], engine: str, limit: float, results: Path, output: Path) -> str:
    command = [
        sys.executable,
        "runtests.py",
        "--settings",
        "tests.django_suite.settings",
        "--noinput",
        "--parallel",
        "1",
    ]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DJANGO_SUITE_ENGINE": engine,
        RESULTS: str(results),
        # Its tests start child processes whose settings lead nowhere but to the memory of those.
        "APPWRITE_ORM_ALLOW_IN_TESTS": "1",
    }
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    with output.open("wb") as file:
        process = subprocess.Popen(
            [*command, *labels], cwd=tests, env=environment, stdout=file, stderr=file, stdin=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        _running.add(process)
        try:
            status = process.wait(limit)
        except subprocess.TimeoutExpired:
            return f"not done after {limit:.0f} s"
        finally:
            _end(process)
            _running.discard(process)
    # 1 is what runtests.py ends with after a failed test, which the results tell.
    return "" if status == 0 or (status == 1 and read_tests(results)) else f"ended with status {status}"


def end_all() -> None:
    """End the apps that are running; `run_app` returns what they have done."""
    for process in list(_running):
        _end(process)


_running: set[subprocess.Popen[bytes]] = set()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it and what it has started: it leads a session of its own."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
