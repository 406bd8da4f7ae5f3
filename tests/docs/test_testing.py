"""The assertions on the page about testing hold."""

from __future__ import annotations

import unittest
from typing import Any

import pytest
from django.test import SimpleTestCase

from django_appwrite_orm.contrib.testing import AppwriteTestMixin, clean_appwrite
from tests.support.library.tables import Book
from tests.support.pages import code_blocks

BLOCKS = code_blocks("reference/testing.md", "python")


def test_the_assertions_of_both_kinds() -> None:
    by_unittest, by_pytest = (block for block in BLOCKS if "one_request_and_then_a_hit" in block.text)
    names: dict[str, Any] = {
        "AppwriteTestMixin": AppwriteTestMixin,
        "TestCase": SimpleTestCase,
        "Product": Book,
        "pytest": pytest,
    }
    by_unittest.run(names)
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(names["ListTests"]).run(result)
    assert (result.testsRun, result.failures, result.errors) == (1, [], [])
    by_pytest.run(names)
    with clean_appwrite():
        names["test_the_list_is_one_request_and_then_a_hit"]()
