"""The runner itself, over a folder that stands in for Django's tests, and its list of apps."""

from __future__ import annotations

import json
import sys
import unittest
from pathlib import Path

import django
import pytest

from tests.django_suite import __main__ as command
from tests.django_suite import running, source
from tests.django_suite.apps import APPS, PART
from tests.django_suite.recording import RESULTS, RecordingResult
from tests.django_suite.running import run_app

# Stands in for Django's: what a label does is in its name.
RUNTESTS = f"""
import json, os, signal, sys
engine = os.environ["DJANGO_SUITE_ENGINE"]
def write(test, status):
    with open(os.environ["{RESULTS}"], "a") as file:
        file.write(json.dumps({{"test": test, "status": status, "detail": "said so"}}) + "\\n")
def fails(label):
    return "bad" in label or ("broken" in label and "sqlite3" not in engine)
for label in sys.argv[sys.argv.index("1") + 1:]:
    if "hangs" in label:
        signal.pause()
    if "crashes" in label:
        sys.exit("out of memory")
    if "silent" not in label:
        write(label if "." in label else label + ".tests.Case.test_it", "failed" if fails(label) else "passed")
sys.exit(any(map(fails, sys.argv)))
"""
ENGINE = "django_appwrite_orm.backend"


@pytest.fixture
def tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "runtests.py").write_text(RUNTESTS)
    monkeypatch.setattr(command, "django_tests", lambda: tmp_path)
    return tmp_path


def test_the_list_has_the_apps_of_the_design_and_a_part_of_about_40() -> None:
    assert len(APPS) == 149
    assert APPS[:3] == ("basic", "lookup", "ordering")
    assert set(APPS) > PART
    assert 35 <= len(PART) <= 45


def test_apps_that_pass_end_with_0(tests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["good", "fine", "--parallel", "2"]) == 0
    printed = capsys.readouterr().out
    assert "ok   good: 1 passed" in printed
    assert "2 of 2 apps without an unexpected failure, 100.00 % passed" in printed


def test_a_failure_ends_with_1_and_is_in_the_report(tests: Path, tmp_path: Path, capsys) -> None:
    assert command.main(["good", "broken", "--report", str(tmp_path / "report.json")]) == 1
    assert "1 of 2 apps without an unexpected failure, 50.00 % passed" in capsys.readouterr().out
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["django"] == django.__version__
    assert report["apps"][1]["tests"] == [
        {"test": "broken.tests.Case.test_it", "status": "failed", "detail": "said so"},
    ]
    assert report["apps"][1]["counts"] == {"failed": 1}


def test_a_test_that_fails_on_sqlite_too_is_no_failure_of_the_backend(tests: Path, capsys) -> None:
    assert command.main(["bad"]) == 0
    result = run_app(tests, "bad", ["bad"], engine=ENGINE, limit=60)
    assert result.elsewhere == ["bad.tests.Case.test_it"]
    assert result.failures == []


def test_an_app_that_crashes_is_a_failure_with_its_output(tests: Path) -> None:
    result = run_app(tests, "crashes", ["crashes"], engine=ENGINE, limit=60)
    assert not result.ok
    assert "ended with status 1" in result.problem
    assert "out of memory" in result.problem


def test_an_app_in_which_no_test_ran_is_a_failure(tests: Path) -> None:
    result = run_app(tests, "silent", ["silent"], engine=ENGINE, limit=60)
    assert not result.ok
    assert result.problem.startswith("no test ran")


def test_an_app_is_ended_after_its_limit(tests: Path) -> None:
    result = run_app(tests, "hangs", ["hangs"], engine=ENGINE, limit=0.5)
    assert not result.ok
    assert result.problem.startswith("not done after")


def test_a_run_that_is_ended_ends_its_apps(tests: Path, monkeypatch) -> None:
    started = []

    def interrupted(app: str) -> None:
        started.append(app)
        running.end_all()
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "report_app", lambda result, verbose: interrupted(result.app))
    with pytest.raises(KeyboardInterrupt):
        command.main(["good", "hangs", "--parallel", "2", "--limit", "60"])
    assert "good" in started
    assert not running._running


def test_labels_are_run_together_by_app() -> None:
    labels = ["basic.tests.A.test_a", "lookup", "basic.tests.B"]
    assert command.labels_by_app(labels, "all") == {
        "basic": ["basic.tests.A.test_a", "basic.tests.B"],
        "lookup": ["lookup"],
    }
    assert set(command.labels_by_app([], "ci")) == PART
    assert tuple(command.labels_by_app([], "all")) == APPS


def test_a_download_that_fails_ends_with_2_and_the_reason(monkeypatch, tmp_path: Path, capsys) -> None:
    monkeypatch.setenv("TOX_WORK_DIR", str(tmp_path))
    monkeypatch.setattr(django, "__version__", "0.0.dev1")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    assert command.main(["basic"]) == 2
    assert "Django 0.0.dev1 were not downloaded by" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "django-suite").iterdir()] == []


def test_tests_that_are_there_are_not_downloaded(monkeypatch, tmp_path: Path) -> None:
    tests = tmp_path / "django-suite" / f"django-{django.__version__}" / "tests"
    tests.mkdir(parents=True)
    (tests / "runtests.py").touch()
    monkeypatch.setenv("TOX_WORK_DIR", str(tmp_path))
    monkeypatch.setattr(source, "_download", None)
    assert source.django_tests() == tests


class Outcomes(unittest.TestCase):
    """Each way in which a test can end. No name begins with `test`, so that pytest does not collect them."""

    def passes(self) -> None:
        pass

    def fails_in_a_subtest(self) -> None:
        for number in range(3):
            with self.subTest(number=number):
                assert number != 1

    def skips_a_subtest(self) -> None:
        with self.subTest():
            self.skipTest("not here")

    def skips(self) -> None:
        self.skipTest("not now")

    @unittest.expectedFailure
    def fails_as_expected(self) -> None:
        self.fail()

    @unittest.expectedFailure
    def passes_unexpectedly(self) -> None:
        pass


class NoSetUp(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        raise ValueError("no database")

    def passes(self) -> None:
        pass


def test_every_way_to_end_is_recorded(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv(RESULTS, str(tmp_path / "results"))
    suite = unittest.TestSuite(
        [Outcomes(name) for name in vars(Outcomes) if not name.startswith("_")] + [NoSetUp("passes")],
    )
    unittest.TextTestRunner(stream=sys.stderr, resultclass=RecordingResult).run(suite)
    results = [json.loads(line) for line in (tmp_path / "results").read_text().splitlines()]
    assert {result["test"].rpartition(f"{__name__}.")[2]: result["status"] for result in results} == {
        "Outcomes.passes": "passed",
        "Outcomes.fails_in_a_subtest": "failed",
        "Outcomes.skips_a_subtest": "passed",
        "Outcomes.skips": "skipped",
        "Outcomes.fails_as_expected": "expected failure",
        "Outcomes.passes_unexpectedly": "failed",
        "NoSetUp)": "failed",
    }
