"""Django's test runner, which also writes each test's result into a file, one JSON object a line.

A line is written when its test ends, so that what an app had done is there when its time is over.
"""

from __future__ import annotations

import json
import os
import traceback
import unittest
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test.runner import DiscoverRunner
from django.test.utils import override_settings

RESULTS = "DJANGO_SUITE_RESULTS"  # the environment variable with the path of that file


class RecordingResult(unittest.TextTestResult):
    """Writes down how each test ended; a test with a failed sub-test has failed."""

    _status = "passed"
    _detail = ""

    def startTest(self, test: unittest.TestCase) -> None:  # noqa: N802
        self._status, self._detail = "passed", ""
        super().startTest(test)

    def stopTest(self, test: unittest.TestCase) -> None:  # noqa: N802
        self._write(test, self._status, self._detail)
        super().stopTest(test)

    def addError(self, test: Any, err: Any) -> None:  # noqa: N802
        super().addError(test, err)
        self._fail(test, err)

    def addFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        super().addFailure(test, err)
        self._fail(test, err)

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._fail(test, err)

    def addSkip(self, test: Any, reason: str) -> None:  # noqa: N802
        super().addSkip(test, reason)
        if not isinstance(test, unittest.TestCase):
            self._write(test, "skipped", reason)
        elif not isinstance(test, unittest.case._SubTest):
            self._status, self._detail = "skipped", reason

    def addExpectedFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        super().addExpectedFailure(test, err)
        self._status, self._detail = "expected failure", _text(err)

    def addUnexpectedSuccess(self, test: Any) -> None:  # noqa: N802
        super().addUnexpectedSuccess(test)
        self._status, self._detail = "failed", "It passed, and is one of django_test_expected_failures."

    def _fail(self, test: Any, err: Any) -> None:
        if isinstance(test, unittest.TestCase):
            self._status, self._detail = "failed", "\n".join(filter(None, [self._detail, _text(err)]))
        else:  # setUpClass, tearDownClass or a module's: no test was started
            self._write(test, "failed", _text(err))

    def _write(self, test: Any, status: str, detail: str) -> None:
        with Path(os.environ[RESULTS]).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"test": test.id(), "status": status, "detail": detail}) + "\n")


def _text(err: Any) -> str:
    return "".join(traceback.format_exception(*err))


class RecordingRunner(DiscoverRunner):
    # A model of auth_tests has a composite primary key; the tests of the other models are run all the same. Django's
    # runtests.py has the installed apps of its own.
    silenced = ("appwrite.E101", "appwrite.E118")

    def run_checks(self, databases: Any) -> None:
        with override_settings(SILENCED_SYSTEM_CHECKS=[*settings.SILENCED_SYSTEM_CHECKS, *self.silenced]):
            super().run_checks(databases)

    def get_resultclass(self) -> type[unittest.TextTestResult]:
        return RecordingResult
