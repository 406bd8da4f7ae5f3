"""The marks of tests that are skipped, or expected to fail, in a series of Django that lacks some of them."""

from __future__ import annotations

import sys
import types
import unittest

import django
import pytest
from django.db import connections

from django_appwrite_orm.backend.testing import creation


def test_tests_of_djangos_suite_are_marked_in_a_series_that_has_not_all_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Case(unittest.TestCase):
        def fails(self) -> None:
            self.fail()

        def skips(self) -> None:
            self.fail()

    module = types.ModuleType("suite_app")
    module.Case, module.Whole = Case, type("Whole", (Case,), {})
    monkeypatch.setitem(sys.modules, "suite_app", module)
    monkeypatch.setattr(django, "VERSION", (6, 0, 0, "final", 0))
    monkeypatch.setattr(creation, "settings", types.SimpleNamespace(INSTALLED_APPS=["suite_app"]))
    creation_of_tests = connections["default"].creation
    features = creation_of_tests.connection.features
    monkeypatch.setattr(features, "django_test_expected_failures", {"suite_app.Case.fails", "suite_app.Case.later"})
    skips = {"no reason": {"suite_app.Case.skips", "suite_app.Whole", "suite_app.Later.test", "not_installed.Case"}}
    monkeypatch.setattr(features, "django_test_skips", skips)
    creation_of_tests.mark_expected_failures_and_skips()
    result = unittest.TestResult()
    unittest.TestSuite([Case("fails"), Case("skips"), module.Whole("skips")]).run(result)
    assert (len(result.expectedFailures), len(result.skipped), result.failures) == (1, 2, [])
