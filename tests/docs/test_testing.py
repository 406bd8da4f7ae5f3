"""The assertions on the page about testing hold."""

from __future__ import annotations

import re
import unittest
from pathlib import Path
from typing import Any

import pytest
from django.test import SimpleTestCase

from django_appwrite_orm.contrib.testing import AppwriteTestMixin, clean_appwrite
from tests.support.library.tables import Book

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "testing.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)


def test_the_assertions_of_both_kinds() -> None:
    by_unittest, by_pytest = (block for block in BLOCKS if "one_request_and_then_a_hit" in block)
    names: dict[str, Any] = {
        "AppwriteTestMixin": AppwriteTestMixin,
        "TestCase": SimpleTestCase,
        "Product": Book,
        "pytest": pytest,
    }
    exec(by_unittest, names)
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(names["ListTests"]).run(result)
    assert (result.testsRun, result.failures, result.errors) == (1, [], [])
    exec(by_pytest, names)
    with clean_appwrite():
        names["test_the_list_is_one_request_and_then_a_hit"]()
